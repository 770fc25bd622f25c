// The messages of a conversation on the screen: by day, the newest at the bottom.

import { attrs, button, el, hue, icon, toggle, write } from "../ground/dom.js";
import { systemLine } from "./inbox_words.js";

const NEAR_PX = 60; // So near the end counts as at the end.
const TICKS = { sending: "clock", sent: "check", delivered: "checks", seen: "checks" };

export class ConversationLog {
  constructor(thread, words, days, on) {
    Object.assign(this, { thread, words, days, on, bubbles: new Map(), missed: 0 });
    this.inner = el("div", "ix-inner");
    this.dots = attrs(el("div", "bu wr"), { role: "status" });
    this.dots.hidden = true;
    this.log = attrs(el("div", "msgs", this.inner), { role: "log", "aria-live": "polite", "aria-label": words.say("inbox.log"), tabindex: "0" });
    this.newer = button("newer", "");
    this.newer.hidden = true;
    this.node = el("div", "ix-log", this.log, this.newer);
    this.atEnd = true;
    this.newer.addEventListener("click", () => this.toEnd());
    this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.sizes = new ResizeObserver(() => this.atEnd && this.toEnd());
    this.sizes.observe(this.log);
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    this.atEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.atEnd && this.missed) this.setMissed(0);
    if (this.atEnd) this.on.seen();
    if (scrollTop < 200 && this.thread.state === "ready") this.thread.loadOlder();
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.atEnd = true;
    this.setMissed(0);
  }

  setMissed(n) {
    this.missed = n;
    this.newer.hidden = !n;
    if (n) write(this.newer, this.words.count("inbox.newer_messages", n));
  }

  draw(now, me) {
    const { thread } = this;
    const newest = this.newest;
    const before = { height: this.log.scrollHeight, top: this.log.scrollTop, first: this.first };
    const items = [...thread.messages, ...thread.outbox.map((each) => ({ ...each, author: "agent", pending: true }))];
    const wanted = [];
    const keep = new Set();
    if (thread.state !== "ready" && !items.length) wanted.push(this.stateLine());
    if (thread.state === "ready" && thread.older) wanted.push(this.olderLine());
    let day = "";
    let author = "";
    for (const message of items) {
      const at = Date.parse(message.at) || message.at;
      const key = this.days.key(at);
      if (key !== day) {
        wanted.push(this.dayLine(key, this.days.heading(at, now)));
        keep.add(`day ${key}`);
        author = "";
      }
      day = key;
      const who = `${message.author} ${message.author_id ?? ""}`;
      wanted.push(this.bubble(message, me, author !== who));
      keep.add(message.id);
      author = who;
    }
    wanted.push(this.dots);
    wanted.forEach((node, at) => this.inner.children[at] !== node && this.inner.insertBefore(node, this.inner.children[at] || null));
    while (this.inner.children.length > wanted.length) this.inner.lastChild.remove();
    for (const id of this.bubbles.keys()) if (!keep.has(id)) this.bubbles.delete(id);
    this.first = thread.messages[0]?.number;
    this.newest = thread.newest;
    const added = thread.messages.filter((each) => newest && each.number > newest && each.author === "visitor").length;
    if (this.atEnd || thread.outbox.length > (this.waiting || 0)) this.toEnd();
    else {
      // What came above must not push away what is being read.
      const older = before.first && this.first < before.first;
      this.log.scrollTop = older ? before.top + this.log.scrollHeight - before.height : before.top;
      if (added) this.setMissed(this.missed + added);
    }
    this.waiting = thread.outbox.length;
    attrs(this.log, { "aria-busy": String(thread.state === "loading") });
  }

  // Who writes now: the visitor as three dots, a colleague by name.
  typing(typists) {
    const visitor = typists.some(([author]) => author === "visitor");
    const names = typists.filter(([author]) => author !== "visitor").map(([, { name }]) => name).filter(Boolean);
    const shown = `${visitor}|${names.join()}`;
    if (this.dots.drawn === shown) return;
    this.dots.drawn = shown;
    this.dots.hidden = !visitor && !names.length;
    const label = visitor ? this.words.say("inbox.typing") : this.words.say("inbox.typing_name", { name: names.join(", ") });
    const dots = attrs(el("span", "dots3", el("i"), el("i"), el("i")), { "aria-hidden": "true" });
    this.dots.replaceChildren(dots, el("span", visitor ? "sr" : "typing-name", label));
    if (this.atEnd) this.toEnd();
  }

  stateLine() {
    const { words, thread } = this;
    if (thread.state !== "failed") return (this.loading ??= attrs(el("p", "sys", words.say("inbox.loading")), { role: "status" }));
    const again = button("out", words.say("inbox.again"));
    again.addEventListener("click", () => thread.refresh());
    return el("div", "ix-state", el("p", "muted", words.say("inbox.thread_failed")), again);
  }

  olderLine() {
    if (!this.older) {
      this.older = button("ghost ix-more", this.words.say("inbox.older"));
      this.older.addEventListener("click", () => this.thread.loadOlder());
    }
    return this.older;
  }

  dayLine(key, heading) {
    const id = `day ${key}`;
    const node = this.bubbles.get(id) || el("span", "day");
    this.bubbles.set(id, node);
    write(node, heading);
    return node;
  }

  // A bubble is made once; only its ticks change, so that nothing is read out twice.
  bubble(message, me, begins) {
    const known = this.bubbles.get(message.id);
    const mine = message.pending || (me && String(message.author_id) === String(me.id));
    const failed = message.state === "failed";
    const shown = [failed && message.reason, failed, begins, mine].join("|");
    if (known?.drawn === shown) {
      this.writeTicks(known, message);
      return known;
    }
    const node = message.author === "system" ? this.line(message) : this.said(message, mine, begins);
    node.drawn = shown;
    this.writeTicks(node, message);
    known?.replaceWith(node);
    this.bubbles.set(message.id, node);
    return node;
  }

  line(message) {
    const mark = message.detail?.what === "assigned" ? icon("swap", true) : null;
    const at = this.words.clock(Date.parse(message.at));
    return attrs(el("span", "sys", mark, `${systemLine(message, this.words)}, ${at}`), { dir: "auto" });
  }

  said(message, mine, begins) {
    const { words } = this;
    const { author } = message;
    const ours = author !== "visitor";
    const look = ours ? (author === "bot" ? "bu a bot" : mine ? "bu a" : "bu a other") : "bu";
    const text = attrs(el("span", "tx", String(message.text ?? "")), { dir: "auto" });
    const time = el("span", "at", words.clock(Date.parse(message.at) || message.at));
    const node = el("div", `${look}${begins ? " begins" : ""}`);
    if (author === "agent" && !mine) node.style.setProperty("--h", hue(String(message.author_id || message.author_name || "")));
    const name = author === "bot" ? message.author_name || words.say("inbox.bot") : mine ? "" : message.author_name;
    if (ours && begins && name) node.append(attrs(el("b", "by", name), { dir: "auto" }));
    if (ours) {
      node.ticks = attrs(el("span", "ticks"), { role: "img" });
      time.append(node.ticks);
    }
    node.append(text, time);
    if (message.state === "failed") node.append(this.failure(message));
    toggle(node, "failed", message.state === "failed");
    return node;
  }

  writeTicks({ ticks }, message) {
    const state = TICKS[message.state] ? message.state : "failed";
    if (!ticks || ticks.drawn === state) return;
    ticks.drawn = state;
    ticks.className = `ticks ${state}`;
    ticks.title = this.words.say(`inbox.state_${state}`);
    ticks.setAttribute("aria-label", ticks.title);
    ticks.replaceChildren(icon(TICKS[state] || "alert", true));
  }

  failure(message) {
    const { words, thread } = this;
    const why = words.say(`inbox.refused_${message.reason}`) || words.say("inbox.not_sent");
    const again = button("link", words.say("inbox.retry"));
    again.addEventListener("click", () => thread.retry(message.id));
    const drop = button("link", words.say("inbox.discard"));
    drop.addEventListener("click", () => this.on.discard(message));
    return attrs(el("span", "fail", why, " ", again, drop), { role: "alert" });
  }

  destroy() {
    this.sizes.disconnect();
  }
}
