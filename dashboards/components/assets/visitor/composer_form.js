// A first message to one visitor: to whom and where they are, what to say, in whose name.

import { draft, send, talkAddress, templates } from "./composer_calls.js";
import { toast } from "./composer_toast.js";
import { attrs, button, el, hue, icon, initials, toggle, write, writeClipped, writeFlag } from "../ground/dom.js";
import { avatar, writeAvatar } from "../ground/pieces.js";
import { Speech } from "../ground/speech.js";
import { beginAt } from "./visit_keys.js";
import { News } from "./visit_news.js";
import { nameOf, pageSince, placeOf, presenceOf } from "../ground/visitor.js";

const MOST = 500;
const CHIPS = 4; // Above it a list to choose from takes less room.

export class Composer {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    this.news = new News(feed, props.site.key, props.language, props.visitor, () => this.draw());
    const kept = draft.read(props.site.key, props.visitor.id);
    this.as = kept.as === "bot" ? "bot" : "agent";
    this.speech = new Speech();
    this.form = attrs(el("form", "compose", this.makeWho(), this.makeAway(), this.makeText(), this.makeCanned(), this.makeAs(), this.makeTold(), this.makeFoot(), this.speech.node), { novalidate: "" });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.form.addEventListener("keydown", (event) => this.press(event));
    root.append(this.form);
    this.text.value = typeof kept.text === "string" ? kept.text.slice(0, MOST) : "";
    this.timer = setInterval(() => this.tick(), 1000);
    this.draw();
    this.typed();
    this.loadCanned();
    requestAnimationFrame(() => {
      this.grow();
      beginAt(this.text);
    });
    this.speech.say(words.say("composer.say_open"));
  }

  makeWho() {
    const clip = (name) => attrs(el("span", `${name} clip`), { dir: "auto" });
    this.avatar = avatar(this.props.visitor);
    this.name = clip("nm");
    this.flag = attrs(el("span", "flag"), { "aria-hidden": "true" });
    this.place = clip("");
    this.path = clip("mono");
    this.onPage = attrs(el("time", "timer"), { role: "timer", "aria-live": "off" });
    this.since = el("span", "since", this.onPage, el("small", "", this.words.say("composer.on_page")));
    return el("div", "to", this.avatar, el("div", "grow", this.name, el("span", "place", this.flag, this.place, this.path)), this.since);
  }

  makeAway() {
    this.away = attrs(el("p", "note", this.words.say("composer.offline")), { role: "status" });
    this.away.hidden = true;
    return this.away;
  }

  makeText() {
    const { words } = this;
    this.text = attrs(el("textarea", "ta"), {
      id: "text", maxlength: MOST, rows: 4, placeholder: words.say("composer.hint"), dir: "auto",
      "aria-label": words.say("composer.text"), "aria-required": "true", "aria-describedby": "char-counter",
    });
    this.count = attrs(el("span", "count"), { id: "char-counter", "aria-live": "polite" });
    this.text.addEventListener("input", () => {
      this.former = null;
      this.typed();
    });
    return el("div", "", el("div", "line", attrs(el("label", "", words.say("composer.text")), { for: "text" }), this.count), this.text);
  }

  makeCanned() {
    const { words } = this;
    this.undo = button("quiet", words.say("composer.undo"), "again");
    this.undo.addEventListener("click", () => this.bringBack());
    this.canned = el("div", "canned");
    this.cannedBox = el("div", "", el("div", "line", attrs(el("span", "lab", words.say("composer.canned")), { id: "canned" }), this.undo), this.canned);
    this.cannedBox.hidden = true;
    return this.cannedBox;
  }

  makeAs() {
    const { words, props } = this;
    const name = props.me.name;
    const face = el("span", "av small", initials(name) || icon("person"));
    face.style.setProperty("--h", hue(String(props.me.id)));
    const machine = el("span", "av small", icon("bot"));
    machine.style.setProperty("--h", 198);
    const choice = (value, mark, title, below) => {
      const input = attrs(el("input"), { type: "radio", name: "as", value });
      input.checked = this.as === value;
      input.addEventListener("change", () => {
        this.as = value;
        this.keep();
      });
      const shown = attrs(el("b", "clip", title), { dir: "auto", title });
      return el("label", "opt", input, attrs(mark, { "aria-hidden": "true" }), el("span", "grow", shown, el("small", "clip", below)));
    };
    return el("fieldset", "", el("legend", "lab", words.say("composer.as")), el("div", "opts",
      choice("agent", face, name, words.say("composer.as_agent")), choice("bot", machine, words.say("composer.bot"), words.say("composer.as_bot"))));
  }

  makeTold() {
    this.told = attrs(el("p", "note bad"), { role: "alert" });
    this.told.hidden = true;
    return this.told;
  }

  makeFoot() {
    const { words } = this;
    const cancel = button("ghost l", words.say("composer.cancel"));
    cancel.addEventListener("click", () => this.props.trigger("cancel", Date.now()));
    this.go = attrs(button("pri l", words.say("composer.send"), "send"), { "aria-label": words.say("composer.send_label") });
    this.go.type = "submit";
    this.go.label = this.go.lastChild;
    const keys = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ Enter" : "Ctrl + Enter";
    return el("div", "send", cancel, attrs(el("kbd", "", keys), { "aria-hidden": "true" }), this.go);
  }

  async loadCanned() {
    const found = await templates(this.props.site.key);
    if (this.ended || !found.length) return;
    this.cannedBox.hidden = false;
    const names = attrs(found.length > CHIPS ? this.makeList(found) : this.makeChips(found), { "aria-labelledby": "canned" });
    this.canned.replaceChildren(names);
  }

  makeChips(found) {
    return attrs(el("div", "chips", ...found.map(({ title, text }) => {
      const chip = attrs(el("button", "", title || text), { type: "button", title: text, dir: "auto" });
      chip.addEventListener("click", () => this.take(text));
      return chip;
    })), { role: "group" });
  }

  makeList(found) {
    const list = el("select", "pick", attrs(el("option", "", this.words.say("composer.choose")), { value: "" }),
      ...found.map(({ title, text }, at) => attrs(el("option", "", title || text), { value: at })));
    list.addEventListener("change", () => {
      const chosen = found[list.value];
      list.value = "";
      if (chosen) this.take(chosen.text);
    });
    return list;
  }

  // Takes the place of what is written, which can be brought back.
  take(text) {
    const before = this.text.value;
    this.text.value = text.slice(0, MOST);
    this.former = before && before !== this.text.value ? before : null;
    this.typed();
    this.text.focus();
  }

  bringBack() {
    this.text.value = this.former;
    this.former = null;
    this.typed();
    this.text.focus();
  }

  typed() {
    const { words, text } = this;
    write(this.count, words.say("composer.count", { n: words.number(text.value.length), most: words.number(MOST) }));
    toggle(this.count, "full", text.value.length >= MOST);
    const empty = !text.value.trim();
    this.go.disabled = empty || this.busy;
    this.go.setAttribute("aria-disabled", String(this.go.disabled));
    this.undo.hidden = !this.former;
    this.keep();
    this.grow();
  }

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(320, this.text.scrollHeight + 2)}px`;
  }

  keep() {
    draft.keep(this.props.site.key, this.props.visitor.id, this.text.value, this.as);
  }

  press(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.props.inside) {
      event.stopPropagation(); // Back to the profile it stands in; a second one closes that.
      this.props.trigger("cancel", Date.now());
    }
  }

  async send() {
    const { props, words } = this;
    const message = this.text.value.trim();
    if (!message || this.busy) return;
    this.turn(true);
    const { sent, refused } = await send(props.site.key, props.visitor.id, message, this.as);
    if (sent) return this.done(sent);
    if (this.ended) return;
    this.turn(false);
    this.told.hidden = false;
    write(this.told, words.say(`composer.${refused}`));
    this.text.focus();
  }

  turn(busy) {
    this.busy = busy;
    this.told.hidden = true;
    this.text.readOnly = busy;
    write(this.go.label, this.words.say(busy ? "composer.sending" : "composer.send"));
    this.typed();
  }

  done({ conversation_id: conversation }) {
    const { props, words } = this;
    draft.keep(props.site.key, props.visitor.id, "");
    const link = { address: talkAddress(props.site.key, conversation), text: words.say("composer.open_talk") };
    const close = words.say("composer.close");
    const name = nameOf(this.news.visitor, words);
    toast({ text: words.say("composer.sent"), below: name, mark: "check", link: props.inside ? null : link, close });
    // Whoever waits for an answer, on whatever page, hears of it here.
    dispatchEvent(new CustomEvent("hozir:sent", { detail: { conversation_id: conversation, visitor_name: name } }));
    if (!this.ended) props.trigger("sent", conversation);
  }

  renew(props) {
    this.props = props;
    this.news.renew(props.visitor);
  }

  get now() {
    return this.feed.shown() || Date.now();
  }

  draw() {
    const { words, now } = this;
    const { visitor } = this.news;
    const gone = visitor.is_online === false || visitor.presence === "offline";
    writeAvatar(this.avatar, visitor, presenceOf(visitor, now, words));
    writeClipped(this.name, nameOf(visitor, words));
    writeFlag(this.flag, visitor.location?.country_code);
    writeClipped(this.place, visitor.location?.city || placeOf(visitor, words));
    writeClipped(this.path, visitor.current_page?.url || "");
    this.away.hidden = !gone;
    this.since.hidden = gone || !visitor.current_page;
    toggle(this.root, "stale", this.feed.state === "cut");
    this.tick();
  }

  tick() {
    const page = pageSince(this.news.visitor);
    write(this.onPage, this.words.length((this.now - page) / 1000));
  }

  destroy() {
    this.ended = true;
    this.news.end();
    this.speech.end();
    clearInterval(this.timer);
    this.root.replaceChildren();
  }
}
