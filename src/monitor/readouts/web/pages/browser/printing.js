// What a print needs and the screen does not: when and from where it was printed, and charts that fit the paper.

// Around each print, until the function that it answers with is called. charts: readies them, and answers with a function
// that puts them back.
export function printing(charts) {
  let undo = null;
  const before = () => {
    undo?.();
    undo = charts();
    document.documentElement.style.setProperty("--printed", JSON.stringify(`Printed ${now()} from ${location.href}`));
  };
  const after = () => {
    undo?.();
    undo = null;
  };
  addEventListener("beforeprint", before);
  addEventListener("afterprint", after);
  return () => {
    removeEventListener("beforeprint", before);
    removeEventListener("afterprint", after);
    after();
  };
}

const now = () =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Hong_Kong" }).format() + " HKT";
