// The vertical axis of a grid: where it begins and ends, and how its numbers are written.
import { signed } from "./dress.js";
import { between, valueAt } from "./time.js";

// Ends of the axis, for what can be seen from one moment to another: its values, and each limit that leaves the lines a
// third of the height. While all is shown also nought and the least stretch; of a part only what the part holds.
export function scale(grid, points, limits, { from, to, part }) {
  const values = grid.roles.flatMap((role) => seen(points[role] ?? [], from, to));
  if (!part || grid.share || values.length === 0) values.push(...(grid.least ?? [0, 0]));
  let [low, high] = ends(values);
  const height = Math.max(high - low, 0.02);
  const [floor, ceiling] = [high - height * 3, low + height * 3];
  for (const [role, , value] of limits) {
    if (!grid.roles.includes(role) || value < floor || value > ceiling) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const room = Math.max(high - low, 0.02) * 0.07;
  const min = low === 0 ? 0 : grid.unsigned ? Math.max(low - room, 0) : low - room;
  return { min, max: high + room };
}

// The values of a line within a stretch of time, and where it enters and leaves it.
function seen(points, from, to) {
  const found = [valueAt(points, from), valueAt(points, to)];
  for (const [at, value] of between(points, from, to)) if (from <= at && at <= to) found.push(value);
  return found.filter((value) => value !== null);
}

function ends(values) {
  let [low, high] = [values[0], values[0]];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

const digits = ({ min, max }) => (max - min < 0.1 ? 3 : max - min < 2 ? 2 : max - min < 12 ? 1 : 0);

// A number beside the axis of a grid.
export const axisNumber = (grid, value, ends) =>
  grid.share ? `${Math.round(value * 100)} %` : grid.unsigned ? value.toFixed(digits(ends)) : signed(value, digits(ends));

// Which limits of a grid are out of sight, as it is told in its title.
export function beyond(grid, limits, { min, max }) {
  const out = limits.filter(([role, , value, , ends]) => grid.roles.includes(role) && !ends && (value < min || value > max));
  return out.length ? ` · beyond: ${out.map(([, , , words]) => words).join(", ")}` : "";
}
