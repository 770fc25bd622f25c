// The entry of the inbox: three columns, two, or one, as wide as its own place is.
// Data: language, text (inbox., live., role.), person, site { key, name, zone }, may (permissions).

import { Conversation } from "./conversation.js";
import { attrs, button, el, icon, scroller, toggle } from "../ground/dom.js";
import { inboxOf } from "./inbox_feed.js";
import { ConversationList } from "./inbox_list.js";
import { Transfer } from "./inbox_transfer.js";
import { VisitorColumn } from "./inbox_visitor.js";
import { place } from "./inbox_place.js";
import { Days } from "./inbox_words.js";
import { Words } from "../ground/words.js";

const WIDE = 1000, NARROW = 640; // Of the component's own box.
const BELOW = 32; // What the page keeps free under it.

export default place((...given) => new Inbox(...given));

class Inbox {
  constructor(root, props, kept) {
    Object.assign(this, { root, props });
    const { site, language, text, person } = props;
    this.words = new Words(text, language, site.zone);
    this.days = new Days(this.words, site.zone);
    this.feed = inboxOf(site.key, person);
    this.list = new ConversationList(this.feed, this.words, this.days, {
      open: (id, byKey) => this.open(id, byKey),
      writing: () => this.middle.contains(root.getRootNode().activeElement),
    });
    this.middle = el("div", "ix-m");
    this.right = el("div", "ix-side");
    this.makeBanner();
    this.box = el("div", "inbox", this.list.node, this.middle, this.right);
    root.append(el("h1", "sr", this.words.say("inbox.title")), this.banner, this.box);
    this.stop = this.feed.listen((...news) => this.hear(...news));
    this.timer = setInterval(() => this.tick(), 1000);
    this.sizes = new ResizeObserver(() => this.measure());
    this.sizes.observe(root);
    this.onResize = () => this.measure();
    for (const each of [window, window.visualViewport]) each?.addEventListener("resize", this.onResize);
    this.onBack = () => this.show(asked(), false);
    addEventListener("popstate", this.onBack);
    this.onOpen = (event) => event.detail?.conversation_id && this.open(String(event.detail.conversation_id), true);
    addEventListener("hozir:open", this.onOpen);
    root.addEventListener("keydown", (event) => this.key(event));
    this.measure();
    this.feed.want(language);
    this.list.draw(true);
    this.show(asked() || kept, false);
    if (kept && !asked()) address(kept, false);
  }

  makeBanner() {
    const { words } = this;
    this.told = el("span", "grow");
    const now = button("now-btn", words.say("live.cut_now"));
    now.addEventListener("click", () => this.feed.socket?.now());
    this.banner = attrs(el("div", "banner", icon("alert"), this.told, now), { role: "alert" });
    this.banner.hidden = true;
  }

  // As high as the window leaves, as many columns as fit.
  measure() {
    const width = this.root.clientWidth;
    if (!width) return;
    const columns = width >= WIDE ? 3 : width >= NARROW ? 2 : 1;
    for (const n of [1, 2, 3]) toggle(this.box, `w${n}`, n === columns);
    const window_ = window.visualViewport?.height || innerHeight;
    const top = this.box.getBoundingClientRect().top + scroller(this.root.getRootNode().host || this.root).scrollTop;
    // A phone's menu stands at the foot of the window, unless the keyboard covers it.
    const foot = window_ > innerHeight - 100 ? document.querySelector(".st-key-bottom")?.offsetHeight || 0 : 0;
    const height = `${Math.max(420, Math.round(window_ - top - (columns === 1 ? foot : BELOW)))}px`;
    if (this.box.style.height !== height) this.box.style.height = height;
    if (columns === this.columns) return;
    this.columns = columns;
    if (columns !== 3) this.reveal(false);
    else this.reveal(true);
  }

  reveal(on) {
    this.revealed = on;
    toggle(this.box, "side", on);
    this.conversation?.who.setAttribute("aria-expanded", String(on));
  }

  // Opens a conversation because the person asked for it.
  open(id, byKey) {
    const pushes = this.columns === 1 && !this.id;
    this.show(id, true);
    address(id, pushes);
    if (byKey || this.columns > 1) this.conversation?.focus();
  }

  async show(id, asked_) {
    if (id === this.id && (id || this.middle.children.length)) return;
    this.conversation?.destroy();
    this.visitor?.destroy();
    this.conversation = this.visitor = null;
    this.id = id || null;
    this.list.select(this.id);
    toggle(this.box, "chat", Boolean(id));
    if (!id) return this.middle.replaceChildren(this.nothing());
    if (this.columns !== 3) this.reveal(false);
    if (!this.feed.conversations.has(id)) {
      this.middle.replaceChildren(el("p", "ix-state muted", this.words.say("inbox.loading")));
      const found = this.feed.state === "loading" && !asked_ ? await this.later(id) : await this.feed.learn(id);
      if (this.id !== id) return;
      if (!found) return this.middle.replaceChildren(this.gone());
    }
    const { feed, words, days } = this;
    this.conversation = new Conversation(feed, id, words, days, {
      may: (what) => (this.props.may || []).includes(what),
      back: () => this.back(),
      visitor: () => this.reveal(!this.revealed),
      transfer: () => this.transfer(),
    });
    this.visitor = new VisitorColumn(feed, id, words, days, {
      hide: () => this.hide(),
      profile: (visitor) => this.props.trigger("profile", { visitor, conversation: id }),
      open: (other) => this.open(other, true),
    });
    this.middle.replaceChildren(this.conversation.node);
    this.right.replaceChildren(this.visitor.node);
    this.reveal(this.revealed);
    this.conversation.draw();
  }

  // The first snapshot may bring it; if not, it is asked for.
  async later(id) {
    for (let tries = 0; tries < 20 && this.feed.state === "loading"; tries += 1) await new Promise((done) => setTimeout(done, 50));
    return this.feed.conversations.get(id) || this.feed.learn(id);
  }

  nothing() {
    return el("div", "ix-state", icon("chat"), el("p", "muted", this.words.say("inbox.choose")));
  }

  gone() {
    const back = button("out", this.words.say("inbox.back"));
    back.addEventListener("click", () => this.back());
    return el("div", "ix-state", el("h2", "", this.words.say("inbox.gone")), el("p", "muted", this.words.say("inbox.gone_sub")), back);
  }

  hide() {
    this.reveal(false);
    this.conversation?.who.focus();
  }

  // From the conversation to the list; on a phone that is another screen.
  back() {
    const id = this.id;
    if (this.columns === 1 || !this.conversation) {
      this.show(null, true);
      address(null, false);
    }
    this.list.select(id);
    this.list.focusSelected();
    this.list.select(this.id);
  }

  transfer() {
    this.dialog?.node.remove();
    this.dialog = new Transfer(this.feed, this.id, this.words, {
      done: () => {
        this.dialog?.node.remove();
        this.dialog = null;
        this.conversation?.give.focus();
      },
    });
    this.root.append(this.dialog.node);
    this.dialog.open();
  }

  key(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (this.revealed && this.columns !== 3) this.hide();
    else if (this.middle.contains(event.target) || this.right.contains(event.target)) this.back();
    else return;
    event.preventDefault();
  }

  hear(kind, id) {
    this.conversation?.hear(kind, id);
    this.visitor?.hear(kind, id);
    if (kind === "thread" || this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.list.draw();
      this.tick();
    });
  }

  tick() {
    this.list.tick();
    this.conversation?.tick();
    this.visitor?.tick();
    this.drawBanner();
    this.measure(); // What stands above may have come later.
  }

  drawBanner() {
    const { feed, words } = this;
    const cut = feed.state === "cut";
    toggle(this.root, "stale", cut);
    if (this.banner.hidden === cut) {
      this.banner.hidden = !cut;
      this.measure();
    }
    if (!cut) return;
    const left = Math.ceil(((feed.socket?.retryAt || 0) - Date.now()) / 1000);
    const asOf = feed.heardAt ? words.say("live.cut_as_of", { time: words.clock(feed.heardAt, true) }) : "";
    const next = left > 0 ? words.count("live.cut_retry", left) : words.say("live.cut_trying");
    const rest = [asOf, next].filter(Boolean).join(" ");
    if (this.told.rest === rest) return;
    this.told.rest = rest;
    // Only the first words are for the ear: a countdown that speaks each second helps nobody.
    const silent = attrs(el("span", "", ` ${rest}`), { "aria-hidden": "true" });
    if (this.told.firstChild) this.told.replaceChild(silent, this.told.lastChild);
    else this.told.append(el("b", "", words.say("live.cut")), silent);
  }

  destroy() {
    this.stop();
    clearInterval(this.timer);
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
    for (const each of [window, window.visualViewport]) each?.removeEventListener("resize", this.onResize);
    removeEventListener("popstate", this.onBack);
    removeEventListener("hozir:open", this.onOpen);
    this.conversation?.destroy();
    this.visitor?.destroy();
    this.list.destroy();
    this.feed.release();
    this.root.replaceChildren();
    return this.id;
  }
}

const asked = () => new URLSearchParams(location.search).get("conversation");

function address(id, push) {
  const url = new URL(location.href);
  if (id) url.searchParams.set("conversation", id);
  else url.searchParams.delete("conversation");
  if (url.href === location.href) return;
  history[push ? "pushState" : "replaceState"](history.state, "", url);
}
