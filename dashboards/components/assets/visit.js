// One visitor in full, for the panel at the side.

import { attrs, el, icon, write, writeClipped, writeFlag, writeStrip } from "./dom.js";
import { departed } from "./feed.js";
import { avatar, writeAvatar, writeBadge, writePill, writeTrail } from "./pieces.js";
import { badgeOf, botReason, deviceIcon, nameOf, placeOf, presenceOf, startedAt, stripOf } from "./visitor.js";

export class Visit {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    const { visitor } = props;
    const clip = (tag, name) => attrs(el(tag, name), { dir: "auto" });
    this.avatar = avatar(visitor);
    this.pill = el("span", "pill");
    this.badge = el("span", "pill");
    this.name = clip("h2", "two");
    this.flag = attrs(el("span", "flag"), { "aria-hidden": "true" });
    this.place = clip("span", "clip");
    this.mail = clip("p", "muted two");
    this.length = el("b", "timer");
    this.strip = attrs(el("span", "strip"), { role: "img", "aria-label": words.say("live.strip") });
    this.facts = el("dl", "facts");
    this.trail = el("ol", "trail whole");
    this.heading = el("h3");
    root.append(el("div", "visit",
      el("div", "who", this.avatar, el("div", "grow", this.name, el("p", "place", this.flag, this.place), this.mail)),
      el("div", "pills", this.pill, this.badge),
      el("section", "", el("div", "h", this.heading, this.length), this.strip, this.facts),
      el("section", "", el("h3", "", words.say("profile.pages")), this.trail)));
    this.stop = feed.listen((kind, id) => id === this.props.visitor.id && this.draw());
    this.timer = setInterval(() => this.tick(), 1000);
    this.draw();
  }

  // The feed knows newer than what was asked for when the panel opened.
  get visitor() {
    return this.feed.visitors.get(this.props.visitor.id) || this.latest();
  }

  latest() {
    const { visitor } = this.props;
    // It was online when asked and the feed, which would show it, does not have it: it has left.
    const left = visitor.is_online && this.seen;
    return left ? departed(visitor) : visitor;
  }

  draw() {
    const { words, visitor } = this;
    this.seen ||= this.feed.visitors.has(visitor.id);
    const now = this.feed.shown() || Date.now();
    const online = visitor.is_online !== false && visitor.presence !== "offline";
    const presence = presenceOf(visitor, now, words);
    writeAvatar(this.avatar, visitor, presence);
    writePill(this.pill, presence);
    writeBadge(this.badge, badgeOf(visitor, words));
    writeClipped(this.name, nameOf(visitor, words));
    writeFlag(this.flag, visitor.location?.country_code);
    writeClipped(this.place, placeOf(visitor, words));
    const mail = visitor.email && visitor.email !== this.name.shown ? visitor.email : "";
    writeClipped(this.mail, mail);
    this.mail.hidden = !mail;
    write(this.heading, words.say(online ? "profile.now" : "profile.last"));
    writeStrip(this.strip, stripOf(visitor, now));
    this.drawFacts(visitor);
    writeTrail(this.trail, visitor.pages || [], words, online);
    this.tick();
  }

  drawFacts(visitor) {
    const { words } = this;
    const { session = {}, device = {}, referrer = {} } = visitor;
    const source = !referrer.source || referrer.source === "(direct)" ? words.say("profile.direct") : referrer.source;
    const system = [device.os, device.os_version].filter(Boolean).join(" ");
    const browser = [device.browser, device.browser_version].filter(Boolean).join(" ");
    const bot = visitor.bot ? [["live.bot", botReason(visitor, words)]] : [];
    const facts = [
      ...bot,
      ["profile.started", words.clock(startedAt(visitor))],
      ["profile.viewed", words.number(session.pages_viewed || 0)],
      ["profile.visit", words.number(session.visit || 1)],
      ["profile.source", [source, referrer.campaign].filter(Boolean).join(" · ")],
      ["profile.device", [words.say(`live.device_${device.type || "unknown"}`), device.model, browser, system].filter(Boolean).join(" · "), deviceIcon(visitor)],
      ["profile.screen", device.screen_resolution?.replace("x", "×")],
      ["profile.language", device.language],
      ["profile.address", visitor.ip_address],
    ];
    this.facts.replaceChildren(...facts.flatMap(([key, value, mark]) => {
      const shown = attrs(el("dd", "clip", mark ? icon(mark, true) : null, value || "–"), { dir: "auto" });
      shown.title = value || words.say("profile.unknown");
      return [el("dt", "", words.say(key)), shown];
    }));
  }

  tick() {
    const { visitor, words, feed } = this;
    const online = visitor.is_online !== false && visitor.presence !== "offline";
    const now = feed.shown() || Date.now();
    const seconds = online ? (now - startedAt(visitor)) / 1000 : visitor.session?.duration_seconds || 0;
    write(this.length, words.length(seconds));
  }

  destroy() {
    this.stop();
    clearInterval(this.timer);
    this.root.replaceChildren();
  }
}
