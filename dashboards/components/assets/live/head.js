// The head of the live page: the number, what it is made of, and how sure it is.

import { attrs, button, el, icon, toggle, write } from "../ground/dom.js";
import { Speech } from "../ground/speech.js";
import { choice } from "./choice.js";
import { BASE } from "../ground/feed.js";
import { listenKeys } from "../ground/keys.js";
import { awaitVisitor } from "../ground/quiet.js";
import { Ahead } from "./ahead.js";
import { Tabs } from "./tabs.js";
import { canWrite, placeOf, titleOf } from "../ground/visitor.js";

const BEAT_MS = 1000;

export class Head {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    this.dot = el("i", "dot");
    this.number = el("span", "n", "–");
    this.title = el("h1");
    this.sub = el("p", "sub");
    this.banner = this.makeBanner();
    this.views = this.makeViews();
    this.speech = new Speech();
    this.tabs = new Tabs(feed, words, { chosen: (tab) => this.props.trigger("tab", tab) });
    this.write = button("pri l", words.say("live.proactive"), "send");
    this.write.addEventListener("click", () => this.openComposer());
    this.file = attrs(el("a", "btn ghost file", icon("load", true), el("span", "", words.say("live.export"))), { download: "", "aria-label": words.say("live.export_hint"), title: words.say("live.export_hint") });
    this.bar = el("div", "bar", this.tabs.node, this.file, this.makeMap(), this.views);
    this.node = el("div", "head",
      el("div", "now", attrs(el("span", "big", this.dot, this.number), { "aria-hidden": "true" }),
        el("div", "txt", this.title, this.sub)),
      this.write);
    root.append(this.banner, this.node, this.bar, this.speech.node);
    this.ahead = new Ahead(feed, () => this.props.choices);
    this.unkey = listenKeys({ escape: () => feed.choose(null) });
    if (props.tab) feed.turnTo(props.tab);
    this.stop = feed.listen((...news) => this.hear(...news));
    this.timer = setInterval(() => this.draw(), 1000);
    this.draw();
  }

  // The address may ask for another list, as after a step back.
  get props() {
    return this.given;
  }

  set props(props) {
    const before = this.given?.tab;
    this.given = props;
    if (before && props.tab && props.tab !== before) this.feed.turnTo(props.tab);
  }

  makeBanner() {
    const { words } = this;
    this.told = el("span", "grow");
    this.now = button("now-btn", words.say("live.cut_now"));
    this.now.addEventListener("click", () => this.feed.socket?.now());
    const banner = attrs(el("div", "banner", icon("alert"), this.told, this.now), { role: "alert" });
    banner.hidden = true;
    return banner;
  }

  makeViews() {
    const { words } = this;
    const group = attrs(el("div", "seg"), { role: "radiogroup", "aria-label": words.say("live.view") });
    this.viewOf = {};
    for (const mode of ["cards", "rows"]) {
      const item = attrs(el("button", "", icon(mode, true)), { role: "radio", "aria-label": words.say(`live.view_${mode}`) });
      item.type = "button";
      item.title = words.say(`live.view_${mode}`);
      item.addEventListener("click", () => choice.set(this.props.person, mode));
      group.append(item);
      this.viewOf[mode] = item;
    }
    group.addEventListener("keydown", (event) => {
      if (!/^Arrow/.test(event.key)) return;
      const other = choice.mode === "rows" ? "cards" : "rows";
      choice.set(this.props.person, other);
      this.viewOf[other].focus();
      event.preventDefault();
    });
    this.unwatch = choice.listen(() => this.draw());
    return group;
  }

  // The same visitors on the map, as the map leads back to the list.
  makeMap() {
    const { words } = this;
    const label = words.say("live.view_map");
    const map = attrs(button("ghost map", label, "globe"), { title: label });
    map.addEventListener("click", () => this.props.trigger("map", Date.now()));
    map.hidden = !this.props.may?.includes("view_map");
    return map;
  }

  // The one that the button would write to: chosen, and still here.
  get target() {
    const { selected, visitors } = this.feed;
    const visitor = selected && visitors.get(selected);
    return visitor && canWrite(visitor, this.may) ? selected : null;
  }

  openComposer() {
    const { target } = this;
    if (!target) return;
    awaitVisitor(target);
    this.props.trigger("write", target);
  }

  get may() {
    return this.props.may || [];
  }

  hear(kind, ...details) {
    const { words, speech, feed } = this;
    if (/^(arrived|left)$/.test(kind)) this.tabs.soon();
    if (kind === "tab") {
      speech.now(words.say(`live.say_${feed.tab}`));
    } else if (feed.tab !== "online" && kind !== "state") {
      // What is not in sight is not spoken of.
    } else if (kind === "snapshot") {
      const [fresh, wasCut] = details;
      const { filtered } = feed;
      if (wasCut && !feed.polling) speech.say(words.say("live.say_back"));
      else if (fresh && filtered) speech.now(words.count("live.say_filter", feed.counts.matching));
      else if (fresh) speech.say(words.count("live.say_open", feed.counts.online));
    } else if (kind === "arrived" && details[2]) {
      const [, visitor] = details;
      this.tellCount(words.say("live.say_arrived", { place: placeOf(visitor, words), page: titleOf(visitor.current_page, words) }));
    } else if (kind === "left" && details[1] && !details[2]) {
      this.tellCount(words.say("live.say_left", { place: placeOf(details[1], words) }));
    } else if (kind === "state" && feed.state === "cut" && this.wasLive) {
      speech.say(words.say("live.say_cut"));
    }
    this.wasLive = feed.state === "live";
    if (!this.frame) this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  tellCount(news) {
    this.speech.say(`${news} ${this.words.count("live.say_count", this.feed.counts.online)}`);
  }

  draw() {
    const { feed, words, props } = this;
    const { online } = feed.counts;
    const cut = feed.state === "cut";
    const loading = feed.state === "loading" || (cut && !feed.heardAt);
    const first = !loading && !online && !props.site.had_visitors && !feed.everSeen;
    toggle(this.root, "stale", cut || feed.behind);
    toggle(this.root, "first-minute", first);
    toggle(this.root, "unknown", loading);
    const sees = feed.state === "live" && !feed.paused && !feed.behind;
    this.dot.className = online && sees ? "dot pulse" : "dot off";
    this.writeNumber(loading ? "–" : words.number(online));
    write(this.title, words.say(first ? "live.title_first" : loading || online > 1 ? "live.title" : online ? "live.title_one" : "live.title_none"));
    write(this.sub, loading ? words.say("live.loading") : this.subline(first, cut));
    this.bar.hidden = first || loading;
    this.write.hidden = first || !this.may.includes("send_messages");
    const target = this.target;
    attrs(this.write, { "aria-disabled": String(!target) });
    this.write.title = target ? "" : words.say("live.proactive_hint");
    this.file.hidden = !this.may.includes("export_visitors");
    this.tabs.draw();
    this.drawFile();
    for (const [mode, item] of Object.entries(this.viewOf)) {
      const on = choice.mode === mode;
      attrs(item, { "aria-checked": String(on) });
      item.tabIndex = on ? 0 : -1;
    }
    this.drawBanner(cut);
  }

  drawFile() {
    const { feed } = this;
    const { only, bots, ...filters } = feed.asked();
    const query = new URLSearchParams({ site: feed.site, scope: feed.tab, lang: feed.language, ...filters });
    const address = `${BASE}/api/v1/visitors/export?${query}`;
    if (this.file.shown !== address) this.file.href = this.file.shown = address;
  }

  subline(first, cut) {
    const { feed, words } = this;
    const { online, active, away, matching } = feed.counts;
    if (cut) return words.say("live.as_of", { time: words.clock(feed.heardAt, true) });
    if (first) return words.say("live.sub_first");
    if (!online) {
      return feed.leftAt
        ? words.say("live.sub_last", { ago: words.ago((feed.now() - feed.leftAt) / 1000) })
        : words.say("live.sub_none");
    }
    const parts = [words.count("live.sub_active", active)];
    if (away) parts.push(words.count("live.sub_away", away));
    if (feed.filtered && feed.tab === "online") parts.push(words.count("live.sub_shown", matching));
    return parts.join(" · ");
  }

  writeNumber(text) {
    const before = this.number.shown;
    write(this.number, text);
    if (before === text || before === undefined || before === "–") return;
    const at = Date.now();
    if (at - (this.beatAt || 0) < BEAT_MS) return;
    this.beatAt = at;
    toggle(this.number, "beat", false);
    void this.number.offsetWidth;
    toggle(this.number, "beat", true);
  }

  drawBanner(cut) {
    const { feed, words } = this;
    const { behind } = feed;
    this.banner.hidden = !cut && !behind;
    this.now.hidden = behind;
    if (behind) this.sayBanner(words.say("live.behind"), words.say("live.behind_as_of", { time: words.clock(feed.asOf, true) }));
    if (!cut) return;
    const left = Math.ceil(((feed.socket?.retryAt || 0) - Date.now()) / 1000);
    const asOf = feed.heardAt
      ? words.say("live.cut_as_of", { time: words.clock(feed.heardAt, true) })
      : words.say("live.cut_never");
    const next = left > 0 ? words.count("live.cut_retry", left) : words.say("live.cut_trying");
    this.sayBanner(words.say("live.cut"), `${asOf} ${next}`);
  }

  sayBanner(lead, text) {
    if (this.told.shown === lead + text) return;
    this.told.shown = lead + text;
    // Only the first words are for the ear: a countdown that speaks each second helps nobody.
    const rest = attrs(el("span", "", ` ${text}`), { "aria-hidden": "true" });
    if (this.told.firstChild?.textContent === lead) this.told.replaceChild(rest, this.told.lastChild);
    else this.told.replaceChildren(el("b", "", lead), rest);
  }

  destroy() {
    this.stop();
    this.unwatch();
    this.unkey();
    this.ahead.end();
    this.tabs.end();
    this.speech.end();
    clearInterval(this.timer);
    cancelAnimationFrame(this.frame);
    this.root.replaceChildren();
  }
}
