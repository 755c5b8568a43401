// A chart for the printer: in light colours, as lines and letters and not as points of the screen, at a width that leaves
// its letters the size of the text around it.
import { coloursOf } from "./colours.js";

// About what A4 and Letter hold; the style sheet stretches it to the paper, which lies on its side for tables of windows.
const width = () => (document.querySelector(".heat") ? 1040 : 720);

// Puts what `option` gives for (colour, size) into `element`, seen in print only. Answers with a function that takes it away.
export function onPaper(echarts, element, option) {
  const size = { width: width(), height: Math.min(element.clientHeight, width() * 0.62), em: 1 };
  const sheet = document.createElement("div");
  sheet.className = "on-paper";
  sheet.style.colorScheme = "light";
  element.append(sheet);
  const drawn = echarts.init(sheet, null, { renderer: "svg", ...size });
  drawn.setOption(option(coloursOf(sheet), size));
  drawn.getZr().flush();
  sheet.querySelector("svg").setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  return () => {
    drawn.dispose();
    sheet.remove();
  };
}
