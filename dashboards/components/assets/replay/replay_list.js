// Who was there, as rows: nothing moves by itself, and nobody can be written to.

import { attrs, el, write, writeClipped, writeFlag, writeStrip } from "../ground/dom.js";
import { avatar, writeAvatar } from "../ground/pieces.js";
import { nameOf, presenceOf, startedAt, stripOf, titleOf } from "../ground/visitor.js";

export class ReplayList {
  constructor(root, words) {
    Object.assign(this, { root, words, rows: new Map() });
    this.count = el("span", "key");
    this.rest = el("p", "none");
    this.list = el("ul");
    this.scroll = attrs(el("div", "scroll", this.list, this.rest), { tabindex: "0", role: "region", "aria-label": words.say("replay.who") });
    root.append(el("div", "box there", el("div", "title", el("h2", "", words.say("replay.who")), this.count), this.scroll));
  }

  update({ told, at, day }) {
    const { words } = this;
    const visitors = told?.visitors || [];
    const rows = new Map();
    for (const visitor of visitors) {
      const row = this.rows.get(visitor.id) || new Row(visitor, words);
      row.fill(visitor, at);
      rows.set(visitor.id, row);
    }
    this.rows = rows;
    const nodes = [...rows.values()].map(({ node }) => node);
    if (nodes.some((node, n) => this.list.children[n] !== node) || this.list.children.length !== nodes.length) this.list.replaceChildren(...nodes);
    const hidden = (told?.online || 0) - visitors.length;
    write(this.count, hidden > 0 ? words.count("replay.shown", visitors.length, { all: words.number(told.online) }) : "");
    this.rest.hidden = nodes.length > 0;
    write(this.rest, words.say(told ? (day.first ? "replay.nobody" : "replay.no_past") : "shell.no_answer"));
  }

  destroy() {}
}

class Row {
  constructor(visitor, words) {
    this.words = words;
    const clip = (name) => attrs(el("span", `${name} clip`), { dir: "auto" });
    this.avatar = avatar(visitor, true);
    this.name = clip("nm");
    this.presence = el("span", "sr");
    this.flag = attrs(el("span", "flag"), { "aria-hidden": "true" });
    this.path = clip("mono");
    this.strip = attrs(el("span", "strip"), { role: "img", "aria-label": words.say("live.strip") });
    this.total = el("time", "timer");
    this.node = el("li", "", this.avatar,
      el("span", "grow", this.name, this.presence, el("span", "where", this.flag, this.path)),
      this.strip, this.total);
  }

  fill(visitor, at) {
    const { words } = this;
    const presence = presenceOf(visitor, at, words);
    writeAvatar(this.avatar, visitor, presence);
    writeClipped(this.name, nameOf(visitor, words));
    write(this.presence, presence.word);
    this.avatar.title = presence.word;
    writeFlag(this.flag, visitor.location?.country_code);
    writeClipped(this.path, visitor.current_page?.url || titleOf(null, words));
    writeStrip(this.strip, stripOf(visitor, at));
    write(this.total, words.length((at - startedAt(visitor)) / 1000));
  }
}
