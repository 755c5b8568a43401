// What appears where one points at a chart stays there, with the values of now, when the chart is drawn again under a
// resting hand; ECharts takes it away with the old drawing.
export function pointing(instance, element) {
  let at = null; // { x, y }, pixels
  const zr = instance.getZr();
  zr.on("mousemove", ({ offsetX, offsetY }) => {
    at = { x: offsetX, y: offsetY };
  });
  zr.on("globalout", () => {
    at = null;
  });
  // A finger leaves nothing behind that says that it is gone: the next touch elsewhere does.
  const elsewhere = ({ target }) => {
    if (at === null || element.contains(target)) return;
    at = null;
    instance.dispatchAction({ type: "hideTip" });
  };
  document.addEventListener("pointerdown", elsewhere);
  return {
    again: () => at && instance.dispatchAction({ type: "showTip", ...at }),
    stop: () => document.removeEventListener("pointerdown", elsewhere),
  };
}
