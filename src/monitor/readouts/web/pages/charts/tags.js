// The newest values of a grid, written at the ends of their lines.

const HEIGHT = 31; // pixels that one takes, at the size of letters for which em is 1

// Series of ECharts, pushed apart where they would hide each other. room: pixels beside the grid.
export function tags(grid, n, { min, max }, past, tip, room, ink, colour, em) {
  const height = HEIGHT * em;
  const at = (value) => ((max - value) / (max - min)) * grid.size;
  const found = grid.roles
    .filter((role) => tip.points[role]?.[1] != null)
    .map((role) => ({ role, wanted: at(tip.points[role][1]) }))
    .sort((one, other) => one.wanted - other.wanted);
  found.forEach((tag, i) => (tag.at = i ? Math.max(tag.wanted, found[i - 1].at + height) : tag.wanted));
  let lowest = Math.max(grid.size, found.at(-1)?.wanted ?? 0);
  for (const tag of found.toReversed()) {
    tag.at = Math.min(tag.at, lowest);
    lowest = tag.at - height;
  }
  return found.map(({ role, wanted, at }) => tag(role, n, at - wanted, past, tip, room, ink, colour, em));
}

const tag = (role, grid, offset, past, tip, room, ink, colour, em) => ({
  id: `tip-${role}`,
  type: "scatter",
  xAxisIndex: grid,
  yAxisIndex: grid,
  data: [tip.points[role]],
  symbolSize: 6 * em,
  silent: true,
  clip: false,
  z: 6,
  itemStyle: { color: ink(role) },
  tooltip: { show: false },
  label: {
    show: true,
    position: "right",
    distance: 5 * em,
    offset: [0, offset],
    formatter: () => `{name|${past.lines[role].short.replaceAll(/[{}|]/g, " ")}}\n{value|${tip.texts[role]}}`,
    rich: {
      name: { color: colour("--panel"), fontSize: 10 * em, lineHeight: 12 * em, width: room - 18 * em, overflow: "truncate" },
      value: { color: colour("--panel"), fontSize: 11.5 * em, lineHeight: 14 * em, fontWeight: 650 },
    },
    backgroundColor: ink(role),
    borderRadius: 3 * em,
    padding: [2 * em, 4 * em],
  },
});
