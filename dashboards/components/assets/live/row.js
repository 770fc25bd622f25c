// One visitor as a row, for long lists. Same face to the grid as a card.

import { attrs, button, el, write, writeClipped, writeFlag, writeStrip } from "../ground/dom.js";
import { avatar, writeAvatar, writeBadge, writeMark } from "../ground/pieces.js";
import { badgeOf, canWrite, isGoing, nameOf, placeOf, presenceOf, seenAt, startedAt, stripOf, titleOf } from "../ground/visitor.js";
import { labelOf } from "./card.js";

export class Row {
  constructor(visitor, words, on) {
    Object.assign(this, { words, on });
    const clip = (name) => attrs(el("span", `${name} clip`), { dir: "auto" });
    const cell = (name, ...children) => attrs(el("span", name, ...children), { role: "gridcell" });
    this.avatar = avatar(visitor, true);
    this.name = clip("nm");
    this.mark = el("span", "mark");
    this.state = el("span", "state");
    this.badge = el("span", "pill");
    this.mark.hidden = this.badge.hidden = true;
    this.flag = attrs(el("span", "flag"), { "aria-hidden": "true" });
    this.place = clip("");
    this.title = clip("t");
    this.path = clip("mono");
    this.strip = attrs(el("span", "strip"), { role: "img", "aria-label": words.say("live.strip") });
    this.total = attrs(el("time", "timer"), { role: "timer", "aria-live": "off" });
    this.act = button("ghost act", "", "send");
    this.act.addEventListener("click", () => (this.talks ? on.talk(this.visitor.conversation_id) : on.write()));
    this.node = attrs(el("div", "vr",
      cell("c-who", this.avatar, this.name, this.mark, this.state, this.badge),
      cell("c-place", this.flag, this.place),
      cell("c-page", this.title, this.path),
      cell("c-strip", this.strip),
      cell("c-time", this.total),
      cell("c-act", this.act)), { role: "presentation" });
    this.controls = [this.act];
  }

  expand() {}

  fill(visitor, now) {
    const { words, on } = this;
    this.visitor = visitor;
    const presence = presenceOf(visitor, now, words);
    writeAvatar(this.avatar, visitor, presence);
    writeClipped(this.name, nameOf(visitor, words));
    writeMark(this.mark, visitor, words);
    write(this.state, presence.look === "on" || visitor.past ? "" : presence.word);
    this.state.className = `state ${presence.look}`;
    writeBadge(this.badge, badgeOf(visitor, words));
    writeFlag(this.flag, visitor.location?.country_code);
    const { city, country } = visitor.location || {};
    writeClipped(this.place, city || country || placeOf(visitor, words));
    writeClipped(this.title, titleOf(visitor.current_page, words));
    writeClipped(this.path, visitor.current_page?.url || "");
    this.node.className = `vr${isGoing(visitor) ? " leaving" : ""}${visitor.past ? " is-past" : ""}`;
    this.talks = Boolean(visitor.chatting && visitor.conversation_id && !visitor.bot);
    this.act.hidden = !this.talks && !canWrite(visitor, on.may);
    const does = words.say(this.talks ? "live.talk" : "live.write");
    if (this.act.title !== does) attrs(this.act, { title: does, "aria-label": does });
    this.tick(now, true);
  }

  tick(now, whole) {
    const { visitor, words } = this;
    const seconds = (now - (visitor.past ? seenAt(visitor) : startedAt(visitor))) / 1000;
    write(this.total, visitor.past ? words.ago(seconds) : words.length(seconds));
    if (whole) writeStrip(this.strip, stripOf(visitor, now));
  }

  label(now) {
    return labelOf(this.visitor, this.words, now);
  }
}

export function rowHead(words) {
  const column = (key, name = "") =>
    attrs(el("span", name, words.say(`live.col_${key}`)), { role: "columnheader" });
  return attrs(el("div", "vr head",
    column("visitor"), column("place", "c-place"), column("page", "c-page"),
    column("visit", "c-strip"), column("time", "c-time"),
    attrs(el("span", "c-act", el("span", "sr", words.say("live.col_act"))), { role: "columnheader" })),
  { role: "row", "aria-rowindex": "1" });
}
