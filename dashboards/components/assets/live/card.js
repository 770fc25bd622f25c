// One visitor as a card.

import { attrs, button, el, icon, toggle, write, writeClipped, writeFlag, writeStrip } from "../ground/dom.js";
import { avatar, writeAvatar, writeBadge, writeMark, writePill, writeTrail } from "../ground/pieces.js";
import {
  badgeOf, botReason, canSave, canWrite, deviceIcon, deviceOf, isFresh, isGoing, nameOf, pageSince,
  placeOf, presenceOf, seenAt, startedAt, stripOf, titleOf,
} from "../ground/visitor.js";

const TRAIL = 3;
const FOLD_MS = 320;

export class Card {
  // on: { open, write, talk, save, resize(open, height), history() → pages, may }
  constructor(visitor, words, on) {
    Object.assign(this, { words, on });
    const clip = (name) => attrs(el("span", `${name} clip`), { dir: "auto" });
    this.pill = el("span", "pill");
    this.flag = attrs(el("span", "flag"), { "aria-hidden": "true" });
    this.place = clip("grow");
    this.total = attrs(el("time", "timer"), { role: "timer", "aria-live": "off" });
    this.avatar = avatar(visitor);
    this.name = clip("nm");
    this.mark = el("span", "mark");
    this.badge = el("span", "pill");
    this.mark.hidden = this.badge.hidden = true;
    this.line = clip("grow");
    this.device = el("span", "device");
    this.title = clip("t");
    this.path = clip("mono");
    this.onPage = attrs(el("time", "timer"), { role: "timer", "aria-live": "off" });
    this.strip = attrs(el("span", "strip"), { role: "img", "aria-label": words.say("live.strip") });
    this.node = attrs(
      el("div", "card",
        el("div", "card-h", this.pill, el("span", "place", this.flag, this.place), this.total),
        el("div", "who", this.avatar, el("div", "grow",
          el("div", "ln1", el("span", "grow named", this.name, this.mark), this.badge),
          el("div", "ln", this.device, this.line))),
        el("div", "pg", this.title, el("span", "u", this.path, this.onPage), this.strip),
        this.makeFold(),
        this.makeActions()),
      { role: "gridcell" },
    );
    this.controls = [this.write, this.talk, this.profile, this.more, this.save];
  }

  makeFold() {
    const { words, on } = this;
    this.trail = attrs(el("ol", "trail"), { "aria-label": words.say("live.history") });
    this.save = button("ghost save", words.say("live.save"), "useradd");
    this.save.addEventListener("click", () => on.save());
    this.fold = el("div", "fold", el("div", "fold-in", this.trail, this.save));
    this.fold.hidden = true;
    return this.fold;
  }

  makeActions() {
    const { words, on } = this;
    this.write = button("out", words.say("live.write"), "send");
    this.talk = button("soft", words.say("live.talk"), "chat");
    this.profile = button("ghost", words.say("live.profile"));
    this.pages = el("span");
    this.more = attrs(button("ghost hist", this.pages), { "aria-expanded": "false" });
    this.more.append(icon("down", true));
    this.write.addEventListener("click", () => on.write());
    this.talk.addEventListener("click", () => on.talk(this.visitor.conversation_id));
    this.profile.addEventListener("click", () => on.open());
    this.more.addEventListener("click", () => this.turn(this.fold.hidden));
    return el("div", "card-a", this.write, this.talk, this.profile, this.more);
  }

  // Shows the history at once, as for a card that comes back into sight.
  expand(open) {
    clearTimeout(this.calm);
    this.folding = false;
    this.fold.hidden = !open;
    this.fold.style.height = "";
    this.more.setAttribute("aria-expanded", String(open));
    toggle(this.node, "open", open);
    if (open) this.recall();
  }

  // The same by a click: it opens or closes before one's eyes.
  turn(open) {
    const before = this.node.offsetHeight;
    const from = this.fold.hidden ? 0 : this.fold.offsetHeight;
    this.expand(open);
    const height = this.node.offsetHeight;
    this.on.resize(open, height);
    this.fold.hidden = false;
    this.folding = true;
    const to = open ? this.fold.firstChild.offsetHeight : 0;
    this.fold.style.height = `${from || Math.max(0, open ? 0 : before - height)}px`;
    void this.fold.offsetHeight;
    this.fold.style.height = `${to}px`;
    this.calm = setTimeout(() => this.expand(open), FOLD_MS);
  }

  // Lists tell no pages of those who left; they are asked for when somebody wants to see them.
  async recall() {
    if (this.visitor?.pages?.length || this.recalled) return;
    this.recalled = true;
    const pages = await this.on.history?.().catch(() => []);
    if (!pages?.length) return;
    this.past = pages.slice(-TRAIL);
    this.fill(this.visitor, this.shownAt);
  }

  fill(visitor, now) {
    const { words, on } = this;
    this.visitor = visitor;
    this.shownAt = now;
    const presence = presenceOf(visitor, now, words);
    writePill(this.pill, presence);
    writeAvatar(this.avatar, visitor, presence);
    writeFlag(this.flag, visitor.location?.country_code);
    writeClipped(this.place, placeOf(visitor, words));
    writeClipped(this.name, nameOf(visitor, words));
    writeMark(this.mark, visitor, words);
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
    const pages = visitor.pages?.length ? visitor.pages.slice(-TRAIL) : this.past || [];
    writeTrail(this.trail, pages, words, visitor.presence !== "offline");
    const talks = Boolean(visitor.chatting && visitor.conversation_id && !visitor.bot);
    this.talk.hidden = !talks;
    this.write.hidden = talks || !canWrite(visitor, on.may);
    this.save.hidden = !canSave(visitor, on.may);
    toggle(this.profile, "lone", this.talk.hidden && this.write.hidden);
    toggle(this.node, "is-away", visitor.presence === "away");
    toggle(this.node, "is-bot", Boolean(visitor.bot));
    toggle(this.node, "is-past", Boolean(visitor.past));
    toggle(this.node, "leaving", isGoing(visitor));
    this.tick(now, true);
  }

  tick(now, whole) {
    const { visitor, words } = this;
    if (visitor.past) {
      write(this.total, words.ago((now - seenAt(visitor)) / 1000));
      write(this.onPage, words.length(visitor.session?.duration_seconds));
    } else {
      write(this.total, words.length((now - startedAt(visitor)) / 1000));
      write(this.onPage, words.length((now - pageSince(visitor)) / 1000));
    }
    if (whole) writeStrip(this.strip, stripOf(visitor, now));
    const fresh = isFresh(visitor, now);
    if (this.node.classList.contains("fresh") !== fresh) {
      toggle(this.node, "fresh", fresh);
      writePill(this.pill, presenceOf(visitor, now, words));
    }
  }

  label(now) {
    return labelOf(this.visitor, this.words, now);
  }
}

export function labelOf(visitor, words, now) {
  const known = { name: nameOf(visitor, words), place: placeOf(visitor, words), page: titleOf(visitor.current_page, words) };
  if (visitor.past) return words.say("live.card_past", { ...known, ago: words.ago((now - seenAt(visitor)) / 1000) });
  return words.say("live.card", { ...known, time: words.length((now - startedAt(visitor)) / 1000) });
}
