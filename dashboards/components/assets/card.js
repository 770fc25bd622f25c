// One visitor as a card.

import { attrs, button, el, icon, toggle, write, writeClipped, writeFlag, writeStrip } from "./dom.js";
import { avatar, writeAvatar, writeBadge, writePill, writeTrail } from "./pieces.js";
import {
  badgeOf, botReason, deviceIcon, deviceOf, isFresh, isGoing, nameOf, pageSince, placeOf, presenceOf, startedAt, stripOf, titleOf,
} from "./visitor.js";

const TRAIL = 3;

export class Card {
  constructor(visitor, words, on) {
    this.words = words;
    const clip = (name) => attrs(el("span", `${name} clip`), { dir: "auto" });
    this.pill = el("span", "pill");
    this.flag = attrs(el("span", "flag"), { "aria-hidden": "true" });
    this.place = clip("grow");
    this.total = attrs(el("time", "timer"), { role: "timer", "aria-live": "off" });
    this.avatar = avatar(visitor);
    this.name = clip("nm grow");
    this.badge = el("span", "pill");
    this.badge.hidden = true;
    this.line = clip("grow");
    this.device = el("span", "device");
    this.title = clip("t");
    this.path = clip("mono");
    this.onPage = attrs(el("time", "timer"), { role: "timer", "aria-live": "off" });
    this.strip = attrs(el("span", "strip"), { role: "img", "aria-label": words.say("live.strip") });
    this.trail = attrs(el("ol", "trail"), { "aria-label": words.say("live.history") });
    this.trail.hidden = true;
    this.profile = button("out", words.say("live.profile"));
    this.pages = el("span");
    this.more = button("ghost hist", this.pages);
    this.arrow = icon("down", true);
    this.more.append(this.arrow);
    this.more.setAttribute("aria-expanded", "false");
    this.node = attrs(
      el("div", "card",
        el("div", "card-h", this.pill, el("span", "place", this.flag, this.place), this.total),
        el("div", "who", this.avatar, el("div", "grow",
          el("div", "ln1", this.name, this.badge),
          el("div", "ln", this.device, this.line))),
        el("div", "pg", this.title, el("span", "u", this.path, this.onPage), this.strip),
        this.trail,
        el("div", "card-a", this.profile, this.more)),
      { role: "gridcell" },
    );
    this.controls = [this.profile, this.more];
    this.profile.addEventListener("click", () => on.open());
    this.more.addEventListener("click", () => {
      this.expand(this.trail.hidden);
      on.resize(!this.trail.hidden);
    });
  }

  expand(open) {
    this.trail.hidden = !open;
    this.more.setAttribute("aria-expanded", String(open));
    toggle(this.node, "open", open);
  }

  fill(visitor, now) {
    const { words } = this;
    this.visitor = visitor;
    const presence = presenceOf(visitor, now, words);
    writePill(this.pill, presence);
    writeAvatar(this.avatar, visitor, presence);
    writeFlag(this.flag, visitor.location?.country_code);
    writeClipped(this.place, placeOf(visitor, words));
    writeClipped(this.name, nameOf(visitor, words));
    writeBadge(this.badge, badgeOf(visitor, words));
    const mail = visitor.email && visitor.email !== this.name.shown;
    const about = visitor.bot ? botReason(visitor, words) : deviceOf(visitor, words);
    writeClipped(this.line, mail ? visitor.email : about);
    const device = mail || visitor.bot ? "" : deviceIcon(visitor);
    if (this.device.shown !== device) {
      this.device.shown = device;
      this.device.replaceChildren(...(device ? [icon(device, true)] : []));
    }
    writeClipped(this.title, titleOf(visitor.current_page, words));
    writeClipped(this.path, visitor.current_page?.url || "");
    write(this.pages, words.count("live.pages", visitor.session?.pages_viewed || 1));
    const pages = (visitor.pages || []).slice(-TRAIL);
    writeTrail(this.trail, pages, words, visitor.presence !== "offline");
    toggle(this.node, "is-away", visitor.presence === "away");
    toggle(this.node, "is-bot", Boolean(visitor.bot));
    toggle(this.node, "leaving", isGoing(visitor));
    this.tick(now, true);
  }

  tick(now, whole) {
    const { visitor, words } = this;
    write(this.total, words.length((now - startedAt(visitor)) / 1000));
    write(this.onPage, words.length((now - pageSince(visitor)) / 1000));
    if (whole) writeStrip(this.strip, stripOf(visitor, now));
    const fresh = isFresh(visitor, now);
    if (this.node.classList.contains("fresh") !== fresh) {
      toggle(this.node, "fresh", fresh);
      writePill(this.pill, presenceOf(visitor, now, words));
    }
  }

  label(now) {
    const { visitor, words } = this;
    return words.say("live.card", {
      name: nameOf(visitor, words),
      place: placeOf(visitor, words),
      page: titleOf(visitor.current_page, words),
      time: words.length((now - startedAt(visitor)) / 1000),
    });
  }
}
