// Mouse, wheel and fingers on a chart over time.
//
// The page goes on scrolling: the wheel zooms with Ctrl or ⌘ held (which is also how a pinch on a touchpad arrives), and a
// finger that moves up or down scrolls. While all is shown, dragging with the mouse marks what to see; of a part, dragging
// moves along, and with Shift it marks again. Two fingers spread and move. A double click shows all.
const BEGUN = 4; // pixels from which on a press is a drag

// over: on the left and right of the element what is not time, pixels, times what `em` gives. zoom: as of zoom.js. Answers
// with a function that takes the hands off.
export function hands(element, over, em, zoom) {
  const down = new Map(); // pointer → where it is, pixels from the left of the element
  let held = null; // what it is about, and what it began with
  let box = null;

  const left = () => over.left * em();
  const plot = () => Math.max(element.clientWidth - left() - over.right * em(), 1);
  const within = (x) => Math.min(Math.max(x, left()), left() + plot());
  const place = (event) => event.clientX - element.getBoundingClientRect().left;
  const timeAt = (x, [from, to] = zoom.range()) => from + ((within(x) - left()) / plot()) * (to - from);
  const grasp = (how) => {
    held = { how, from: [...down.entries()], range: zoom.range(), begun: false };
  };
  const pressed = (event) => {
    const x = place(event);
    if (!zoom.ready() || event.button !== 0 || x !== within(x)) return;
    down.set(event.pointerId, x);
    if (down.size === 2) grasp("spread");
    else if (event.pointerType !== "mouse") grasp(zoom.stretch() ? "move" : "nothing");
    else grasp(zoom.stretch() && !event.shiftKey ? "move" : "mark");
  };
  const moved = (event) => {
    if (!down.has(event.pointerId) || held === null || held.how === "nothing") return;
    down.set(event.pointerId, place(event));
    const [[id, began]] = held.from;
    const now = down.get(id);
    if (!held.begun && held.how !== "spread" && Math.abs(now - began) < BEGUN) return;
    if (!held.begun) for (const pointer of down.keys()) element.setPointerCapture(pointer);
    held.begun = true;
    if (held.how === "mark") mark(began, now);
    else if (held.how === "spread") spread();
    else zoom.aside(((began - now) / plot()) * (held.range[1] - held.range[0]), held.range);
  };
  // What was under each of two fingers stays under it.
  const spread = () => {
    const [one, other] = held.from.map(([, x]) => timeAt(x, held.range));
    const [here, there] = held.from.map(([id]) => down.get(id));
    const pixel = (other - one) / (there - here);
    if (!Number.isFinite(pixel) || pixel <= 0) return;
    const from = one - (here - left()) * pixel;
    zoom.choose(from, from + plot() * pixel);
  };
  const mark = (began, now) => {
    const [low, high] = [within(began), within(now)].sort((one, other) => one - other);
    if (box === null) {
      box = document.createElement("div");
      box.className = "marked";
      element.append(box);
    }
    box.style.left = `${low}px`;
    box.style.width = `${high - low}px`;
  };
  const released = (event) => {
    const x = down.get(event.pointerId);
    if (!down.delete(event.pointerId) || held === null) return;
    const { how, begun, from: [[, began]] } = held;
    held = null;
    box?.remove();
    box = null;
    if (event.type === "pointerup" && how === "mark" && begun && within(x) !== within(began)) {
      zoom.choose(...[timeAt(began), timeAt(x)].sort((one, other) => one - other));
    } else if (down.size === 1) grasp(zoom.stretch() ? "move" : "nothing"); // the finger that stays
  };
  const wheeled = (event) => {
    if (!zoom.ready()) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
      zoom.around(timeAt(place(event)), Math.exp(Math.min(Math.max(pixels, -60), 60) / 120));
    } else if (zoom.stretch() && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
      event.preventDefault();
      const [from, to] = zoom.range();
      zoom.aside(((event.deltaX || event.deltaY) / plot()) * (to - from));
    }
  };
  const twice = () => zoom.step("all");

  const listeners = {
    pointerdown: pressed,
    pointermove: moved,
    pointerup: released,
    pointercancel: released,
    wheel: wheeled,
    dblclick: twice,
  };
  for (const [name, listener] of Object.entries(listeners)) element.addEventListener(name, listener, { passive: false });
  return () => {
    for (const [name, listener] of Object.entries(listeners)) element.removeEventListener(name, listener);
  };
}
