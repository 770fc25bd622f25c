// Below the list: how fresh it is, how often it is renewed, whose places these are.

import { attrs, el, write } from "../ground/dom.js";
import { keepPace, PACES, paceOf } from "./pace.js";

export class Footer {
  constructor(feed, words, props) {
    Object.assign(this, { feed, words, props });
    this.dot = attrs(el("span", "dot"), { "aria-hidden": "true" });
    this.fresh = el("span");
    const credit = attrs(el("a", "", "IP Geolocation by DB-IP"), { href: "https://db-ip.com", target: "_blank", rel: "noopener" });
    this.node = el("footer", "foot", this.dot, this.fresh, this.makePace(), credit);
  }

  makePace() {
    const { words, feed, props } = this;
    this.choice = attrs(el("select"), { "aria-label": words.say("live.pace") });
    for (const pace of Object.keys(PACES).sort((a, b) => PACES[a] - PACES[b])) {
      const n = PACES[pace];
      const label = n && Number.isFinite(n) ? words.count("live.pace_s", n) : words.say(`live.pace_${pace}`);
      this.choice.append(attrs(el("option", "", label), { value: pace }));
    }
    this.choice.value = paceOf(props.person);
    feed.setPace(PACES[this.choice.value]);
    this.choice.addEventListener("change", () => {
      keepPace(props.person, this.choice.value);
      feed.setPace(PACES[this.choice.value]);
      this.draw();
    });
    return el("span", "pace", this.choice);
  }

  draw() {
    const { feed, words } = this;
    const live = feed.state === "live";
    this.dot.className = live && !feed.paused && !feed.polling && !feed.behind ? "dot" : "dot off";
    write(this.fresh, this.say(live));
  }

  say(live) {
    const { feed, words } = this;
    if (!live) return feed.heardAt ? words.say("live.as_of", { time: words.clock(feed.heardAt, true) }) : "";
    if (feed.paused) return words.say("live.paused_at", { time: words.clock(feed.appliedAt, true) });
    // A line that is heard is up to date, whether or not anybody came.
    const at = feed.pace ? feed.appliedAt : feed.heardAt;
    const ago = words.say("live.updated", { ago: words.ago((feed.now() - at) / 1000) });
    const said = ago.charAt(0).toUpperCase() + ago.slice(1);
    if (feed.polling) return `${said} · ${words.say("live.polling")}`;
    const lag = feed.lag === null ? "" : ` · ${words.say("live.lag", { s: words.decimal(Math.max(0.1, feed.lag / 1000)) })}`;
    return said + lag;
  }
}
