// The middle column: with whom, what was said, and the answer.

import { ConversationLog } from "./conversation_log.js";
import { Composer } from "./conversation_composer.js";
import { attrs, button, el, icon, toggle, write, writeClipped, writeStrip } from "../ground/dom.js";
import { nameOfVisitor, presenceOf, presenceWords } from "./inbox_words.js";
import { avatar, writeAvatar } from "../ground/pieces.js";
import { stripOf, titleOf } from "../ground/visitor.js";

export class Conversation {
  constructor(feed, id, words, days, on) {
    Object.assign(this, { feed, id, words, days, on });
    this.thread = feed.thread(id);
    this.thread.watched = true;
    this.known = feed.conversations.get(id) || { id, visitor: { id } };
    this.makeHeader();
    this.log = new ConversationLog(this.thread, words, days, {
      seen: () => this.seen(),
      discard: (message) => {
        this.thread.discard(message.id);
        this.composer?.restore(message.text);
      },
    });
    this.told = attrs(el("p", "ix-told"), { role: "alert" });
    this.told.hidden = true;
    this.foot = el("div", "ix-foot");
    this.node = el("section", "ix-c", this.header, this.under, this.log.node, this.told, this.foot);
    this.node.setAttribute("aria-label", words.say("inbox.conversation"));
    if (this.thread.state !== "ready") this.thread.refresh();
    feed.learnPresence(id);
    this.wake = () => this.seen();
    document.addEventListener("visibilitychange", this.wake);
    this.draw();
  }

  makeHeader() {
    const { words, on } = this;
    const { visitor } = this.known;
    this.back = button("ghost ib back", icon("left"));
    this.avatar = avatar(visitor || { id: this.id });
    this.name = attrs(el("b", "clip"), { dir: "auto" });
    this.state = el("span", "st");
    this.more = el("span", "more clip");
    this.path = attrs(el("span", "mono clip"), { dir: "auto" });
    const who = attrs(el("button", "who-b", this.avatar, el("span", "grow", this.name, el("small", "", this.state, this.more, this.path)), el("span", "sr", words.say("inbox.about"))), {
      type: "button", "aria-expanded": "false",
    });
    this.who = who;
    this.owner = attrs(el("span", "owner clip"), { dir: "auto" });
    this.give = button("ghost ib", icon("swap"));
    this.end = button("out finish", words.say("inbox.close"), "check");
    this.header = el("header", "ch", this.back, who, this.owner, this.give, this.end);
    // Where the visitor is now, for screens without the third column.
    this.page = attrs(el("span", "clip"), { dir: "auto" });
    this.strip = attrs(el("span", "strip"), { role: "img", "aria-label": words.say("live.strip") });
    this.under = el("p", "under", this.page, this.strip);
    const hint = (node, text) => attrs(node, { "aria-label": text, title: text });
    hint(this.back, words.say("inbox.back"));
    hint(this.give, words.say("inbox.transfer"));
    this.back.addEventListener("click", () => on.back());
    who.addEventListener("click", () => on.visitor());
    this.give.addEventListener("click", () => on.transfer());
    this.end.addEventListener("click", () => this.do(this.known.status === "closed" ? "reopen" : "close"));
  }

  async do(what) {
    this.end.disabled = true;
    const answer = await this.feed.act(this.id, what);
    this.end.disabled = false;
    this.tellOf(answer, `inbox.${what}_failed`);
  }

  // Says what could not be done.
  tellOf(answer, key) {
    this.told.hidden = answer.ok;
    if (!answer.ok) write(this.told, this.words.say(`inbox.refused_${answer.reason}`) || this.words.say(key));
  }

  draw() {
    const { feed, words, id } = this;
    this.known = feed.conversations.get(id) || this.known;
    const { visitor = {}, status, assignee } = this.known;
    const presence = presenceOf(this.known, feed.presences.get(id));
    const shown = presenceWords(presence, feed.now(), words);
    const name = nameOfVisitor(this.known, words);
    writeAvatar(this.avatar, visitor, shown);
    writeClipped(this.name, name);
    write(this.state, shown.word);
    this.state.className = `st ${shown.look}`;
    writeClipped(this.more, shown.more);
    const online = shown.look !== "off";
    writeClipped(this.path, online ? presence.current_page?.url || "" : "");
    this.under.hidden = !online || !presence.current_page;
    if (!this.under.hidden) {
      writeClipped(this.page, titleOf(presence.current_page, words));
      writeStrip(this.strip, stripOf(visitor, feed.now()));
    }
    const mine = assignee && feed.me && String(assignee.id) === String(feed.me.id);
    writeClipped(this.owner, assignee ? (mine ? words.say("inbox.yours") : assignee.name) : "");
    const closed = status === "closed";
    const label = words.say(closed ? "inbox.reopen" : "inbox.close");
    if (this.end.shown !== label) {
      this.end.shown = label;
      this.end.replaceChildren(icon(closed ? "again" : "check", true), el("span", "", label));
      attrs(this.end, { title: label, "aria-label": label });
    }
    this.drawFoot(closed);
    this.log.draw(feed.now(), feed.me);
    this.log.typing(feed.typistsOf(id));
    this.seen();
  }

  drawFoot(closed) {
    const { feed, words, id } = this;
    const wanted = !this.on.may("send_messages") ? "none" : closed ? "closed" : "open";
    if (this.footed === wanted) return;
    this.footed = wanted;
    this.composer = null;
    if (wanted === "open") {
      this.composer = new Composer(feed, id, words, { send: (text) => this.thread.send(text) });
      this.foot.replaceChildren(this.composer.node);
      // Its height is known only once it is in the page.
      requestAnimationFrame(() => this.composer?.draw());
    } else {
      this.foot.replaceChildren(el("p", "ix-closed muted", words.say(wanted === "closed" ? "inbox.is_closed" : "inbox.may_not")));
    }
    this.give.hidden = wanted !== "open";
    this.end.hidden = wanted === "none";
  }

  // What stands on a screen that is looked at has been read.
  seen() {
    if (document.visibilityState === "visible" && this.log?.atEnd && this.thread.state === "ready" && this.node?.isConnected) this.feed.read(this.id);
  }

  hear(kind, id) {
    if (kind === "snapshot" || kind === "state" || id === this.id) this.draw();
  }

  tick() {
    const { feed, words } = this;
    const shown = presenceWords(presenceOf(this.known, feed.presences.get(this.id)), feed.now(), words);
    writeClipped(this.more, shown.more);
    toggle(this.node, "stale", feed.state === "cut");
  }

  focus() {
    if (this.composer) this.composer.focus();
    else this.who.focus();
  }

  destroy() {
    this.thread.watched = false;
    document.removeEventListener("visibilitychange", this.wake);
    this.log.destroy();
    this.node.remove();
  }
}
