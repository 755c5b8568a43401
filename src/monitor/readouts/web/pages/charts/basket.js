// The charts of a basket: through the day, what each member adds, and the map of its members.
import { FONT, hover, hoverBox } from "./dress.js";
import { stacked } from "./stack.js";

const PLAN = {
  grids: [
    { title: "return, %", roles: ["total"], height: 40 },
    { title: "dispersion of the members, pp", roles: ["dispersion"], height: 30, unsigned: true },
    { title: "members that beat the benchmark", roles: ["breadth"], height: 26, share: true, least: [0, 1] },
  ],
  inks: { total: "--leg-a", dispersion: "--leg-b", breadth: "--z-score" },
  steps: ["breadth"],
  area: "total",
};

export const day = stacked(PLAN);

const NUMBER = 68; // pixels that the number at the end of a bar takes, at the size of letters for which em is 1

// past: { doubts: [words] }, tip: { bars: [[name, percentage points, words]] }; both in the same order, the largest first.
export function contributions({ doubts }, { bars }, colour, { width, em }) {
  const names = bars.map(([name], n) => (doubts[n] ? `${name}\n${doubts[n]}` : name));
  const label = (width < 500 * em ? 108 : 150) * em;
  const plot = width - label - 22 * em;
  const number = NUMBER * em;
  const room = (ends) => `${Math.round((100 * number) / Math.max(plot - ends * number, number))}%`; // of the bars' own stretch
  return {
    animation: false,
    textStyle: { fontFamily: FONT },
    grid: { left: label + 10 * em, right: 12 * em, top: 6, bottom: 6, outerBoundsMode: "none" },
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow" },
      ...hoverBox(colour, em),
      formatter: (found) => {
        const n = [found].flat()[0].dataIndex;
        return hover(bars[n][0], [[null, "adds", `${bars[n][2]} pp`], ...(doubts[n] ? [[null, doubts[n], ""]] : [])]);
      },
    },
    xAxis: {
      type: "value",
      axisLabel: { show: false },
      splitLine: { show: false },
      // room for the numbers that stand at the ends of the bars
      boundaryGap: bars.some(([, value]) => value < 0) ? [room(2), room(2)] : [0, room(1)],
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: names.map((_, n) => String(n)),
      axisLine: { show: true, lineStyle: { color: colour("--dim") } },
      axisTick: { show: false },
      axisLabel: {
        color: colour("--text"),
        fontSize: 12 * em,
        lineHeight: 14 * em,
        margin: label + 4 * em,
        align: "left",
        width: label,
        overflow: "truncate",
        formatter: (n) => names[Number(n)],
      },
    },
    series: [
      {
        id: "bars",
        type: "bar",
        barWidth: "64%",
        data: bars.map(([, value, words], n) => ({
          value,
          itemStyle: {
            color: colour(value < 0 ? "--down-tint" : "--up-tint"),
            borderRadius: 2,
            opacity: doubts[n] ? 0.5 : 0.9,
            borderColor: colour("--text"),
            borderWidth: doubts[n] ? 1 : 0,
            borderType: "dashed",
          },
          label: {
            show: true,
            position: value < 0 ? "left" : "right",
            formatter: () => words,
            opacity: 1,
            color: colour(value < 0 ? "--down" : "--up"),
            fontSize: 12 * em,
            fontWeight: 600,
          },
        })),
      },
    ],
  };
}

// Strengths of the tints, as of the heat tables.
const TINTS = [0, 0.14, 0.26, 0.4, 0.56];

// tip: { tiles: [[name, weight, words, "up" | "down" | "flat" | "none", strength 0 to 4, what speaks against it]] }.
export function map(_, { tiles }, colour, { em }) {
  return {
    animation: false,
    textStyle: { fontFamily: FONT },
    tooltip: {
      ...hoverBox(colour, em),
      formatter: ({ dataIndex, data }) =>
        data?.tile
          ? hover(data.tile[0], [
              [null, "return", data.tile[2]],
              [null, "weight", `${(data.tile[1] * 100).toFixed(1)} %`],
              ...(data.tile[5] ? [[null, data.tile[5], ""]] : []),
            ])
          : hover(String(dataIndex), []),
    },
    series: [
      {
        id: "map",
        type: "treemap",
        animation: false, // its labels would fade in at each redraw
        left: 2,
        right: 2,
        top: 2,
        bottom: 2,
        roam: false,
        nodeClick: false,
        breadcrumb: { show: false },
        sort: false,
        squareRatio: 1,
        itemStyle: { borderColor: colour("--panel"), gapWidth: 2, borderWidth: 0 },
        emphasis: { disabled: true },
        data: tiles.map((tile) => {
          const [name, weight, words, direction, strength, doubts] = tile;
          return {
            name,
            value: weight,
            tile,
            itemStyle: { color: tinted(direction, strength, colour), borderColor: colour(doubts ? "--fair" : "--panel"), borderWidth: doubts ? 2 : 0 },
            label: {
              show: true,
              position: "inside",
              formatter: () => `${name}\n${words}${doubts ? `\n${doubts}` : ""}`,
              color: colour("--text"),
              fontSize: 12.5 * em,
              lineHeight: 16 * em,
              fontWeight: 550,
              overflow: "break",
            },
          };
        }),
      },
    ],
  };
}

// A tint of that strength over the panel, opaque: tiles hide what is behind them.
function tinted(direction, strength, colour) {
  if (direction !== "up" && direction !== "down") return colour("--raised");
  const [over, under] = [colour(`--${direction}-tint`), colour("--panel")].map((text) => text.match(/[\d.]+/g).map(Number));
  const part = TINTS[strength] || 0.06;
  return `rgb(${[0, 1, 2].map((n) => Math.round(over[n] * part + under[n] * (1 - part))).join(",")})`;
}
