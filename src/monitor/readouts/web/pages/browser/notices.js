// Notifications of the browser for alerts that begin to fire while nobody looks at the page. Off until somebody asks.

const KEPT = "monitor-notify";

// Answers with a function to call whenever the page was brought up to date.
export function notices(root) {
  let known = null;
  const wanted = () => {
    try {
      return localStorage.getItem(KEPT) === "yes" && Notification.permission === "granted";
    } catch {
      return false; // no storage or no notifications here
    }
  };
  root.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-notify]")) return;
    const on = !wanted() && (await globalThis.Notification?.requestPermission()) === "granted";
    try {
      localStorage.setItem(KEPT, on ? "yes" : "no");
    } catch {
      // nothing can be kept in this browser: they stay off
    }
    show();
  });
  const show = () => {
    const button = root.querySelector("[data-notify]");
    if (!button) return;
    const [on, words] = wanted() ? ["true", "Notifications on"] : ["false", "Notify me"];
    button.hidden = !("Notification" in globalThis);
    if (button.ariaPressed !== on) button.ariaPressed = on;
    if (button.textContent !== words) button.textContent = words;
  };
  return () => {
    show();
    const firing = new Map([...root.querySelectorAll("[data-alert].firing")].map((e) => [e.dataset.alert, e.dataset.title]));
    const before = known;
    known = firing;
    if (before === null || !document.hidden || !wanted()) return;
    try {
      for (const [key, title] of firing) if (!before.has(key)) new Notification(title, { tag: key });
    } catch {
      // on Android only a service worker may show them; the page goes on
    }
  };
}
