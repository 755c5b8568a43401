// Which stretch of its time a chart shows. A part that reaches to the newest value goes on with it.
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const STEP = 0.6; // what is left of the stretch after one step in
const ASIDE = 0.4; // by how much of the stretch one step aside moves

const within = (value, low, high) => Math.min(Math.max(value, low), high);

// whole: gives [first, last, daily] of what there is, null before there is anything; daily: points are sessions.
// changed: is called when another stretch was chosen.
export function zoom(whole, changed) {
  let chosen = null; // { from, to }; to null: as far as there is
  const range = () => {
    const [first, last] = whole();
    return chosen ? [Math.max(chosen.from, first), Math.min(chosen.to ?? last, last)] : [first, last];
  };
  const become = (wanted) => {
    if (chosen === null && wanted === null) return;
    chosen = wanted;
    changed();
  };
  const choose = (from, to) => {
    const [first, last, daily] = whole();
    const length = within(to - from, Math.min(daily ? 5 * DAY : 5 * MINUTE, last - first), last - first);
    const begin = within((from + to - length) / 2, first, last - length);
    const end = begin + length;
    const all = length > (last - first) * 0.995;
    become(all ? null : { from: begin, to: last - end < length / 100 ? null : end });
  };
  // The moment `at` stays where it is.
  const around = (at, factor) => {
    const [from, to] = range();
    choose(at - (at - from) * factor, at + (to - at) * factor);
  };
  // way: milliseconds; the stretch `of` keeps its length.
  const aside = (way, of = range()) => {
    const [first, last] = whole();
    const [from, to] = of.map((at) => at + within(way, first - of[0], last - of[1]));
    choose(from, to);
  };
  const steps = {
    in: () => around(middle(), STEP),
    out: () => around(middle(), 1 / STEP),
    earlier: () => aside(-ASIDE * length()),
    later: () => aside(ASIDE * length()),
    all: () => become(null),
  };
  const length = () => range()[1] - range()[0];
  const middle = () => (chosen?.to ? (range()[0] + range()[1]) / 2 : range()[1]); // the newest stays in sight
  return {
    range,
    choose,
    around,
    aside,
    // [from, to] of the part that is shown; null while all is. A part of which nothing is left is let go.
    stretch() {
      if (chosen === null) return null;
      const [from, to] = range();
      if (from >= to) become(null);
      return chosen && [from, to];
    },
    // One step: `in`, `out`, `earlier`, `later`, `all`; all but the first do nothing while all is shown.
    step(name) {
      if (whole() !== null && (chosen !== null || name === "in")) steps[name]();
    },
    ready: () => whole() !== null,
    // What was chosen, for another time: { from, to }, `to` null for one that goes on with the newest value; null for all.
    chosen: () => chosen,
    // What was chosen at another time.
    restore: become,
  };
}
