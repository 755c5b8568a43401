// How charts write numbers and what appears over them. Names come from outside and are set as text whatever they hold.

// Of the page, in full: a canvas cannot inherit it.
export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

// A number as the rest of the page writes it: `+1.23`, `−0.40`, `0.00`, `–`.
export function signed(value, digits = 2) {
  if (value === null || value === undefined) return "–";
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value > 0 ? "+" : "−") + text.replace(/\B(?=(\d{3})+\.)/g, ",");
}

// What appears when one points at a chart: rows of [colour of the swatch or null, name, value], as text whatever it holds.
export function hover(title, rows) {
  const box = document.createElement("div");
  box.className = "hover";
  box.append(part("b", title));
  for (const [colour, name, value] of rows) {
    const row = document.createElement("div");
    const swatch = document.createElement("i");
    if (colour) swatch.style.background = colour;
    row.append(swatch, part("span", name), part("b", value));
    box.append(row);
  }
  return box;
}

function part(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

// How large letters are beside those that the sizes in charts are written for: the page's own letters over 14 pixels.
export const letters = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 14;

// How a box over a chart looks in every theme.
export const hoverBox = (colour, em) => ({
  confine: true,
  transitionDuration: 0,
  padding: 0,
  borderWidth: 1,
  borderColor: colour("--line"),
  backgroundColor: colour("--panel"),
  textStyle: { color: colour("--text"), fontSize: 12 * em, fontFamily: FONT },
});

// Across a chart whose prices are invented.
export const watermark = (simulated, width, colour) =>
  simulated
    ? [
        {
          type: "text",
          left: "center",
          top: "middle",
          silent: true,
          z: 1,
          rotation: 0.3,
          style: { text: "SIMULATED", fill: colour("--dim"), opacity: 0.17, font: `700 ${Math.min(Math.round(width / 8), 96)}px ${FONT}` },
        },
      ]
    : [];
