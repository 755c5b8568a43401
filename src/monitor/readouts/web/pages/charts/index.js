// Charts of the pages: from our data and the colours of the theme to what ECharts understands.
// `past` changes once a minute or less, `tip` with every snapshot. Names come from outside: ECharts shows them as text.

const KINDS = {};

// A chart in `element`. Answers with an object: show(past or null, tip), restyle(), dispose().
export async function chart(element, kind) {
  const { echarts } = await import("nicegui-echart");
  const instance = echarts.init(element, null, { renderer: "canvas" });
  const observer = new ResizeObserver(() => instance.resize());
  observer.observe(element);
  let past = null;
  let tip = null;
  const colour = (name) => getComputedStyle(element).getPropertyValue(name).trim();
  const draw = () => instance.setOption(KINDS[kind](past, tip, colour), { notMerge: true });
  return {
    show(newPast, newTip) {
      if (newPast !== null) past = newPast;
      tip = newTip;
      if (past !== null) draw();
    },
    restyle: draw,
    dispose() {
      observer.disconnect();
      instance.dispose();
    },
  };
}
