// Time in charts: both markets' clocks, trading hours, and where a line is at a moment.

const clock = (timeZone, parts) => new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", ...parts });
const TIME = { hour: "2-digit", minute: "2-digit" };
const DAY = { weekday: "short", day: "numeric", month: "short" };
const LONG_DAY = { ...DAY, year: "numeric" };

const hongKong = { time: clock("Asia/Hong_Kong", TIME), day: clock("Asia/Hong_Kong", DAY), long: clock("Asia/Hong_Kong", LONG_DAY) };
const newYork = { time: clock("America/New_York", TIME), day: clock("America/New_York", DAY) };
const month = clock("Asia/Hong_Kong", { month: "short", year: "2-digit" });
const shortDay = clock("Asia/Hong_Kong", { day: "numeric", month: "short" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ZONE = 8 * HOUR; // Hong Kong is eight hours ahead of UTC all year

// Text of an instant on both clocks, for what appears when one points at a chart. daily: points are sessions.
export const moment = (at, daily) =>
  daily
    ? hongKong.long.format(at)
    : `${hongKong.day.format(at)} ${hongKong.time.format(at)} HKT · ${newYork.day.format(at)} ${newYork.time.format(at)} ET`;

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720]; // minutes between the marks of an axis within the day

// Marks of a time axis: whole hours or days of Hong Kong, about `count` of them, and how each is written. daily: only days.
export function marks(first, last, count, daily) {
  if (daily) return days(first, last, count);
  const step = STEPS.map((minutes) => minutes * MINUTE).find((step) => (last - first) / step <= count);
  if (step === undefined) return days(first, last, count);
  const found = [];
  for (let at = Math.ceil((first + ZONE) / step) * step - ZONE; at <= last; at += step) found.push(at);
  const several = last - first > 30 * HOUR; // then midnight in Hong Kong is told by the day that begins
  const begins = (at) => several && (at + ZONE) % (24 * HOUR) === 0;
  const text = (at) => `${begins(at) ? shortDay.format(at) : hongKong.time.format(at)}\n{other|${newYork.time.format(at)}}`;
  return { found, text, both: true };
}

function days(first, last, count) {
  const DAYS = [1, 2, 7, 14].map((days) => days * 24 * HOUR);
  const step = DAYS.find((step) => (last - first) / step <= count);
  const found = [];
  if (step !== undefined) {
    for (let at = Math.ceil((first + ZONE) / step) * step - ZONE; at <= last; at += step) found.push(at);
    return { found, text: (at) => shortDay.format(at), both: false };
  }
  const months = [1, 2, 3, 6, 12].find((months) => (last - first) / (months * 30 * 24 * HOUR) <= count) ?? 12;
  const begin = new Date(first + ZONE);
  for (let n = 0; ; n += 1) {
    const at = Date.UTC(begin.getUTCFullYear(), n) - ZONE;
    if (at > last) break;
    if (at >= first && n % months === 0) found.push(at);
  }
  return { found, text: (at) => month.format(at), both: false };
}

// How many points of a line are not later than a moment.
function upTo(points, at) {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The last point of a line at or before a moment; null before its first.
export const pointAt = (points, at) => points[upTo(points, at) - 1] ?? null;

// Where a straight line through its points is at a moment; null where one of both sides is missing.
export function valueAt(points, at) {
  const n = upTo(points, at);
  const [before, after] = [points[n - 1], points[n]];
  if (before?.[0] === at) return before[1];
  if (!before || !after || before[1] === null || after[1] === null) return null;
  return before[1] + ((after[1] - before[1]) * (at - before[0])) / (after[0] - before[0]);
}

// What of a line is needed to draw it from one moment to another: also a point on either side, where it comes from and goes.
export const between = (points, from, to) => points.slice(Math.max(upTo(points, from) - 1, 0), upTo(points, to) + 1);

// A stretch of time in words, on Hong Kong's clock. daily: points are sessions.
export function stretch(from, to, daily) {
  if (daily) return `${hongKong.long.format(from)} – ${hongKong.long.format(to)}`;
  const days = [from, to].map((at) => hongKong.day.format(at));
  const [begin, end] = [from, to].map((at) => hongKong.time.format(at));
  return days[0] === days[1] ? `${begin} – ${end} HKT, ${days[0]}` : `${days[0]} ${begin} – ${days[1]} ${end} HKT`;
}

// Trading hours as shades behind the lines of one grid, as far as they can be seen, and which of them are on at a moment.
// Those without an end go on.
export const shades = (hours, from, to, colour) =>
  hours
    .map(([kind, name, start, end]) => [
      { xAxis: Math.max(start, from), name, itemStyle: { color: colour(`--hours-${kind.replace("_", "-")}`) } },
      { xAxis: Math.min(end ?? to, to) },
    ])
    .filter(([begin, end]) => begin.xAxis < end.xAxis);

export const hoursAt = (hours, at) => hours.filter(([, , start, end]) => start <= at && (end === null || at < end)).map(([, name]) => name);
