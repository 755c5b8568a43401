// The keyboard: `g` and a letter goes to a page, a digit to one of the first pairs and baskets; single letters do the rest.
// What there is stands in the page itself: links with data-go, buttons with data-act.

const PATIENCE_MS = 1500;

export function keyboard(root, act) {
  let going = 0;
  const go = (key) => root.querySelector(`a[data-go="${CSS.escape(key)}"]`);
  const pressed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const waiting = Date.now() - going < PATIENCE_MS;
    going = 0;
    if (event.key === "g" && !waiting) {
      going = Date.now();
    } else if (waiting || /^[1-9]$/.test(event.key)) {
      const link = go(event.key);
      if (!link) return;
      event.preventDefault();
      link.click();
    } else if (act(event.key)) {
      event.preventDefault();
    }
  };
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}
