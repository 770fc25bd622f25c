// The curve of a day: the most visitors at once in each minute, as an area.

import { attrs } from "../ground/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const MINUTE = 60000;
const GATHERED = 5; // minutes
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

// Minutes are gathered: a day of a small site would be a comb.
function lineOf({ from, to, levels }) {
  const whole = Math.max(1, (to - from) / MINUTE);
  const peak = Math.max(1, ...levels);
  const point = (minute, level) => `L${((minute / whole) * WIDE).toFixed(1)} ${(HIGH - (level / peak) * (HIGH - TOP)).toFixed(2)}`;
  const points = [];
  for (let minute = 0; minute < levels.length; minute += GATHERED) {
    const some = levels.slice(minute, minute + GATHERED);
    points.push(point(minute + some.length / 2, Math.max(...some)));
  }
  const { length } = levels;
  if (length) points.unshift(point(0, levels[0]));
  if (length) points.push(point(length, levels[length - 1]), point(length, 0));
  return `M0 ${HIGH}${points.join("")}Z`;
}
