// Charts of lines in grids above each other on one time axis, with trading hours, limits and alert episodes behind them.
//
// plan: grids: [{ title, roles, height, guides, least }], top to bottom: which lines are in it, its share of the height,
//   levels to be marked, the least stretch of its scale; inks: { role: colour }; dashed: roles; steps: roles that hold
//   each value until the next; area: role whose area is tinted by its sign.
// past: { daily, simulated, first, lines: { role: { name, short, unit, points } }, hours: [[kind, name, start, end or null]],
//   limits: [[role, level, value, words, whether an alert ends there]],
//   episodes: [[role, level, title, start, end or null]] }.
// tip: { last, points: { role: [time, value] }, texts: { role: words }, level: [role, value, words] or null }.
import { FONT, hover, hoverBox, signed, watermark } from "./dress.js";
import { hoursAt, marks, moment, pointAt, shades } from "./time.js";

const LEFT = 46;
const RIGHT = 88;
const LABEL = 62; // pixels of the time axis that one of its labels wants
const ZONE = 26; // pixels on the left of the axis that belong to the names of the zones
const BOTTOM = 44; // pixels below the last grid
const TITLE = 22; // pixels above each grid
const TAG = 31; // pixels that the newest value of a line takes

export function stacked(plan, past, tip, colour, { width, height }) {
  const grids = placed(plan.grids.filter(({ roles }) => roles.some((role) => role in past.lines)), height);
  const roles = grids.flatMap((grid) => grid.roles.filter((role) => role in past.lines));
  const gridOf = (role) => grids.findIndex((grid) => grid.roles.includes(role));
  const points = Object.fromEntries(
    roles.map((role) => [role, [...past.lines[role].points, ...(tip.points[role] ? [tip.points[role]] : [])]]),
  );
  const ink = (role) => colour(plan.inks[role]);
  const plot = Math.max(width - LEFT - RIGHT, 1);
  const zone = ((tip.last - past.first) * ZONE) / plot; // no mark where the names of the zones stand
  const axis = marks(past.first + zone, tip.last, Math.max(2, Math.floor(plot / LABEL)), past.daily);
  const levels = tip.level ? [[tip.level[0], "", tip.level[1], tip.level[2], false]] : [];
  const limits = [...past.limits, ...levels];
  const scales = grids.map((grid) => scale(grid, points, limits));
  const bottom = (n) => n === grids.length - 1;
  return {
    animation: false,
    backgroundColor: "transparent",
    textStyle: { fontFamily: FONT },
    title: grids.map((grid, n) => ({
      text: grid.title + beyond(grid, limits, scales[n]),
      left: LEFT,
      top: grid.top - 17,
      padding: 0,
      textStyle: { color: colour("--dim"), fontSize: 11.5, fontWeight: 500, width: width - LEFT - 8, overflow: "truncate" },
    })),
    graphic: watermark(past.simulated, width, colour),
    grid: grids.map(({ top, size }) => ({ left: LEFT, right: RIGHT, top, height: size, outerBoundsMode: "none" })),
    axisPointer: { link: [{ xAxisIndex: "all" }], label: { show: false }, lineStyle: { color: colour("--dim"), type: "solid" } },
    tooltip: {
      trigger: "axis",
      ...hoverBox(colour),
      formatter: (found) => told([found].flat()[0].axisValue, past, tip, points, ink),
    },
    xAxis: grids.map((_, n) => ({
      type: "time",
      gridIndex: n,
      min: past.first,
      max: Math.max(tip.last, past.first + 1),
      axisLine: { lineStyle: { color: colour("--grid") }, onZero: false },
      axisTick: { show: bottom(n), customValues: axis.found, lineStyle: { color: colour("--dim") } },
      splitLine: { show: false },
      axisLabel: {
        show: bottom(n),
        customValues: axis.found,
        formatter: axis.text,
        color: colour("--text"),
        fontSize: 11,
        lineHeight: 14,
        hideOverlap: true,
        rich: { other: { color: colour("--dim"), fontSize: 11, lineHeight: 14 } },
      },
    })),
    ...zones(axis, grids, width, past.simulated, colour),
    yAxis: grids.map((grid, n) => ({
      type: "value",
      gridIndex: n,
      ...scales[n],
      splitNumber: Math.max(2, Math.round(grid.size / 55)),
      axisLabel: {
        color: colour("--dim"),
        fontSize: 11,
        ...(grid.guides ? { customValues: [0, ...grid.guides] } : { showMinLabel: false, showMaxLabel: false }),
        formatter: (value) => (grid.guides ? signed(value, 0) : axisNumber(grid, value, scales[n])),
      },
      splitLine: { lineStyle: { color: colour("--grid"), width: 1 } },
    })),
    visualMap: roles.includes(plan.area) ? bySign(roles.indexOf(plan.area), scales[gridOf(plan.area)], colour) : undefined,
    series: [
      ...roles.map((role) => line(role, gridOf(role), plan, past, points[role], scales[gridOf(role)], ink, colour)),
      ...grids.map((grid, n) => background(grid, n, past, tip, colour)),
      ...grids.flatMap((grid, n) => tags(grid, n, scales[n], past, tip, ink, colour)),
      ...(tip.level ? [level(tip.level, gridOf(tip.level[0]), colour)] : []),
    ],
  };
}

// Where each grid is, in pixels.
function placed(grids, height) {
  const room = height - BOTTOM - TITLE * grids.length;
  const all = grids.reduce((sum, grid) => sum + grid.height, 0);
  let top = 0;
  return grids.map((grid) => {
    top += TITLE;
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

const line = (role, grid, plan, past, points, scale, ink, colour) => ({
  id: role,
  name: past.lines[role].name,
  type: "line",
  xAxisIndex: grid,
  yAxisIndex: grid,
  data: points,
  showSymbol: false,
  symbol: "circle",
  symbolSize: 5,
  connectNulls: false,
  step: plan.steps?.includes(role) ? "end" : false,
  z: role === plan.area ? 4 : 3,
  emphasis: { disabled: true },
  lineStyle: { color: ink(role), width: 1.8, type: plan.dashed?.includes(role) ? [5, 4] : "solid" },
  itemStyle: { color: ink(role) },
  areaStyle: role === plan.area ? { opacity: 0.2, origin: "auto" } : undefined,
  markLine: { silent: true, symbol: "none", animation: false, data: limitLines(role, past, scale, colour) },
});

// Their words stand on the side of the line where the grid has room, those of each level in a column of their own.
const COLUMNS = { warning: "Start", critical: "Middle" };
const limitLines = (role, past, { min, max }, colour) =>
  past.limits
    .filter(([of]) => of === role)
    .map(([, level, value, words, ends]) => ({
      yAxis: value,
      name: words,
      lineStyle: { color: colour("--limit"), width: ends ? 1 : 1.3, type: ends ? [2, 4] : "solid", opacity: ends ? 0.75 : 0.9 },
      label: {
        show: !ends,
        formatter: () => words,
        position: `inside${COLUMNS[level] ?? "End"}${value > (min + max) / 2 ? "Bottom" : "Top"}`,
        color: colour("--limit"),
        backgroundColor: colour("--panel"),
        padding: [0, 3],
        fontSize: 10.5,
        distance: [4, 1],
      },
    }));

const guide = (at, colour) => ({
  yAxis: at,
  label: { show: false },
  lineStyle: { color: colour("--dim"), width: 1, type: at === 0 ? "solid" : "dashed" },
});

// Nought, guides, trading hours and alert episodes behind the lines of a grid. An episode is never thinner than its border.
function background(grid, n, past, tip, colour) {
  const spans = past.episodes
    .filter(([role]) => grid.roles.includes(role))
    .map(([, level, title, start, end]) => [
      {
        name: `${level}: ${title}`,
        xAxis: Math.max(start, past.first),
        itemStyle: {
          color: colour("--episode"),
          borderColor: colour("--limit"),
          borderWidth: level === "critical" ? 1.2 : 0.6,
          borderType: level === "info" ? "dashed" : "solid",
          opacity: { critical: 1, info: 0.5 }[level] ?? 0.8,
        },
        label: { show: true, formatter: () => level, position: "insideBottomLeft", color: colour("--limit"), fontSize: 10 },
      },
      { xAxis: Math.min(end ?? tip.last, tip.last) },
    ])
    .filter(([from, to]) => to.xAxis >= from.xAxis);
  return {
    id: `behind-${n}`,
    type: "line",
    xAxisIndex: n,
    yAxisIndex: n,
    data: [],
    silent: true,
    tooltip: { show: false },
    markLine: { silent: true, symbol: "none", animation: false, data: [0, ...(grid.guides ?? [])].map((at) => guide(at, colour)) },
    markArea: { silent: true, label: { show: false }, data: [...shades(past.hours, tip.last, colour), ...spans] },
  };
}

// The newest values of a grid at the ends of their lines, pushed apart where they would hide each other.
function tags(grid, n, { min, max }, past, tip, ink, colour) {
  const at = (value) => ((max - value) / (max - min)) * grid.size;
  const found = grid.roles
    .filter((role) => tip.points[role]?.[1] != null)
    .map((role) => ({ role, wanted: at(tip.points[role][1]) }))
    .sort((one, other) => one.wanted - other.wanted);
  found.forEach((tag, i) => (tag.at = i ? Math.max(tag.wanted, found[i - 1].at + TAG) : tag.wanted));
  let lowest = Math.max(grid.size, found.at(-1)?.wanted ?? 0);
  for (const tag of found.toReversed()) {
    tag.at = Math.min(tag.at, lowest);
    lowest = tag.at - TAG;
  }
  return found.map(({ role, wanted, at }) => tag(role, n, at - wanted, past, tip, ink, colour));
}

const tag = (role, grid, offset, past, tip, ink, colour) => ({
  id: `tip-${role}`,
  type: "scatter",
  xAxisIndex: grid,
  yAxisIndex: grid,
  data: [tip.points[role]],
  symbolSize: 6,
  silent: true,
  clip: false,
  z: 6,
  itemStyle: { color: ink(role) },
  tooltip: { show: false },
  label: {
    show: true,
    position: "right",
    distance: 5,
    offset: [0, offset],
    formatter: () => `{name|${past.lines[role].short.replaceAll(/[{}|]/g, " ")}}\n{value|${tip.texts[role]}}`,
    rich: {
      name: { color: colour("--panel"), fontSize: 10, lineHeight: 12, width: RIGHT - 18, overflow: "truncate" },
      value: { color: colour("--panel"), fontSize: 11.5, lineHeight: 14, fontWeight: 650 },
    },
    backgroundColor: ink(role),
    borderRadius: 3,
    padding: [2, 4],
  },
});

// A number that has no line of its own.
const level = ([, value, words], grid, colour) => ({
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
    label: { formatter: () => words, position: "insideEndTop", color: colour("--estimate"), fontSize: 11 },
  },
});

// Which line of the axis' labels is whose clock.
function zones(axis, grids, width, simulated, colour) {
  if (!axis.both) return {};
  const { top, size } = grids.at(-1);
  const name = (text, at, ink) => ({
    type: "text",
    right: width - LEFT + 8,
    top: top + size + at,
    silent: true,
    style: { text, fill: colour(ink), font: `11px ${FONT}` },
  });
  return { graphic: [...watermark(simulated, width, colour), name("HKT", 9, "--text"), name("ET", 23, "--dim")] };
}

// Ends of a vertical axis: all values, nought, and each limit that leaves the lines a third of the height.
function scale(grid, points, limits) {
  let [low, high] = grid.least ?? [0, 0];
  for (const role of grid.roles)
    for (const [, value] of points[role] ?? []) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  const height = Math.max(high - low, 0.02);
  const [floor, ceiling] = [high - height * 3, low + height * 3];
  for (const [role, , value] of limits) {
    if (!grid.roles.includes(role) || value < floor || value > ceiling) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const room = Math.max(high - low, 0.02) * 0.07;
  return { min: low < 0 ? low - room : low, max: high + room };
}

const digits = ({ min, max }) => (max - min < 0.1 ? 3 : max - min < 2 ? 2 : max - min < 12 ? 1 : 0);

const axisNumber = (grid, value, scale) =>
  grid.share ? `${Math.round(value * 100)}%` : grid.unsigned ? value.toFixed(digits(scale)) : signed(value, digits(scale));

const beyond = (grid, limits, { min, max }) => {
  const out = limits.filter(([role, , value, , ends]) => grid.roles.includes(role) && !ends && (value < min || value > max));
  return out.length ? ` · beyond: ${out.map(([, , , words]) => words).join(", ")}` : "";
};

function told(at, past, tip, points, ink) {
  const rows = Object.keys(past.lines).map((role) => {
    const { short, unit } = past.lines[role];
    const value = pointAt(points[role], at)?.[1] ?? null;
    const shown = value === null ? "–" : unit === "share" ? `${Math.round(value * 100)}%` : signed(value) + unit;
    return [ink(role), short, shown];
  });
  const on = past.episodes.filter(([, , , start, end]) => start <= at && at <= (end ?? tip.last));
  for (const [, level, title] of on) rows.push([null, level, title]);
  const open = hoursAt(past.hours, at);
  if (past.hours.length) rows.push([null, "open", open.length ? open.join(", ") : "no market"]);
  return hover(moment(at, past.daily), rows);
}
