// A small line of the day with its zero, in the colour of where it stands now. Plain SVG: there are many on a page.

const WIDTH = 120;
const HEIGHT = 32;
const SVG = "http://www.w3.org/2000/svg";

const shape = (name, attributes) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

// A chart in `element`, as of `chart` in index.js.
export function chart(element) {
  const picture = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const zero = shape("line", { x1: 0, x2: WIDTH, class: "zero" });
  const line = shape("polyline", {});
  picture.append(zero, line);
  element.replaceChildren(picture);
  return {
    show(past) {
      if (past === null) return;
      const values = past.points.map(([, value]) => value);
      const [first, last] = [past.points[0][0], past.points.at(-1)[0]];
      const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
      const x = (time) => ((time - first) / (last - first || 1)) * WIDTH;
      const y = (value) => 2 + ((high - value) / (high - low || 1)) * (HEIGHT - 4);
      for (const end of ["y1", "y2"]) zero.setAttribute(end, y(0).toFixed(1));
      line.setAttribute("points", past.points.map(([t, value]) => `${x(t).toFixed(1)},${y(value).toFixed(1)}`).join(" "));
      picture.setAttribute("class", values.at(-1) > 0 ? "up" : values.at(-1) < 0 ? "down" : "flat");
    },
    restyle() {},
    print: () => () => {},
    step() {},
    dispose() {},
  };
}
