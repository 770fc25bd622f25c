// What the bell opens: the newest conversations with something unread, and how to be told.

import { attrs, el, icon, toggle, write, writeClipped } from "../ground/dom.js";
import { nameOfVisitor, presenceOf, presenceWords, preview } from "./inbox_words.js";
import { avatar, writeAvatar } from "../ground/pieces.js";

const MOST = 8;
const GAP_PX = 8;

export class Menu {
  constructor(bell, days) {
    Object.assign(this, { bell, days });
    const { words } = bell;
    this.list = el("ul", "news");
    this.none = el("div", "quiet-box", el("b", "", words.say("bell.none")), el("p", "muted", words.say("bell.none_sub")));
    this.cut = attrs(el("p", "cut-line", words.say("bell.cut")), { role: "status" });
    this.all = el("a", "all", words.say("bell.all"));
    this.sound = this.makeSwitch("sound", () => bell.setPref("muted", !bell.prefs.muted));
    this.desktop = this.makeSwitch("desktop", () => this.askDesktop());
    this.node = attrs(
      el("div", "menu", el("h2", "", words.say("bell.title")), this.cut, this.list, this.none, this.all,
        el("div", "switches", this.sound.node, this.desktop.node)),
      { popover: "auto", role: "dialog", "aria-label": words.say("bell.title") },
    );
    this.node.addEventListener("toggle", (event) => {
      this.opened = event.newState === "open";
      attrs(bell.button, { "aria-expanded": String(this.opened) });
      if (this.opened) this.draw();
    });
    this.list.addEventListener("click", (event) => {
      const link = event.target.closest?.("a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      bell.open(link.conversation);
    });
    this.moved = () => this.opened && this.put();
    addEventListener("resize", this.moved);
  }

  makeSwitch(name, act) {
    const { words } = this.bell;
    const hint = el("small", "", words.say(`bell.${name}_hint`));
    const node = attrs(el("button", "switch", el("span", "grow", el("b", "", words.say(`bell.${name}`)), hint), attrs(el("i", "knob"), { "aria-hidden": "true" })), {
      type: "button", role: "switch", "aria-checked": "false",
    });
    node.addEventListener("click", act);
    return { node, hint };
  }

  // Asked for only here, by a click: a question that nobody expected is refused for ever.
  async askDesktop() {
    const { bell } = this;
    if (bell.prefs.desktop) return bell.setPref("desktop", false);
    if (!("Notification" in window)) return;
    const answer = Notification.permission === "default" ? await Notification.requestPermission() : Notification.permission;
    bell.setPref("desktop", answer === "granted");
  }

  toggle(button) {
    this.button = button;
    if (this.opened) return this.close();
    this.node.showPopover();
    // Its own event comes later; the first link must be there to be focused.
    this.opened = true;
    this.draw();
    this.put();
    (this.list.querySelector("a") || this.sound.node).focus();
  }

  // Under the bell, or above it, wherever it fits.
  put() {
    const at = this.button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const left = Math.max(GAP_PX, Math.min(at.right - width, innerWidth - width - GAP_PX));
    const below = at.bottom + GAP_PX;
    const top = below + height <= innerHeight - GAP_PX ? below : Math.max(GAP_PX, at.top - height - GAP_PX);
    this.node.style.left = `${left}px`;
    this.node.style.top = `${top}px`;
  }

  close() {
    if (this.opened) this.node.hidePopover();
  }

  draw() {
    if (!this.opened) return;
    const { bell } = this;
    const { feed, words, prefs } = bell;
    const unread = [...feed.conversations.values()].filter((each) => each.unread)
      .sort((a, b) => Date.parse(b.last_at) - Date.parse(a.last_at)).slice(0, MOST);
    while (this.list.children.length > unread.length) this.list.lastChild.remove();
    unread.forEach((each, at) => this.drawOne(each, at));
    this.none.hidden = unread.length > 0 || feed.state !== "live";
    this.cut.hidden = feed.state !== "cut";
    this.all.href = bell.address();
    attrs(this.sound.node, { "aria-checked": String(!prefs.muted) });
    const can = "Notification" in window && isSecureContext;
    const denied = can && Notification.permission === "denied";
    attrs(this.desktop.node, { "aria-checked": String(prefs.desktop && can && Notification.permission === "granted") });
    this.desktop.node.disabled = !can || denied;
    write(this.desktop.hint, words.say(!can ? "bell.desktop_missing" : denied ? "bell.desktop_denied" : "bell.desktop_hint"));
    toggle(this.node, "some", unread.length > 0);
    if (this.button) this.put();
  }

  drawOne(conversation, at) {
    const { feed, words } = this.bell;
    let item = this.list.children[at];
    if (item?.of !== conversation.id) {
      const made = el("li");
      const [name, text, time] = [el("b", "clip"), el("span", "clip pv"), el("time")];
      name.dir = text.dir = "auto";
      const face = avatar(conversation.visitor || { id: conversation.id }, true);
      const link = el("a", "", face, el("span", "grow", name, text), time);
      Object.assign(made, { of: conversation.id, name_: name, text_: text, time_: time, face, link });
      link.conversation = conversation.id;
      made.append(link);
      if (item) item.replaceWith(made);
      else this.list.append(made);
      item = made;
    }
    const presence = presenceWords(presenceOf(conversation, feed.presences.get(conversation.id)), feed.now(), words);
    writeAvatar(item.face, conversation.visitor || {}, presence);
    writeClipped(item.name_, nameOfVisitor(conversation, words));
    writeClipped(item.text_, preview(conversation, feed.me, words));
    write(item.time_, this.days.stamp(Date.parse(conversation.last_at), feed.now()));
    item.link.href = this.bell.address(conversation.id);
  }

  destroy() {
    this.close();
    removeEventListener("resize", this.moved);
  }
}
