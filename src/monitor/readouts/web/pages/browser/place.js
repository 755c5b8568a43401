// How far down a page was scrolled, through a reload: the browser looks for the place before there is anything to see.
import { kept } from "./kept.js";

const HANDS = ["wheel", "pointerdown", "keydown"];

// Answers with { seek, stop }; seek: to be called when the page has got another shape. Whoever moves is left alone.
export function place() {
  const { found, stop } = kept("place", () => scrollY);
  let wanted = found;
  const forget = () => {
    wanted = null;
    for (const name of HANDS) removeEventListener(name, forget, true);
  };
  for (const name of HANDS) addEventListener(name, forget, true);
  const seek = () => {
    if (wanted === null) return;
    scrollTo({ top: wanted, behavior: "instant" });
    if (Math.abs(scrollY - wanted) < 2) forget();
  };
  return {
    seek,
    stop() {
      forget();
      stop();
    },
  };
}
