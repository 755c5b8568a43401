// Charts of lines in grids above each other on one time axis, of which a stretch may be chosen.
//
// plan: grids: [{ title, roles, height, guides, least, unsigned, share }], top to bottom: which lines are in it, its share
//   of the height, levels to be marked, the least stretch of its scale, whether its numbers have no sign or are shares;
//   inks: { role: colour }; dashed: roles; steps: roles that hold each value until the next; area: role whose area is
//   tinted by its sign.
// past: { span, daily, simulated, first, lines: { role: { name, short, unit, points, unrecorded: [[start, end]] or none } },
//   hours: [[kind, name, start, end or null]], limits: [[role, level, value, words, whether an alert ends there]],
//   episodes: [[role, level, title, start, end or null]] }.
// tip: { last, points: { role: [time, value] }, texts: { role: words }, level: [role, value, words] or null }.
import { background, level, limitLines } from "./backdrop.js";
import { FONT, hover, hoverBox, signed, watermark } from "./dress.js";
import { axisNumber, beyond, scale } from "./scale.js";
import { tags } from "./tags.js";
import { between, hoursAt, marks, moment, pointAt } from "./time.js";
import { dots, parted, unknownAt } from "./unrecorded.js";

// Pixels, at the size of letters for which em is 1.
const LEFT = 46;
const RIGHT = 88;
const LABEL = 62; // of the time axis that one of its labels wants
const ZONE = 26; // on the left of the axis that belong to the names of the zones
const BOTTOM = 44; // below the last grid
const TITLE = 22; // above each grid

// A kind of chart, as index.js wants it. over: on the left and right what is not the time axis.
export const stacked = (plan) =>
  Object.assign((past, tip, colour, size, stretch) => option(plan, past, tip, colour, size, stretch), { over: { left: LEFT, right: RIGHT } });

// stretch: [from, to] of what is shown, null for all of it.
function option(plan, past, tip, colour, { width, height, em }, stretch) {
  const [left, right] = [LEFT * em, RIGHT * em];
  const grids = placed(plan.grids.filter(({ roles }) => roles.some((role) => role in past.lines)), height, em);
  const roles = grids.flatMap((grid) => grid.roles.filter((role) => role in past.lines));
  const gridOf = (role) => grids.findIndex((grid) => grid.roles.includes(role));
  const points = Object.fromEntries(
    roles.map((role) => [role, [...past.lines[role].points, ...(tip.points[role] ? [tip.points[role]] : [])]]),
  );
  const ink = (role) => colour(plan.inks[role]);
  const [from, to] = stretch ?? [past.first, Math.max(tip.last, past.first + 1)];
  const shown = { from, to, part: stretch !== null };
  const plot = Math.max(width - left - right, 1);
  const zone = ((to - from) * ZONE * em) / plot; // no mark where the names of the zones stand
  const axis = marks(from + zone, to, Math.max(2, Math.floor(plot / (LABEL * em))), past.daily);
  const levels = tip.level ? [[tip.level[0], "", tip.level[1], tip.level[2], false]] : [];
  const limits = [...past.limits, ...levels];
  const scales = grids.map((grid) => scale(grid, points, limits, shown));
  const bottom = (n) => n === grids.length - 1;
  const parts = roles.map((role) => parted(between(points[role], from, to), past.lines[role]));
  const drawn = roles.map((role, n) =>
    line(role, gridOf(role), plan, past, parts[n].drawn, scales[gridOf(role)], ink, colour, { plot, em }),
  );
  return {
    animation: false,
    backgroundColor: "transparent",
    textStyle: { fontFamily: FONT },
    title: grids.map((grid, n) => ({
      text: grid.title + beyond(grid, limits, scales[n]),
      left,
      top: grid.top - 17 * em,
      padding: 0,
      textStyle: { color: colour("--dim"), fontSize: 11.5 * em, fontWeight: 500, width: width - left - 8 * em, overflow: "truncate" },
    })),
    graphic: [...watermark(past.simulated, width, colour), ...(axis.both ? zones(grids.at(-1), width - left, colour, em) : [])],
    grid: grids.map(({ top, size }) => ({ left, right, top, height: size, outerBoundsMode: "none" })),
    axisPointer: { link: [{ xAxisIndex: "all" }], label: { show: false }, lineStyle: { color: colour("--dim"), type: "solid" } },
    tooltip: {
      trigger: "axis",
      ...hoverBox(colour, em),
      formatter: (found) => told([found].flat()[0].axisValue, past, tip, points, ink),
    },
    xAxis: grids.map((_, n) => ({
      type: "time",
      gridIndex: n,
      min: from,
      max: to,
      axisLine: { lineStyle: { color: colour("--grid") }, onZero: false },
      axisTick: { show: bottom(n), customValues: axis.found, lineStyle: { color: colour("--dim") } },
      splitLine: { show: false },
      axisLabel: {
        show: bottom(n),
        customValues: axis.found,
        formatter: axis.text,
        color: colour("--text"),
        fontSize: 11 * em,
        lineHeight: 14 * em,
        hideOverlap: true,
        rich: { other: { color: colour("--dim"), fontSize: 11 * em, lineHeight: 14 * em } },
      },
    })),
    yAxis: grids.map((grid, n) => ({
      type: "value",
      gridIndex: n,
      ...scales[n],
      splitNumber: Math.max(2, Math.round(grid.size / (55 * em))),
      axisLabel: {
        color: colour("--dim"),
        fontSize: 11 * em,
        ...(grid.guides && !shown.part ? { customValues: [0, ...grid.guides] } : { showMinLabel: false, showMaxLabel: false }),
        formatter: (value) => (grid.guides && !shown.part ? signed(value, 0) : axisNumber(grid, value, scales[n])),
      },
      splitLine: { lineStyle: { color: colour("--grid"), width: 1 } },
    })),
    visualMap: roles.includes(plan.area) ? bySign(roles.indexOf(plan.area), scales[gridOf(plan.area)], colour) : undefined,
    series: [
      ...drawn,
      ...drawn.flatMap((each, n) => (parts[n].dotted.length ? [dots(each, parts[n].dotted)] : [])),
      ...grids.map((grid, n) => background(grid, n, past, tip, shown, colour, em)),
      ...(tip.last <= to ? grids.flatMap((grid, n) => tags(grid, n, scales[n], past, tip, right, ink, colour, em)) : []),
      ...(tip.level ? [level(tip.level, gridOf(tip.level[0]), colour, em)] : []),
    ],
  };
}

// Where each grid is, in pixels.
function placed(grids, height, em) {
  const room = height - (BOTTOM + TITLE * grids.length) * em;
  const all = grids.reduce((sum, grid) => sum + grid.height, 0);
  let top = 0;
  return grids.map((grid) => {
    top += TITLE * em;
    const found = { ...grid, top, size: Math.max(Math.round((room * grid.height) / all), 20) };
    top += found.size;
    return found;
  });
}

// Both pieces end somewhere: ECharts draws no gradient between pieces without ends.
const bySign = (series, { min, max }, colour) => ({
  show: false,
  type: "piecewise",
  seriesIndex: series,
  dimension: 1,
  pieces: [
    { gt: 0, lte: Math.max(max, 1), color: colour("--up-tint") },
    { gte: Math.min(min, -1), lte: 0, color: colour("--down-tint") },
  ],
});

const line = (role, grid, plan, past, data, scale, ink, colour, size) => ({
  id: role,
  name: past.lines[role].name,
  type: "line",
  xAxisIndex: grid,
  yAxisIndex: grid,
  data,
  showSymbol: false,
  symbol: "circle",
  symbolSize: 5 * size.em,
  connectNulls: false,
  step: plan.steps?.includes(role) ? "end" : false,
  z: role === plan.area ? 4 : 3,
  emphasis: { disabled: true },
  lineStyle: { color: ink(role), width: 1.8 * size.em, type: plan.dashed?.includes(role) ? [5, 4] : "solid" },
  itemStyle: { color: ink(role) },
  areaStyle: role === plan.area ? { opacity: 0.2, origin: "auto" } : undefined,
  markLine: { silent: true, symbol: "none", animation: false, data: limitLines(role, past, scale, colour, size) },
});

// Which line of the axis' labels is whose clock.
function zones({ top, size }, room, colour, em) {
  const name = (text, at, ink) => ({
    type: "text",
    right: room + 8 * em,
    top: top + size + at * em,
    silent: true,
    style: { text, fill: colour(ink), font: `${11 * em}px ${FONT}` },
  });
  return [name("HKT", 9, "--text"), name("ET", 23, "--dim")];
}

function told(at, past, tip, points, ink) {
  const rows = Object.keys(past.lines).map((role) => {
    const { short, unit } = past.lines[role];
    const value = unknownAt(past.lines[role], at) ? null : (pointAt(points[role], at)?.[1] ?? null);
    const shown = value === null ? "–" : unit === "share" ? `${Math.round(value * 100)} %` : signed(value) + unit;
    return [ink(role), short, shown];
  });
  const on = past.episodes.filter(([, , , start, end]) => start <= at && at <= (end ?? tip.last));
  for (const [, level, title] of on) rows.push([null, level, title]);
  const open = hoursAt(past.hours, at);
  if (past.hours.length) rows.push([null, "open", open.length ? open.join(", ") : "no market"]);
  return hover(moment(at, past.daily), rows);
}
