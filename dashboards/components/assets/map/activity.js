// What happened lately: the newest twenty, straight from the feed.

import { attrs, el, icon, write, writeClipped } from "../ground/dom.js";
import { nameOf, pageSince, startedAt } from "../ground/visitor.js";

const MOST = 20;
const MINUTE = 60, HOUR = 3600;

export class Activity {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    this.list = el("ol");
    const log = attrs(el("div", "log", this.list), { tabindex: "0", role: "log", "aria-label": words.say("map.activity"), "aria-live": "off" });
    this.none = el("p", "none", words.say("map.quiet"));
    root.append(el("section", "activity", el("h2", "", words.say("map.activity")), this.none, log));
    this.known = new Map(); // visitor id → what was last told of them
    this.stop = feed.listen((...news) => this.hear(...news));
    this.timer = setInterval(() => this.tick(), 1000);
    if (feed.state !== "loading") this.begin();
  }

  update(props) {
    this.props = props;
  }

  hear(kind, id, visitor, detail) {
    if (kind === "snapshot") return this.begin();
    if (!visitor) return;
    const now = this.feed.now();
    const before = this.known.get(id);
    this.remember(visitor);
    if (kind === "arrived" && detail) this.add(visitor, "arrived", now);
    else if (kind === "moved") this.add(visitor, "moved", now);
    else if (kind === "left" && !detail) this.add(visitor, "left", now);
    else if (before && visitor.chatting && !before.chatting) this.add(visitor, "chatting", now);
    else if (before && visitor.contacted && !before.contacted) this.add(visitor, "contacted", now);
  }

  remember({ id, chatting, contacted }) {
    this.known.set(id, { chatting, contacted });
  }

  // What those who are here did last, so that the list is not empty when it opens.
  begin() {
    const { feed } = this;
    for (const visitor of feed.visitors.values()) this.remember(visitor);
    if (this.list.children.length) return this.tick();
    const latest = [...feed.visitors.values()]
      .filter((visitor) => visitor.current_page)
      .sort((a, b) => pageSince(b) - pageSince(a))
      .slice(0, MOST);
    for (const visitor of latest.reverse()) {
      const kind = visitor.session?.pages_viewed > 1 ? "moved" : "arrived";
      this.add(visitor, kind, kind === "moved" ? pageSince(visitor) : startedAt(visitor), true);
    }
    this.tick();
  }

  add(visitor, kind, at, quiet = false) {
    const { words, list } = this;
    const returning = kind === "arrived" && (visitor.session?.visit || 1) > 1;
    const what = returning ? "returned" : kind;
    const name = attrs(el("button", ""), { type: "button", dir: "auto" });
    writeClipped(name, nameOf(visitor, words));
    name.addEventListener("click", () => this.props.trigger("select", visitor.id));
    const city = visitor.location?.city;
    const page = attrs(el("span", "mono"), { dir: "auto" });
    writeClipped(page, visitor.current_page?.url || "");
    // The sentence stands in the language's own order around what strangers wrote.
    const parts = { name, city: city ? `, ${city}` : "", page };
    const text = el("span", "two");
    for (const piece of words.say(`map.did_${what}`).split(/(\{\w+\})/)) {
      text.append(parts[piece.slice(1, -1)] ?? piece);
    }
    const time = el("time");
    const item = el("li", quiet ? "" : "in", icon(ICONS[what], true), text, time);
    Object.assign(item, { at, time });
    list.prepend(item);
    while (list.children.length > MOST) list.lastChild.remove();
    this.none.hidden = true;
    this.age(item);
  }

  tick() {
    this.none.hidden = this.list.children.length > 0;
    if (this.feed.state === "live") for (const item of this.list.children) this.age(item);
  }

  age({ at, time }) {
    const { words } = this;
    const s = Math.max(0, Math.floor((this.feed.now() - at) / 1000));
    const unit = s < MINUTE ? ["map.ago_s", s] : s < HOUR ? ["map.ago_m", s / MINUTE] : ["map.ago_h", s / HOUR];
    write(time, words.say(unit[0], { n: Math.floor(unit[1]) }));
  }

  destroy() {
    this.stop();
    clearInterval(this.timer);
  }
}

const ICONS = { arrived: "person", returned: "again", moved: "page", left: "door", chatting: "chat", contacted: "send" };
