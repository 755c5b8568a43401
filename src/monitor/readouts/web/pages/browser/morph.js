// Brings a tree of elements to a new shape and keeps what it can: whoever has focus, is scrolled, selected, opened, or half
// typed stays so, and cells and charts keep their content.

const KEYS = ["data-key", "data-cell", "data-chart", "id"];

const nameOf = (node) => {
  if (node.nodeType !== Node.ELEMENT_NODE) return `#${node.nodeType}`;
  const key = KEYS.find((name) => node.hasAttribute(name));
  return `${node.nodeName} ${key ? `${key} ${node.getAttribute(key)}` : ""}`;
};

// `wanted` is used up.
export function morph(element, wanted) {
  const kept = new Map();
  for (const child of element.childNodes) {
    const name = nameOf(child);
    if (!kept.has(name)) kept.set(name, []);
    kept.get(name).push(child);
  }
  let place = element.firstChild;
  for (const child of [...wanted.childNodes]) {
    const found = kept.get(nameOf(child))?.shift();
    if (!found) {
      element.insertBefore(child, place);
      continue;
    }
    if (found === place) place = place.nextSibling;
    else element.insertBefore(found, place);
    become(found, child);
  }
  for (const left of kept.values()) for (const child of left) child.remove();
}

function become(node, wanted) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.data !== wanted.data) node.data = wanted.data;
    return;
  }
  // What data-own marks belongs to the browser once it is there, and so does whether a part is open.
  if ("cell" in node.dataset || "own" in node.dataset) return;
  for (const { name, value } of wanted.attributes) {
    if (name !== "open" && node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  for (const { name } of [...node.attributes]) {
    const own = name === "open" || "chart" in node.dataset; // ECharts keeps its name and style there
    if (!own && !wanted.hasAttribute(name)) node.removeAttribute(name);
  }
  if (!("chart" in node.dataset)) morph(node, wanted);
}
