// One conversation as a row of the list.

import { attrs, el, toggle, write, writeClipped } from "../ground/dom.js";
import { nameOfVisitor, presenceOf, presenceWords, preview, waited } from "./inbox_words.js";
import { avatar, writeAvatar } from "../ground/pieces.js";

export class ConversationRow {
  constructor(conversation, words, days) {
    Object.assign(this, { words, days });
    this.avatar = avatar(conversation.visitor || { id: conversation.id });
    this.name = attrs(el("b", "clip"), { dir: "auto" });
    this.preview = attrs(el("span", "pv clip"), { dir: "auto" });
    this.time = attrs(el("time"), { "aria-hidden": "true" });
    this.unread = attrs(el("span", "un"), { "aria-hidden": "true" });
    this.told = el("span", "sr");
    this.node = attrs(
      el("div", "cv", this.avatar, el("span", "cv-t", this.name, this.preview), el("span", "r", this.time, this.unread), this.told),
      { role: "option", tabindex: "-1", "aria-selected": "false" },
    );
    this.node.conversation = conversation.id;
  }

  fill(conversation, feed) {
    const { words } = this;
    this.conversation = conversation;
    const presence = presenceWords(presenceOf(conversation, feed.presences.get(conversation.id)), feed.now(), words);
    writeAvatar(this.avatar, conversation.visitor || {}, presence);
    writeClipped(this.name, nameOfVisitor(conversation, words));
    const unread = conversation.unread || 0;
    const typing = feed.typistsOf(conversation.id).some(([author]) => author === "visitor");
    toggle(this.node, "read", !unread);
    toggle(this.preview, "new", Boolean(unread) && !typing);
    toggle(this.preview, "typing", typing);
    writeClipped(this.preview, typing ? words.say("inbox.typing") : preview(conversation, feed.me, words));
    write(this.unread, unread > 99 ? "99+" : String(unread));
    this.unread.hidden = !unread;
    this.presence = presence.word;
    this.tick(feed);
  }

  tick(feed) {
    const { conversation, words } = this;
    const now = feed.now();
    const waiting = conversation.status === "waiting";
    const since = Date.parse(conversation.waiting_since || conversation.last_at);
    toggle(this.time, "wait", waiting);
    const last = Date.parse(conversation.last_at || conversation.opened_at);
    write(this.time, waiting ? waited((now - since) / 1000, words) : this.days.stamp(last, now));
    const unread = conversation.unread ? words.count("inbox.unread", conversation.unread) : "";
    const when = waiting ? words.say("inbox.waits", { time: this.time.shown }) : this.time.shown;
    write(this.told, [this.presence, unread, when].filter(Boolean).join(", "));
  }

  select(on) {
    toggle(this.node, "on", on);
    if (this.node.getAttribute("aria-selected") !== String(on)) attrs(this.node, { "aria-selected": String(on) });
  }

  // A row that was moved in the page has lost its focus on the way.
  keepFocus(focused) {
    if (focused !== this.node.conversation) this.node.focus({ preventScroll: true });
  }
}
