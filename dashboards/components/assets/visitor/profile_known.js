// What is known of a visitor: where from, habits, device, contact, talks, events, other browsers.

import { attrs, el, icon, toggle, write } from "../ground/dom.js";
import { BASE } from "../ground/feed.js";
import { lastSeen, moment, momentAndClock, ownTime, percent, sourceOf, standing } from "./visit_words.js";
import { placeOf } from "../ground/visitor.js";
import { isBefore, pagesOf } from "./timeline.js";

const SECTIONS = {
  source: "profile.source", behaviour: "profile.behaviour", device: "profile.tech", contact: "profile.reach",
  talks: "profile.talks", events: "profile.events", person: "profile.person",
};
const MARKS = { active: "", away: "away", offline: "off", leaving: "off" };

export class Known {
  constructor(words, props) {
    Object.assign(this, { words, props, sections: {}, body: {} });
    for (const [name, title] of Object.entries(SECTIONS)) {
      this.body[name] = el("div");
      this.sections[name] = el("section", `s-${name}`, el("h3", "", words.say(title)), this.body[name]);
    }
  }

  into(panel) {
    panel.known = this;
    return this;
  }

  draw(visitor, now) {
    const told = {
      source: this.source(visitor), behaviour: this.behaviour(visitor), device: this.device(visitor, now),
      contact: this.contact(visitor), talks: this.talks(visitor, now), events: this.events(visitor, now), person: this.person(visitor, now),
    };
    for (const [name, content] of Object.entries(told)) {
      this.sections[name].hidden = !content;
      if (!content) continue;
      // A section is made anew only when it would read otherwise: a focused link stays.
      const shown = content.map((node) => node.outerHTML).join("");
      if (this.body[name].shown === shown) continue;
      this.body[name].shown = shown;
      this.body[name].replaceChildren(...content);
    }
  }

  source(visitor) {
    const { words } = this;
    const { campaign, url } = visitor.referrer || {};
    const began = Date.parse(visitor.session?.started_at);
    const first = visitor.landing_page || pagesOf(visitor).filter((page) => !isBefore(page, visitor)).pop();
    return [this.pairs([
      ["profile.from", sourceOf(visitor, words)],
      campaign && ["profile.campaign", campaign],
      url && ["profile.link", url, "mono"],
      ["profile.landing", first?.url, "mono"],
      ["profile.started", words.clock(began)],
    ])];
  }

  behaviour(visitor) {
    const { words } = this;
    const { totals, session = {} } = visitor;
    const pairs = this.pairs([
      ["profile.total", words.number(Math.max(totals?.pages_viewed || 0, session.pages_viewed || 0))],
      totals?.visits > 1 && ["profile.average", words.length(totals.avg_session_seconds)],
      totals && ["profile.bounce", percent(totals.bounce_rate, words), "", "profile.bounce_why"],
      ["profile.clicks", words.number(session.interactions || 0)],
    ]);
    const top = totals?.top_pages || [];
    if (!top.length) return [pairs];
    const most = Math.max(1, ...top.map((page) => page.views));
    const bars = top.map((page) => {
      const fill = el("i");
      fill.style.width = `${Math.round((page.views / most) * 100)}%`;
      return el("li", "", this.clip("mono", page.url), el("b", "", words.number(page.views)), attrs(el("span", "track", fill), { "aria-hidden": "true" }));
    });
    return [pairs, attrs(el("ol", "top", ...bars), { "aria-label": words.say("profile.top") })];
  }

  device(visitor, now) {
    const { words } = this;
    const { device = {}, location = {} } = visitor;
    const kind = words.say(`live.device_${device.type || "unknown"}`) || words.say("live.device_unknown");
    const { offset } = ownTime(location.timezone, now);
    return [this.pairs([
      ["profile.place", [placeOf(visitor, words), location.region !== location.city && location.region].filter(Boolean).join(", ")],
      ["profile.zone", [location.timezone, offset].filter(Boolean).join(" · ")],
      ["profile.language", device.language?.split(",").join(", ")],
      ["profile.device", [kind, device.model].filter(Boolean).join(" · ")],
      ["profile.system", [device.os, device.os_version].filter(Boolean).join(" ")],
      ["profile.browser", [device.browser, device.browser_version].filter(Boolean).join(" ")],
      ["profile.screen", device.screen_resolution?.replace("x", " × ")],
      ["profile.address", visitor.ip_address, "mono"],
    ])];
  }

  contact(visitor) {
    const { words } = this;
    const { contact, identity, name_source: source } = visitor;
    const sure = standing(visitor, words);
    if (contact) {
      const traits = Object.entries(contact.traits || {}).map(([name, value]) => [null, String(value), "", "", name]);
      return [this.pairs([
        ["profile.name", contact.name], ["profile.mail", contact.email], ["profile.phone", contact.phone],
        ...traits, contact.note && ["profile.note", contact.note],
      ])];
    }
    const draft = visitor.contact_draft || {};
    const known = [
      ["profile.name", source === "contact" ? null : visitor.name || draft.name], ["profile.mail", visitor.email || draft.email],
      ["profile.phone", draft.phone], ["profile.id", identity?.id],
    ].filter(([, value]) => value);
    if (!known.length) return [el("p", "muted none", words.say("profile.no_contact"))];
    const why = sure ? [el("p", "muted none", sure.hint)] : [];
    return [this.pairs(known), ...why];
  }

  talks(visitor, now) {
    const { words } = this;
    const talks = visitor.conversations || [];
    if (!talks.length) return [el("p", "muted none", words.say("profile.no_talks"))];
    return [el("ol", "mini", ...talks.map((talk) => {
      const text = talk.last_message?.text || words.say("profile.talk");
      const who = talk.assignee?.name || (talk.started_by === "bot" ? words.say("profile.bot") : words.say("profile.nobody"));
      const below = `${who} · ${words.say(`profile.talk_${talk.status}`)}`;
      return el("li", "", icon("chat", true), el("span", "grow", this.clip("t", text), this.clip("muted", below)),
        this.link("conversation", talk.id, `${BASE}/inbox?${new URLSearchParams({ site: this.props.site.key, conversation: talk.id })}`,
          moment(words, Date.parse(talk.last_at || talk.opened_at), now), words.say("profile.open_talk")));
    }))];
  }

  events(visitor, now) {
    const { words } = this;
    const { events } = visitor;
    if (!events) return null;
    if (!events.length) return [el("p", "muted none", words.say("profile.no_events"))];
    return [el("ol", "mini", ...events.map((event) => {
      const kind = event.kind === "custom" ? "" : words.say(`profile.event_${event.kind}`) || event.kind;
      const name = [kind, kind ? event.target || event.name : event.name].filter(Boolean).join(": ");
      return el("li", "", icon("flag", true), el("span", "grow", this.clip("", name || event.kind), this.clip("mono muted", event.url)),
        el("time", "muted", momentAndClock(words, Date.parse(event.timestamp), now)));
    }))];
  }

  person(visitor, now) {
    const { words } = this;
    const others = (visitor.person?.visitors || []).filter(({ id }) => id !== visitor.id);
    if (!others.length) return null;
    const items = others.map((other) => {
      const here = other.presence !== "offline";
      const seen = here ? words.say(other.presence === "away" ? "live.away" : "live.online") : lastSeen(words, Date.parse(other.last_seen_at), now);
      const name = typeof other.device === "string" ? other.device : [other.device?.browser, other.device?.os].filter(Boolean).join(" · ");
      const address = `?${new URLSearchParams({ site: this.props.site.key, visitor: other.id })}`;
      return el("li", "", attrs(el("i", `dot ${MARKS[other.presence] ?? "off"}`), { "aria-hidden": "true" }),
        el("span", "grow", this.clip("t", name || words.say("live.device_unknown")), el("span", "muted clip", seen)),
        this.link("visitor", other.id, address, words.say("live.anonymous", { n: other.number }), words.say("profile.open_other")));
    });
    return [el("p", "muted none", words.say("profile.person_why")), el("ol", "mini", ...items)];
  }

  // A link goes by the screens' own way where it can; opened in a new tab it is an address.
  link(name, value, address, text, hint) {
    const node = attrs(el("a", "go", text), { href: address, title: hint });
    node.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      this.props.trigger(name, value);
    });
    return node;
  }

  clip(name, text) {
    const node = attrs(el("span", `${name} clip`.trim(), text || ""), { dir: "auto" });
    node.title = text || "";
    return node;
  }

  // [key of the name, value, class, key of the hint, name itself]; unknown is a dash with a reason.
  pairs(list) {
    const { words } = this;
    const told = el("dl", "kv");
    for (const [key, value, look, hint, name] of list.filter(Boolean)) {
      const term = attrs(el("dt", "", name ?? words.say(key)), { dir: "auto" });
      const shown = attrs(el("dd", `two ${look || ""}`.trim()), { dir: "auto" });
      write(shown, value ? String(value) : "–");
      shown.title = value ? (hint ? words.say(hint) : String(value)) : words.say("profile.unknown");
      toggle(term, "hinted", Boolean(hint));
      if (hint) term.title = words.say(hint);
      told.append(term, shown);
    }
    return told;
  }
}
