// Charts: drawings inside the page, in its colours, without styles of their own. Whoever cannot see one has the table beside
// it.

import { label, labelAttribute } from "./texts.js";

const SVG = "http://www.w3.org/2000/svg";
/** Sizes in units of the drawing. */
const [LABELS, BARS, NUMBERS, ROW] = [150, 300, 90, 26];

/**
 * Bars, one below the other. A number that is not known has a word instead.
 *
 * `title` says what is drawn, `rows` are `{label, number}`, `hidden` gives the word.
 */
export function barChart({ title, rows, hidden }) {
  const most = Math.max(1, ...rows.map(({ number }) => number ?? 0));
  const drawing = element("svg", { class: "chart", role: "img", viewBox: `0 0 ${LABELS + BARS + NUMBERS} ${rows.length * ROW}` });
  labelAttribute(drawing, "aria-label", title);
  rows.forEach(({ label: name, number }, at) => {
    const middle = at * ROW + ROW / 2;
    const length = Math.round((BARS * (number ?? 0)) / most);
    drawing.append(
      words(name, { x: LABELS - 10, y: middle, "text-anchor": "end" }),
      element("rect", { x: LABELS, y: middle - 8, width: length, height: 16, rx: 2 }),
      words(number === undefined ? hidden : () => String(number), { x: LABELS + length + 8, y: middle }),
    );
  });
  return drawing;
}

function words(say, attributes) {
  const text = element("text", { "dominant-baseline": "middle", ...attributes });
  label(text, say);
  return text;
}

function element(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
