// The curve of a day: the most visitors at once in each minute, as an area.

import { attrs } from "../ground/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const MINUTE = 60000;
const WIDE = 1000, HIGH = 62, TOP = 2; // px of the picture, and above the peak

// How many there were in the minute of a moment; 0 where nothing is known.
export function levelAt(day, at) {
  return day.levels[Math.floor((at - day.from) / MINUTE)] ?? 0;
}

export function makeCurve(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.append(document.createElementNS(SVG, "path"));
  return attrs(svg, { class: name, viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" });
}

export function drawCurve(curves, day) {
  const line = lineOf(day);
  for (const curve of curves) curve.firstChild.setAttribute("d", line);
}

function lineOf({ from, to, levels }) {
  const whole = Math.max(1, (to - from) / MINUTE);
  const peak = Math.max(1, ...levels);
  const x = (minute) => ((minute / whole) * WIDE).toFixed(2);
  const y = (level) => (HIGH - (level / peak) * (HIGH - TOP)).toFixed(2);
  const steps = [`M0 ${HIGH}`];
  levels.forEach((level, minute) => {
    const before = levels[minute - 1] ?? 0;
    if (level !== before) steps.push(`L${x(minute)} ${y(before)}L${x(minute)} ${y(level)}`);
  });
  const end = levels.length;
  if (end) steps.push(`L${x(end)} ${y(levels[end - 1])}L${x(end)} ${HIGH}`);
  return `${steps.join("")}Z`;
}
