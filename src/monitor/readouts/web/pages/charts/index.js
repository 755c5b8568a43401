// Charts of the pages: from our data and the colours of the theme to what ECharts understands.
//
// A kind is `module` or `module.name`: `pair` is what `pair.js` exports as `option`, `basket.map` what `basket.js` exports
// as `map`. Each is a function (past, tip, colour, { width, height, em }, stretch) → ECharts option. `past` changes once a
// minute or less, `tip` with every snapshot; colour("--up") is a colour of the theme as ECharts reads it; width, height:
// of the chart, pixels; em: by what lengths are multiplied that are written for letters of 14 pixels. One that has `over`
// is over time, and a stretch of it may be chosen: [from, to], null for all.
// Names come from outside: show them as text.
import { kept } from "monitor-browser/kept.js";
import { coloursOf } from "./colours.js";
import { letters } from "./dress.js";
import { hands } from "./hands.js";
import { onPaper } from "./paper.js";
import { pointing } from "./pointed.js";
import { stretch } from "./time.js";
import { zoom } from "./zoom.js";

// What drawing may take of the page's time: a chart of thousands of points follows more slowly than one of ten bars.
const SHARE = 0.2;

// A chart in `element`. Answers with an object: show(past or null, tip), restyle(), print() → a function that takes the
// print away, step(how) of its zoom, dispose(). The element tells `zoomed`, with the stretch in words, "" for all of it.
export async function chart(element, kind) {
  const [file, name = "option"] = kind.split(".");
  const { chart: own, [name]: option } = await import(`./${file}.js`);
  if (own) return own(element);
  const { echarts } = await import("nicegui-echart");
  const instance = echarts.init(element, null, { renderer: "canvas" });
  const pointed = pointing(instance, element);
  let past = null;
  let tip = null;
  let colour = coloursOf(element);
  let waiting = null;
  let frame = null;
  let rested = 0;
  const draw = () => {
    clearTimeout(waiting);
    cancelAnimationFrame(frame);
    waiting = frame = null;
    if (past === null) return;
    const begun = performance.now();
    const size = { width: instance.getWidth(), height: instance.getHeight(), em: letters() };
    instance.setOption(option(past, tip, colour, size, zoomed.stretch()), { notMerge: true });
    instance.getZr().flush(); // now and not with the next frame, so that the clock sees all of it
    pointed.again();
    const ended = performance.now();
    rested = ended + (ended - begun) * (1 / SHARE - 1);
  };
  const drawSoon = () => {
    frame ??= requestAnimationFrame(draw);
  };
  const zoomed = zoom(
    () => past && [past.first, Math.max(tip.last, past.first + 1), past.daily],
    () => {
      const part = zoomed.stretch();
      element.dataset.zoomed = part ? "part" : "all";
      element.dispatchEvent(new CustomEvent("zoomed", { bubbles: true, detail: part ? stretch(...part, past.daily) : "" }));
      drawSoon();
    },
  );
  const before = kept(`zoom-${element.dataset.chart}`, () => ({ span: past?.span, chosen: zoomed.chosen() }));
  const release = option.over ? hands(element, option.over, letters, zoomed) : () => {};
  if (option.over) element.dataset.zoomed = "all";
  const observer = new ResizeObserver(() => {
    instance.resize();
    draw();
  });
  observer.observe(element);
  // Nobody sees a hidden tab: its charts are drawn when somebody looks.
  const seen = () => document.hidden || draw();
  document.addEventListener("visibilitychange", seen);
  return {
    show(newPast, newTip) {
      const first = newPast !== null && past === null;
      const another = newPast !== null && past !== null && newPast.span !== past.span;
      tip = newTip;
      past = newPast ?? past;
      if (another) zoomed.step("all");
      if (first && before.found !== null && before.found.span === past.span) zoomed.restore(before.found.chosen);
      const rest = rested - performance.now();
      if (document.hidden) return;
      if (newPast !== null || rest <= 0) draw();
      else waiting ??= setTimeout(draw, rest);
    },
    restyle() {
      colour = coloursOf(element);
      draw();
    },
    print: () => (past === null ? () => {} : onPaper(echarts, element, (...look) => option(past, tip, ...look, zoomed.stretch()))),
    step: zoomed.step,
    dispose() {
      clearTimeout(waiting);
      cancelAnimationFrame(frame);
      document.removeEventListener("visibilitychange", seen);
      observer.disconnect();
      before.stop();
      release();
      pointed.stop();
      instance.dispose();
    },
  };
}
