// Says in the head of the page, and in the title of its tab, that the server cannot be reached and since when: what
// stands below is of then. NiceGUI connects again by itself, and loads the page anew where the server forgot it.

// Answers with a function that is called whenever the page was brought up to date.
export function connection(root, socket) {
  let heard = new Date();
  let notice = null;
  let title = "";
  socket.on("disconnect", () => {
    if (notice) return;
    title = document.title;
    document.title = `⚠ ${title.replace(/^⚠ /, "")}`;
    notice = document.createElement("div");
    notice.className = "lost";
    notice.role = "alert";
    notice.textContent = `No connection to the monitor: everything here is as of ${clock.format(heard)} HKT. It is tried again by itself.`;
    root.querySelector(".head")?.append(notice);
  });
  socket.on("connect", () => {
    if (!notice) return;
    notice.remove();
    notice = null;
    document.title = title;
  });
  return () => {
    heard = new Date();
  };
}

const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Hong_Kong", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
