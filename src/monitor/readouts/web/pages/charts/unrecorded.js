// Sessions of which nothing was recorded: a line leads through them straight to the official close, as dots, because
// nobody knows which way it went.

const inside = ([start, end], at) => start < at && at < end;

// Whether a line's value at a moment is not known for that reason.
export const unknownAt = ({ unrecorded = [] }, at) => unrecorded.some((session) => inside(session, at));

// The points of a line in two: `drawn` is broken where nothing was recorded, `dotted` is there and nowhere else.
export function parted(data, { unrecorded = [] }) {
  if (unrecorded.length === 0) return { drawn: data, dotted: [] };
  const drawn = data.flatMap(([at, value]) => {
    if (unknownAt({ unrecorded }, at)) return [[at, null]];
    return unrecorded.some(([start]) => start === at) ? [[at, value], [at + 1, null]] : [[at, value]];
  });
  const dotted = unrecorded.flatMap(([start, end]) => [...data.filter(([at]) => start <= at && at <= end), [end + 1, null]]);
  return { drawn, dotted };
}

// The dots, in the ink of the line that is drawn beside them.
export const dots = ({ id, name, xAxisIndex, yAxisIndex, lineStyle }, data) => ({
  id: `${id}-unrecorded`,
  name,
  type: "line",
  xAxisIndex,
  yAxisIndex,
  data,
  showSymbol: false,
  silent: true,
  emphasis: { disabled: true },
  lineStyle: { ...lineStyle, type: [1, 5], cap: "round", opacity: 0.75 },
});
