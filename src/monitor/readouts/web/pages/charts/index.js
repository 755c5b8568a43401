// Charts of the pages: from our data and the colours of the theme to what ECharts understands.
//
// A kind is `module` or `module.name`: `pair` is what `pair.js` exports as `option`, `basket.map` what `basket.js` exports
// as `map`. Each is a function (past, tip, colour, { width, height }) → ECharts option. `past` changes once a minute or less,
// `tip` with every snapshot; colour("--up") is a colour of the theme as ECharts reads it; width, height: of the chart,
// pixels. Names come from outside: show them as text.

// Custom properties hold formulas such as light-dark(…): only an element that uses one knows the colour.
const coloursOf = (element) => {
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

// What drawing may take of the page's time: a chart of thousands of points follows more slowly than one of ten bars.
const SHARE = 0.2;

// A chart in `element`. Answers with an object: show(past or null, tip), restyle(), dispose().
export async function chart(element, kind) {
  const [file, name = "option"] = kind.split(".");
  const { chart: own, [name]: option } = await import(`./${file}.js`);
  if (own) return own(element);
  const { echarts } = await import("nicegui-echart");
  const instance = echarts.init(element, null, { renderer: "canvas" });
  const observer = new ResizeObserver(() => {
    instance.resize();
    draw();
  });
  observer.observe(element);
  let past = null;
  let tip = null;
  let colour = coloursOf(element);
  const size = () => ({ width: instance.getWidth(), height: instance.getHeight() });
  let waiting = null;
  let rested = 0;
  const draw = () => {
    clearTimeout(waiting);
    waiting = null;
    if (past === null) return;
    const begun = performance.now();
    instance.setOption(option(past, tip, colour, size()), { notMerge: true });
    instance.getZr().flush(); // now and not with the next frame, so that the clock sees all of it
    const ended = performance.now();
    rested = ended + (ended - begun) * (1 / SHARE - 1);
  };
  return {
    show(newPast, newTip) {
      tip = newTip;
      const rest = rested - performance.now();
      if (newPast !== null) {
        past = newPast;
        draw();
      } else if (rest <= 0) draw();
      else waiting ??= setTimeout(draw, rest);
    },
    restyle() {
      colour = coloursOf(element);
      draw();
    },
    dispose() {
      clearTimeout(waiting);
      observer.disconnect();
      instance.dispose();
    },
  };
}
