// One visitor as a row, for long lists. Same face to the grid as a card.

import { attrs, el, write, writeClipped, writeFlag, writeStrip } from "./dom.js";
import { avatar, writeAvatar } from "./pieces.js";
import { isGoing, nameOf, placeOf, presenceOf, startedAt, stripOf, titleOf } from "./visitor.js";
import { Card } from "./card.js";

export class Row {
  constructor(visitor, words) {
    this.words = words;
    const clip = (name) => attrs(el("span", `${name} clip`), { dir: "auto" });
    const cell = (name, ...children) => attrs(el("span", name, ...children), { role: "gridcell" });
    this.avatar = avatar(visitor, true);
    this.name = clip("nm");
    this.state = el("span", "state");
    this.flag = attrs(el("span", "flag"), { "aria-hidden": "true" });
    this.place = clip("");
    this.title = clip("t");
    this.path = clip("mono");
    this.strip = attrs(el("span", "strip"), { role: "img", "aria-label": words.say("live.strip") });
    this.total = attrs(el("time", "timer"), { role: "timer", "aria-live": "off" });
    this.node = attrs(el("div", "vr",
      cell("c-who", this.avatar, this.name, this.state),
      cell("c-place", this.flag, this.place),
      cell("c-page", this.title, this.path),
      cell("c-strip", this.strip),
      cell("c-time", this.total)), { role: "presentation" });
    this.controls = [];
  }

  expand() {}

  fill(visitor, now) {
    const { words } = this;
    this.visitor = visitor;
    const presence = presenceOf(visitor, now, words);
    writeAvatar(this.avatar, visitor, presence);
    writeClipped(this.name, nameOf(visitor, words));
    write(this.state, presence.look === "on" ? "" : presence.word);
    this.state.className = `state ${presence.look}`;
    writeFlag(this.flag, visitor.location?.country_code);
    const { city, country } = visitor.location || {};
    writeClipped(this.place, city || country || placeOf(visitor, words));
    writeClipped(this.title, titleOf(visitor.current_page, words));
    writeClipped(this.path, visitor.current_page?.url || "");
    this.node.className = `vr${isGoing(visitor) ? " leaving" : ""}`;
    this.tick(now, true);
  }

  tick(now, whole) {
    write(this.total, this.words.length((now - startedAt(this.visitor)) / 1000));
    if (whole) writeStrip(this.strip, stripOf(this.visitor, now));
  }

  label(now) {
    return Card.prototype.label.call(this, now);
  }
}

export function rowHead(words) {
  const column = (key, name = "") =>
    attrs(el("span", name, words.say(`live.col_${key}`)), { role: "columnheader" });
  return attrs(el("div", "vr head",
    column("visitor"), column("place", "c-place"), column("page", "c-page"),
    column("visit", "c-strip"), column("time", "c-time")), { role: "row", "aria-rowindex": "1" });
}
