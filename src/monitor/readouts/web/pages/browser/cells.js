// Text in cells, and the mark of which way a number went.

const FLASH_MS = 900;

// Text, classes and hint of one cell; `flashing` unless it is new. Answers whether it was marked. Asks for nothing that
// the browser would have to lay the page out for: hundreds of cells are filled in a row.
export function fill(element, [text, classes, hint], flashing) {
  const before = element.textContent;
  if (element.className !== classes) element.className = classes;
  if (element.title !== hint) element.title = hint;
  if (before === text) return false;
  if (element.firstChild) element.firstChild.data = text;
  else element.textContent = text;
  return flashing && before !== "" && classes.includes("flash") && mark(element, before, text);
}

// What a viewer has selected, which a text loses that gets other words. Answers with a function that selects it again.
export function selection() {
  const chosen = getSelection();
  if (chosen.isCollapsed) return () => {};
  const { anchorNode, anchorOffset, focusNode, focusOffset } = chosen;
  const words = [anchorNode.data, focusNode.data];
  const within = (node, offset) => Math.min(offset, node.data?.length ?? node.childNodes.length);
  return () => {
    const same = anchorNode.data === words[0] && focusNode.data === words[1];
    if (same || !anchorNode.isConnected || !focusNode.isConnected) return;
    chosen.setBaseAndExtent(anchorNode, within(anchorNode, anchorOffset), focusNode, within(focusNode, focusOffset));
  };
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
