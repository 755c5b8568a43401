// The chart of a pair: both legs, their spread and its z-score.
import { stacked } from "./stack.js";

const PLAN = {
  grids: [
    { title: "returns since the anchor, %", roles: ["a", "b"], height: 44 },
    { title: "spread, pp", roles: ["spread", "estimate"], height: 36 },
    { title: "z-score", roles: ["z"], height: 20, guides: [2, -2], least: [-2.3, 2.3] },
  ],
  inks: { a: "--leg-a", b: "--leg-b", spread: "--spread", estimate: "--estimate", z: "--z-score" },
  dashed: ["estimate"],
  area: "spread",
};

export const option = stacked(PLAN);
