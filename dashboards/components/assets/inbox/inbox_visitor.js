// The right column: who the visitor is, where they are now, and what they have read.

import { attrs, button, el, icon, write, writeClipped, writeFlag, writeStrip } from "../ground/dom.js";
import { nameOfVisitor, presenceOf, presenceWords } from "./inbox_words.js";
import { avatar, writeAvatar, writeTrail } from "../ground/pieces.js";
import { placeOf, stripOf, titleOf } from "../ground/visitor.js";

const TRAIL = 6;

export class VisitorColumn {
  constructor(feed, id, words, days, on) {
    Object.assign(this, { feed, id, words, days, on });
    const clip = (tag, name) => attrs(el(tag, name), { dir: "auto" });
    const known = feed.conversations.get(id)?.visitor || { id };
    this.close = button("ghost ib shut", icon("close"));
    attrs(this.close, { "aria-label": words.say("inbox.hide"), title: words.say("inbox.hide") });
    this.close.addEventListener("click", () => on.hide());
    this.avatar = avatar(known);
    this.avatar.classList.add("large");
    this.name = clip("b", "nm two");
    this.flag = attrs(el("span", "flag"), { "aria-hidden": "true" });
    this.place = clip("span", "clip");
    this.state = el("p", "muted now-line");
    this.profile = button("out", words.say("inbox.profile"), "person");
    this.profile.addEventListener("click", () => this.visitor.id && on.profile(this.visitor.id));
    this.title = clip("span", "t clip");
    this.path = clip("span", "mono clip");
    this.onPage = attrs(el("time", "timer"), { role: "timer", "aria-live": "off" });
    this.strip = attrs(el("span", "strip"), { role: "img", "aria-label": words.say("live.strip") });
    this.pageHead = el("h2");
    this.page = el("section", "", this.pageHead, el("div", "pg", this.title, el("span", "u", this.path, this.onPage), this.strip));
    this.trail = attrs(el("ol", "trail"), { "aria-label": words.say("inbox.pages") });
    this.read = el("section", "", el("h2", "", words.say("inbox.pages")), this.trail);
    this.facts = el("dl", "facts");
    this.past = el("ul", "mini");
    this.before = el("section", "", el("h2", "", words.say("inbox.earlier")), this.past);
    this.node = attrs(
      el("aside", "ix-r", this.close,
        el("div", "ix-who", this.avatar, this.name, el("span", "place", this.flag, this.place), this.state, this.profile),
        this.page, this.read,
        el("section", "", el("h2", "", words.say("inbox.details")), this.facts), this.before),
      { "aria-label": words.say("inbox.visitor") },
    );
    this.whole = null;
    this.draw();
    this.learn();
  }

  get conversation() {
    return this.feed.conversations.get(this.id) || { id: this.id, visitor: {} };
  }

  // The frame's visitor, with what was asked for apart (pages, earlier conversations).
  get visitor() {
    const { visitor = {} } = this.conversation;
    const whole = this.whole?.id === visitor.id ? this.whole : {};
    return { ...visitor, ...whole, name: visitor.name || whole.name, id: visitor.id };
  }

  async learn() {
    const { visitor } = this.conversation;
    if (!visitor?.id) return;
    const asked = (this.asking = {});
    const answer = await this.feed.ask(`visitors/${encodeURIComponent(visitor.id)}`);
    if (asked !== this.asking || !answer.ok || !answer.data) return;
    this.whole = answer.data;
    this.draw();
  }

  hear(kind, id) {
    if (kind !== "snapshot" && id !== this.id) return;
    const page = this.presence.current_page?.url;
    const begun = this.conversation.visitor?.session_id;
    if (kind !== "typing" && (page !== this.learnedPage || begun !== this.learnedSession)) {
      Object.assign(this, { learnedPage: page, learnedSession: begun });
      clearTimeout(this.later);
      this.later = setTimeout(() => this.learn(), 400);
    }
    if (kind === "presence" || kind === "conversation" || kind === "snapshot") this.draw();
  }

  get presence() {
    return presenceOf(this.conversation, this.feed.presences.get(this.id));
  }

  draw() {
    const { words, visitor, presence } = this;
    const shown = presenceWords(presence, this.feed.now(), words);
    const online = shown.look !== "off";
    writeAvatar(this.avatar, visitor, shown);
    writeClipped(this.name, nameOfVisitor({ visitor }, words));
    writeFlag(this.flag, visitor.location?.country_code);
    write(this.pageHead, words.say(online ? "inbox.page_now" : "inbox.page_last"));
    const page = (online && presence.current_page) || visitor.current_page || visitor.pages?.at(-1);
    this.page.hidden = !page;
    if (page) {
      writeClipped(this.title, titleOf(page, words));
      writeClipped(this.path, page.url || "");
      this.since = online ? Date.parse(page.timestamp) : NaN;
      writeStrip(this.strip, stripOf({ ...visitor, presence: presence.presence }, this.feed.now()));
    }
    const pages = (visitor.pages || []).slice(-TRAIL);
    this.read.hidden = !pages.length;
    writeTrail(this.trail, pages, words, online);
    this.drawFacts(visitor);
    this.drawPast(visitor.conversations);
    this.tick();
  }

  drawFacts(visitor) {
    const { words } = this;
    const { device = {}, referrer = {}, session = {} } = visitor;
    const source = !referrer?.source || referrer.source === "(direct)" ? words.say("inbox.direct") : referrer.source;
    const facts = [
      ["inbox.mail", visitor.email],
      ["inbox.device", [device?.os, [device?.browser, String(device?.browser_version || "").split(".")[0]].filter(Boolean).join(" ")].filter(Boolean).join(", ")],
      ["inbox.source", source],
      ["inbox.visit", words.say("live.visit", { n: words.number(session?.visit || 1) })],
      ["inbox.language", device?.language],
    ];
    const shown = JSON.stringify(facts);
    if (this.facts.shown === shown) return;
    this.facts.shown = shown;
    this.facts.replaceChildren(...facts.flatMap(([key, value]) => {
      const said = attrs(el("dd", "clip", value || "–"), { dir: "auto" });
      said.title = value || words.say("inbox.unknown_fact");
      return [el("dt", "", words.say(key)), said];
    }));
  }

  drawPast(conversations) {
    const past = (conversations || []).filter((each) => each.id !== this.id);
    this.before.hidden = !past.length;
    const shown = past.map((each) => each.id).join();
    if (this.past.shown === shown) return;
    this.past.shown = shown;
    this.past.replaceChildren(...past.map((each) => {
      const at = Date.parse(each.last_at || each.opened_at);
      const text = each.last_message?.text || this.words.say("inbox.earlier_one");
      const open = attrs(el("button", "past", attrs(el("span", "grow clip", text), { dir: "auto" }),
        el("time", "", this.days.date(at, this.feed.now()))), { type: "button" });
      open.addEventListener("click", () => this.on.open(each.id));
      return el("li", "", open);
    }));
  }

  tick() {
    const { words, visitor, feed, presence } = this;
    const shown = presenceWords(presence, feed.now(), words);
    write(this.state, [shown.word, shown.more].filter(Boolean).join(" · "));
    write(this.onPage, Number.isFinite(this.since) ? words.length((feed.now() - this.since) / 1000) : "");
    const local = localTime(visitor.location?.timezone, feed.now());
    writeClipped(this.place, [visitor.location?.city || placeOf(visitor, words), local].filter(Boolean).join(" · "));
  }

  destroy() {
    clearTimeout(this.later);
    this.asking = null;
    this.node.remove();
  }
}

function localTime(zone, now) {
  if (!zone) return "";
  try {
    return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(now);
  } catch {
    return "";
  }
}
