// One visitor in full: who it is and why it matters, what happened, what is known.

import { attrs, el, icon, toggle, write, writeClipped, writeFlag, writeStrip } from "../ground/dom.js";
import { avatar, writeAvatar, writeBadge, writePill } from "../ground/pieces.js";
import { Actions } from "./profile_actions.js";
import { Known } from "./profile_known.js";
import { Tabs } from "./profile_tabs.js";
import { Speech } from "../ground/speech.js";
import { Timeline } from "./timeline.js";
import { News } from "./visit_news.js";
import { insightOf, lastSeen, moment, ownTime, standing } from "./visit_words.js";
import { badgeOf, botReason, nameOf, placeOf, presenceOf, startedAt, stripOf, titleOf } from "../ground/visitor.js";

const STATS = ["first", "last", "visits", "length", "total", "average"];

export class Profile {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    const clip = (tag, name) => attrs(el(tag, name), { dir: "auto" });
    this.news = new News(feed, props.site.key, props.language, props.visitor, (kind) => this.hear(kind));
    this.avatar = avatar(props.visitor);
    this.name = clip("h2", "two");
    this.pill = el("span", "pill");
    this.badge = el("span", "pill");
    this.standing = el("span", "pill");
    this.flag = attrs(el("span", "flag"), { "aria-hidden": "true" });
    this.place = clip("span", "clip");
    this.time = el("span", "own");
    this.address = el("p", "mono muted");
    this.bot = el("p", "muted");
    this.actions = new Actions(words, props, this.news);
    this.insight = this.makeInsight();
    this.stats = this.makeStats();
    this.speech = new Speech();
    this.missing = attrs(el("p", "note", words.say("profile.gone")), { role: "alert", hidden: "" });
    const sections = { ...this.makeVisit(), ...new Known(words, props).into(this).sections };
    this.tabs = new Tabs(words, sections, (name) => this.speech.say(words.say("profile.say_tab", { tab: name })));
    this.body = attrs(el("aside", "profile",
      this.missing,
      el("div", "idn", this.avatar,
        el("div", "grow",
          el("div", "marks", this.name, this.pill, this.badge, this.standing),
          el("p", "place", this.flag, this.place, this.time),
          this.address, this.bot),
        this.actions.node),
      this.insight, this.stats, this.tabs.node, this.speech.node), { role: "complementary" });
    root.append(this.body);
    this.timer = setInterval(() => this.tick(), 1000);
    this.draw();
    this.speech.say(words.say("profile.say_open", { name: this.name.shown, place: this.place.shown }));
  }

  makeInsight() {
    this.insightName = el("b");
    this.insightWhy = attrs(el("p"), { dir: "auto" });
    return el("div", "insight", icon("spark"), el("div", "", this.insightName, this.insightWhy));
  }

  makeStats() {
    this.stat = {};
    return el("dl", "six", ...STATS.map((name) => {
      this.stat[name] = el("dd");
      return el("div", "", el("dt", "", this.words.say(`profile.${name}`)), this.stat[name]);
    }));
  }

  makeVisit() {
    const { words } = this;
    this.heading = el("h3");
    this.length = attrs(el("time", "timer"), { role: "timer", "aria-live": "off" });
    this.count = el("span");
    this.strip = attrs(el("span", "strip"), { role: "img", "aria-label": words.say("live.strip") });
    this.here = attrs(el("p", "now-on clip"), { dir: "auto" });
    this.timeline = new Timeline(words);
    return {
      visit: el("section", "", el("div", "h", this.heading, el("span", "muted", this.count, " · ", this.length)), this.strip, this.here),
      pages: el("section", "", el("h3", "", words.say("profile.pages")), this.timeline.node),
    };
  }

  get now() {
    return this.feed.shown() || Date.now();
  }

  hear(kind) {
    this.missing.hidden = kind !== "missing";
    if (kind === "missing") return toggle(this.body, "lost", true);
    toggle(this.body, "lost", false);
    if (kind === "moved") {
      const { current_page: page } = this.news.visitor;
      this.speech.say(this.words.say("profile.say_moved", { name: this.name.shown, page: titleOf(page, this.words) }));
    }
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  renew(props) {
    this.props = this.known.props = this.actions.props = props;
    this.news.renew(props.visitor);
  }

  draw() {
    const { words, now, feed } = this;
    const { visitor } = this.news;
    const online = isOnline(visitor);
    const presence = presenceOf(visitor, now, words);
    toggle(this.root, "stale", feed.state === "cut");
    toggle(this.body, "off", !online);
    writeAvatar(this.avatar, visitor, presence);
    if (this.wasOnline && !online) this.speech.say(words.say("profile.say_left", { name: nameOf(visitor, words) }));
    this.wasOnline = online;
    writePill(this.pill, online ? presence : { look: "off", dot: "off", word: words.say(this.seenOnline ? "live.left" : "profile.offline") });
    this.seenOnline ||= online;
    writeBadge(this.badge, badgeOf(visitor, words));
    writeClipped(this.name, nameOf(visitor, words));
    this.body.setAttribute("aria-label", words.say("profile.label", { name: this.name.shown }));
    const sure = standing(visitor, words);
    writeBadge(this.standing, sure);
    this.standing.title = sure?.hint || "";
    writeFlag(this.flag, visitor.location?.country_code);
    writeClipped(this.place, placeOf(visitor, words));
    write(this.address, visitor.ip_address || "");
    this.address.hidden = !visitor.ip_address;
    this.address.title = words.say("profile.address_why");
    write(this.bot, visitor.bot ? botReason(visitor, words) : "");
    this.bot.hidden = !visitor.bot;
    this.drawInsight(visitor);
    write(this.heading, words.say(online ? "profile.now" : "profile.latest"));
    write(this.count, words.count("live.pages", visitor.session?.pages_viewed || 0));
    writeStrip(this.strip, stripOf(visitor, now));
    const page = visitor.current_page;
    this.here.hidden = !page;
    writeClipped(this.here, page ? titleOf(page, words) : "");
    this.timeline.draw(visitor, now, online);
    this.known.draw(visitor, now);
    this.actions.draw(visitor, online);
    this.tick();
  }

  drawInsight(visitor) {
    const insight = insightOf(visitor, this.words);
    this.insight.hidden = !insight;
    write(this.insightName, insight?.name || "");
    write(this.insightWhy, insight?.why ? this.words.say("profile.because", { why: insight.why }) : "");
  }

  tick() {
    const { words, now, stat } = this;
    const { visitor } = this.news;
    const { session = {}, totals } = visitor;
    const online = isOnline(visitor);
    const seconds = online ? (now - startedAt(visitor)) / 1000 : session.duration_seconds || 0;
    write(this.length, words.length(seconds));
    const first = Date.parse(totals?.first_seen_at || session.started_at);
    const last = Date.parse(session.last_activity_at || totals?.last_seen_at);
    write(stat.first, moment(words, first, now));
    write(stat.last, online ? words.say("live.just") : lastSeen(words, last, now));
    write(stat.visits, words.count("profile.times", Math.max(totals?.visits || 0, session.visit || 1)));
    write(stat.length, words.length(seconds));
    write(stat.total, words.number(Math.max(totals?.pages_viewed || 0, session.pages_viewed || 0)));
    write(stat.average, totals?.visits > 1 ? words.length(totals.avg_session_seconds) : words.length(seconds));
    const { clock, offset } = ownTime(visitor.location?.timezone, now);
    write(this.time, clock ? `${clock} (${offset})` : "");
    this.time.title = clock ? words.say("profile.own_time") : "";
    if (online && this.feed.state !== "cut") {
      this.timeline.tick(now);
      writeStrip(this.strip, stripOf(visitor, now));
    }
  }

  destroy() {
    this.news.end();
    this.tabs.end();
    this.speech.end();
    clearInterval(this.timer);
    cancelAnimationFrame(this.frame);
    this.root.replaceChildren();
  }
}

const isOnline = (visitor) => visitor.is_online !== false && visitor.presence !== "offline";
