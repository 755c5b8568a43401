// What stands behind and across the lines of a grid: nought, limits, the number of a policy, trading hours, alert episodes.
import { shades } from "./time.js";

// Limits of one line. Their words stand on the side where the grid has room, those of each level in a column of their own.
const COLUMNS = { warning: "Start", critical: "Middle" };
const NARROW = 360; // pixels of a grid below which the words beside each other are without their levels
export const limitLines = (role, past, { min, max }, colour, { plot, em }) =>
  past.limits
    .filter(([of]) => of === role)
    .map(([, level, value, words, ends]) => ({
      yAxis: value,
      name: words,
      lineStyle: { color: colour("--limit"), width: ends ? 1 : 1.3, type: ends ? [2, 4] : "solid", opacity: ends ? 0.75 : 0.9 },
      label: {
        show: !ends,
        formatter: () => (plot < NARROW * em ? words.replace(`${level} `, "") : words),
        position: `inside${COLUMNS[level] ?? "End"}${value > (min + max) / 2 ? "Bottom" : "Top"}`,
        color: colour("--limit"),
        backgroundColor: colour("--panel"),
        padding: [0, 3 * em],
        fontSize: 10.5 * em,
        distance: [4 * em, em],
      },
    }));

const guide = (at, colour) => ({
  yAxis: at,
  label: { show: false },
  lineStyle: { color: colour("--dim"), width: 1, type: at === 0 ? "solid" : "dashed" },
});

// Nought, guides, trading hours and alert episodes of a grid. An episode is never thinner than its border.
export function background(grid, n, past, tip, { from, to }, colour, em) {
  const spans = past.episodes
    .filter(([role]) => grid.roles.includes(role))
    .map(([, level, title, start, end]) => [
      {
        name: `${level}: ${title}`,
        xAxis: Math.max(start, from),
        itemStyle: {
          color: colour("--episode"),
          borderColor: colour("--limit"),
          borderWidth: level === "critical" ? 1.2 : 0.6,
          borderType: level === "info" ? "dashed" : "solid",
          opacity: { critical: 1, info: 0.5 }[level] ?? 0.8,
        },
        label: {
          show: true,
          formatter: () => level,
          position: start > from + (to - from) * 0.85 ? "insideBottomRight" : "insideBottomLeft", // away from the newest values
          color: colour("--limit"),
          fontSize: 10 * em,
        },
      },
      { xAxis: Math.min(end ?? tip.last, to) },
    ])
    .filter(([begin, end]) => end.xAxis >= begin.xAxis);
  return {
    id: `behind-${n}`,
    type: "line",
    xAxisIndex: n,
    yAxisIndex: n,
    data: [],
    silent: true,
    tooltip: { show: false },
    markLine: { silent: true, symbol: "none", animation: false, data: [0, ...(grid.guides ?? [])].map((at) => guide(at, colour)) },
    markArea: { silent: true, label: { show: false }, data: [...shades(past.hours, from, to, colour), ...spans] },
  };
}

// A number that has no line of its own.
export const level = ([, value, words], grid, colour, em) => ({
  id: "level",
  type: "line",
  xAxisIndex: grid,
  yAxisIndex: grid,
  data: [],
  silent: true,
  tooltip: { show: false },
  markLine: {
    silent: true,
    symbol: "none",
    animation: false,
    data: [{ yAxis: value }],
    lineStyle: { color: colour("--estimate"), type: "dotted", width: 1.6 },
    label: { formatter: () => words, position: "insideEndTop", color: colour("--estimate"), fontSize: 11 * em },
  },
});
