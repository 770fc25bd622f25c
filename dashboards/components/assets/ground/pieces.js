// Pieces that card, row and profile share: avatar, pill, badge, trail.

import { attrs, el, hue, icon, initials, toggle, write, writeClipped } from "./dom.js";
import { titleOf } from "./visitor.js";

export function avatar(visitor, small) {
  const face = el("span", "face");
  const dot = el("i", "dot");
  const node = attrs(el("span", small ? "av small" : "av", face, dot), { "aria-hidden": "true" });
  node.style.setProperty("--h", hue(visitor.id));
  node.face = face;
  node.dot = dot;
  return node;
}

export function writeAvatar(node, visitor, presence) {
  const letters = visitor.bot ? "" : initials(visitor.name || visitor.email || "");
  const shown = visitor.bot ? "bot" : letters || "person";
  if (node.shown !== shown) {
    node.shown = shown;
    node.face.replaceChildren(letters || icon(shown));
  }
  node.dot.hidden = Boolean(visitor.bot);
  node.dot.className = presence.dot === "away" || presence.dot === "off" ? `dot ${presence.dot}` : "dot";
}

export function writePill(node, presence) {
  const shown = `${presence.look}|${presence.dot}|${presence.word}`;
  if (node.drawn === shown) return;
  node.drawn = shown;
  node.className = `pill ${presence.look}`;
  const mark = presence.icon ? icon(presence.icon, true) : el("i", `dot ${presence.dot}`);
  node.replaceChildren(mark, presence.word);
}

export function writeBadge(node, badge) {
  const shown = badge ? `${badge.look}|${badge.word}` : "";
  if (node.drawn === shown) return;
  // A badge that comes while the card is in sight slides in; one that was there does not.
  toggle(node, "come", Boolean(badge && node.drawn === ""));
  node.drawn = shown;
  node.hidden = !badge;
  node.replaceChildren();
  if (!badge) return;
  node.className = `pill ${badge.look}${node.classList.contains("come") ? " come" : ""}`;
  node.append(icon(badge.icon, true), badge.word);
}

// The pages as a line of moments, oldest first; the last one may be where they are now.
export function writeTrail(node, pages, words, here) {
  while (node.children.length > pages.length) node.lastChild.remove();
  while (node.children.length < pages.length) {
    const [title, length, time] = [el("b", "clip"), el("span"), el("time")];
    title.dir = "auto";
    const item = el("li", "", title, length, time);
    Object.assign(item, { title_: title, length_: length, time_: time });
    node.append(item);
  }
  pages.forEach((page, at) => {
    const item = node.children[at];
    const current = here && at === pages.length - 1;
    toggle(item, "cur", current);
    writeClipped(item.title_, titleOf(page, words));
    const seconds = page.duration_seconds ?? (page.visible_ms || 0) / 1000;
    write(item.length_, current ? words.say("live.here") : words.length(seconds));
    write(item.time_, words.clock(Date.parse(page.timestamp)));
  });
}

// How far a name can be believed: proven by the site, or only said by the page.
export function writeMark(node, visitor, words) {
  const source = visitor.name ? visitor.name_source : null;
  const proven = source === "verified" || (source === "contact" && visitor.identity?.verified);
  const shown = proven ? "verified" : source === "claimed" ? "claimed" : "";
  if (node.drawn === shown) return;
  node.drawn = shown;
  node.hidden = !shown;
  node.className = `mark ${shown}`;
  node.title = shown ? words.say(`live.${shown}_hint`) : "";
  node.replaceChildren();
  if (shown === "verified") node.append(icon("check", true), el("span", "sr", words.say("live.verified_hint")));
  else if (shown) node.append(words.say("live.claimed"));
}
