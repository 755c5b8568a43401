// Text in cells, and the mark of which way a number went.

const FLASH_MS = 900;

// Text, classes and hint of one cell; `flashing` unless it is new. Answers whether it was marked.
export function fill(element, [text, classes, hint], flashing) {
  const before = element.textContent;
  element.className = classes;
  element.title = hint;
  if (before === text) return false;
  write(element, text);
  return flashing && before !== "" && classes.includes("flash") && mark(element, before, text);
}

// The text node stays, and with it what a viewer has selected.
function write(element, text) {
  const node = element.firstChild;
  if (!node) {
    element.textContent = text;
    return;
  }
  const chosen = getSelection();
  const ends = [chosen.anchorNode, chosen.anchorOffset, chosen.focusNode, chosen.focusOffset];
  const inside = !chosen.isCollapsed && (ends[0] === node || ends[2] === node);
  node.data = text;
  if (!inside) return;
  const within = (end, offset) => (end === node ? Math.min(offset, text.length) : offset);
  chosen.setBaseAndExtent(ends[0], within(ends[0], ends[1]), ends[2], within(ends[2], ends[3]));
}

const number = (text) => Number.parseFloat(text.replace(/[^0-9.−-]/g, "").replace("−", "-"));

// A bar above a number that rose, below one that fell: seen without colour and without motion. The background is left
// alone: it says how large the number is, and in a busy market it would hardly ever be seen.
function mark(element, before, after) {
  const [was, is] = [number(before), number(after)];
  if (!(is > was || is < was)) return false;
  element.dataset.went = is > was ? "up" : "down";
  return true;
}

// Takes the bars of these elements away after a moment.
export function fadeLater(elements) {
  if (elements.length === 0) return;
  const marked = elements.map((element) => [element, (element.turn = (element.turn ?? 0) + 1)]);
  setTimeout(() => {
    for (const [element, turn] of marked) if (element.turn === turn) delete element.dataset.went;
  }, FLASH_MS);
}
