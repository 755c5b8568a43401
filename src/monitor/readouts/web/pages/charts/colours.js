// The colours of the theme as ECharts reads them, for one element: colour("--up"). Custom properties hold formulas such as
// light-dark(…): only an element that uses one knows the colour.
export const coloursOf = (element) => {
  const known = new Map();
  return (name) => {
    if (!known.has(name)) {
      element.style.setProperty("outline-color", `var(${name})`);
      known.set(name, getComputedStyle(element).outlineColor);
      element.style.removeProperty("outline-color");
    }
    return known.get(name);
  };
};
