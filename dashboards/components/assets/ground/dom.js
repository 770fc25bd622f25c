// Small pieces of page. Text from strangers goes through `textContent` alone.

const SVG = "http://www.w3.org/2000/svg";

// Strokes on a 24 by 24 grid.
const ICONS = {
  person: "M12 4.8a3.7 3.7 0 1 1 0 7.4a3.7 3.7 0 0 1 0-7.4M5 20.3c.7-3.8 3.5-5.8 7-5.8s6.3 2 7 5.8",
  desktop: "M4.5 4.5h15a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15V6a1.5 1.5 0 0 1 1.5-1.5M12 16.5V20M8.5 20h7",
  mobile: "M9 2.5h6a2 2 0 0 1 2 2v15a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2v-15a2 2 0 0 1 2-2M11 18.5h2",
  tablet: "M6.5 3h11a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2h-11a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2M11 18h2",
  bot: "M7 8.5h10a3 3 0 0 1 3 3V16a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3v-4.5a3 3 0 0 1 3-3M12 8.5v-4M9 13v1.5M15 13v1.5",
  again: "M5 9h10a4.5 4.5 0 0 1 0 9h-4M9 5L5 9l4 4",
  send: "M4 12l16-7.5L15.5 20l-4-6.5zM11.5 13.5L20 4.5",
  chat: "M4 5h16v11.5H10L5.5 20v-3.5H4z",
  down: "M6 9.5l6 6 6-6",
  up: "M6 14.5l6-6 6 6",
  check: "M5 12.5l4.5 4.5L19 7.5",
  copy: "M10 8h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2M5 16H4V5.5A1.5 1.5 0 0 1 5.5 4H16v1",
  alert: "M12 4.5l8.5 15h-17zM12 10v4.5M12 17.2v.1",
  cards: "M4.5 4.5h6v6h-6zM13.5 4.5h6v6h-6zM4.5 13.5h6v6h-6zM13.5 13.5h6v6h-6z",
  globe: "M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 0 1 0-17M3.5 12h17M12 3.5c2.6 2.4 3.6 5.4 3.6 8.5s-1 6.1-3.6 8.5c-2.6-2.4-3.6-5.4-3.6-8.5s1-6.1 3.6-8.5",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  target: "M12 6a6 6 0 1 1 0 12a6 6 0 0 1 0-12M12 2.5v4M12 17.5v4M2.5 12h4M17.5 12h4",
  full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  page: "M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5M9 13h6M9 16.5h6",
  door: "M13 4.5H5.5v15H13M10 12h10M16.5 8.5L20 12l-3.5 3.5",
  search: "M10.5 4.5a6 6 0 1 1 0 12a6 6 0 0 1 0-12M15 15l5 5",
  load: "M12 4v11M7.5 10.5L12 15l4.5-4.5M4.5 19.5h15",
  sun: "M12 8a4 4 0 1 1 0 8a4 4 0 0 1 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  system: "M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16M12 4v16M12 8h5M12 12h8M12 16h5",
  rows: "M8 6.5h12M8 12h12M8 17.5h12M4 6.5h.1M4 12h.1M4 17.5h.1",
  left: "M14.5 6l-6 6 6 6",
  close: "M6 6l12 12M18 6L6 18",
  spark: "M12 3l2 6.5L20.5 12 14 14l-2 7-2-7-6.5-2L10 9.5z",
  useradd: "M10 4.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7M3.5 20c.6-3.6 3.2-5.5 6.5-5.5 1.5 0 2.9.4 4 1.2M18.5 14v6M15.5 17h6",
  flag: "M6 21V4h12l-2.5 4L18 12H6",
  info: "M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18M12 11v5.5M12 7.8v.2",
  power: "M12 3.5v8M7 6.8a7.5 7.5 0 1 0 10 0",
  search: "M11 4.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13M16 16l4.5 4.5",
  swap: "M4 8h15M15.5 4.5L19 8l-3.5 3.5M20 16H5M8.5 12.5L5 16l3.5 3.5",
  checks: "M2.5 13l4 4L15 8M11 16l1.2 1L21 8",
  clock: "M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18M12 7v5.3l3.5 2",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4",
  replay: "M4 5v4.5h4.5M4.6 9.5A8.5 8.5 0 1 1 3.6 14M12 8v4.5l3 1.8",
  play: "M7.5 5l11 7-11 7z",
  pause: "M8.5 5v14M15.5 5v14",
  back: "M18 6l-8 6 8 6zM6 6v12",
  forward: "M6 6l8 6-8 6zM18 6v12",
  calendar: "M6 5.5h12a2 2 0 0 1 2 2V18a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V7.5a2 2 0 0 1 2-2M4 10h16M8.5 3v4M15.5 3v4",
};

export function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function attrs(node, values) {
  for (const [name, value] of Object.entries(values)) node.setAttribute(name, value);
  return node;
}

export function icon(name, small = false) {
  const svg = document.createElementNS(SVG, "svg");
  attrs(svg, { viewBox: "0 0 24 24", class: small ? "i s" : "i", "aria-hidden": "true" });
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] || "");
  svg.append(path);
  return svg;
}

export function button(className, label, iconName) {
  const node = el("button", `btn ${className}`, iconName ? icon(iconName, true) : null, label);
  node.type = "button";
  return node;
}

// Writes only what differs: a text node that is touched is laid out again.
export function write(node, text) {
  if (node.shown !== text) node.textContent = node.shown = text;
}

export function toggle(node, className, on) {
  if (node.classList.contains(className) !== on) node.classList.toggle(className, on);
}

// One line of a stranger's text: cut by the style, whole in the hint.
export function writeClipped(node, text) {
  if (node.shown === text) return;
  node.textContent = node.shown = text;
  node.title = text;
}

let drawsFlags;

// Systems without flag emoji draw two letters apart; two letters in a chip read better then.
function hasFlags() {
  if (drawsFlags === undefined) {
    const pen = document.createElement("canvas").getContext("2d");
    if (!pen) return (drawsFlags = false);
    pen.font = "16px sans-serif";
    const pair = pen.measureText("\u{1F1FA}\u{1F1FF}").width;
    drawsFlags = pair > 0 && pair < pen.measureText("\u{1F1FA}").width * 1.6;
  }
  return drawsFlags;
}

export function writeFlag(node, code) {
  const known = /^[A-Z]{2}$/.test(code || "");
  node.hidden = !known;
  if (!known) return write(node, "");
  const emoji = hasFlags();
  toggle(node, "chip", !emoji);
  const letters = [...code].map((letter) => String.fromCodePoint(0x1f1a5 + letter.charCodeAt(0)));
  write(node, emoji ? letters.join("") : code);
}

// A stable tint for an id, so that one visitor is known again from screen to screen.
export function hue(id) {
  let h = 2166136261;
  for (let at = 0; at < id.length; at += 1) h = Math.imul(h ^ id.charCodeAt(at), 16777619);
  return (h >>> 0) % 360;
}

export function initials(name) {
  const words = name.trim().split(/[\s.@_-]+/u).filter((word) => /^\p{L}/u.test(word));
  return words.slice(0, 2).map((word) => [...word][0]).join("").toUpperCase();
}

// Pages of a visit as pieces as wide as their time in view, the current one last.
export function writeStrip(node, parts) {
  while (node.children.length > parts.length) node.firstChild.remove();
  while (node.children.length < parts.length) node.append(el("i"));
  parts.forEach((ms, at) => {
    const grow = String(Math.max(1, Math.round(ms / 1000)));
    const piece = node.children[at];
    if (piece.grow !== grow) piece.style.flexGrow = piece.grow = grow;
  });
}

// The nearest box that scrolls, also from within a shadow root.
export function scroller(node) {
  let at = node;
  while (at) {
    if (at instanceof ShadowRoot) {
      at = at.host;
    } else {
      if (at === document.body) break;
      if (at instanceof Element && /auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
      at = at.parentNode;
    }
  }
  return document.scrollingElement || document.documentElement;
}
