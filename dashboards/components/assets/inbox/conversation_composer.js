// Where the answer is written: grows, keeps a draft, sends by Enter, offers canned responses.

import { attrs, button, el, icon, toggle, write } from "../ground/dom.js";
import { Templates } from "./conversation_templates.js";

const LONGEST = 2000; // Characters, as the API counts them.
const COUNT_FROM = 1800;
const TYPING_MS = 3000;
const DRAFTS = 100;

export class Composer {
  constructor(feed, id, words, on) {
    Object.assign(this, { feed, id, words, on, typedAt: 0 });
    this.area = attrs(el("textarea"), {
      rows: "1", placeholder: words.say("inbox.compose"), "aria-label": words.say("inbox.compose_label"), dir: "auto", enterkeyhint: "send",
    });
    this.left = attrs(el("span", "count"), { "aria-live": "polite" });
    this.sender = button("pri send", icon("send"));
    attrs(this.sender, { "aria-label": words.say("inbox.send"), title: words.say("inbox.send") });
    this.templates = new Templates(feed.site, words, this.area, (text) => this.fill(text));
    this.opener = button("ghost ib", "/");
    attrs(this.opener, { "aria-label": words.say("inbox.templates"), title: words.say("inbox.templates") });
    this.node = el("form", "compose", this.templates.node, this.opener, el("div", "field", this.area, this.left), this.sender);
    this.area.value = readDrafts(feed)[id] || "";
    this.area.addEventListener("input", () => this.typed());
    this.area.addEventListener("keydown", (event) => this.key(event));
    this.area.addEventListener("blur", () => this.templates.close());
    this.opener.addEventListener("click", () => {
      if (!this.area.value) this.area.value = "/";
      this.area.focus();
      this.templates.match(this.area.value.startsWith("/") ? this.area.value : "/", true);
      this.draw();
    });
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.sender.type = "submit";
    this.draw();
  }

  focus() {
    this.area.focus({ preventScroll: true });
  }

  typed() {
    this.draw();
    this.keep();
    this.templates.match(this.area.value);
    const now = Date.now();
    if (!this.area.value.trim() || this.area.value.startsWith("/") || now - this.typedAt < TYPING_MS) return;
    this.typedAt = now;
    this.feed.say({ event: "typing", data: { conversation_id: this.id } });
  }

  key(event) {
    if (event.isComposing) return;
    if (this.templates.key(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.send();
    }
  }

  fill(text) {
    this.area.value = text;
    this.draw();
    this.keep();
    this.focus();
    this.area.setSelectionRange(text.length, text.length);
  }

  // Puts a text back that could not be sent.
  restore(text) {
    this.fill([this.area.value.trim(), text].filter(Boolean).join("\n"));
  }

  send() {
    const text = this.area.value.trim();
    if (!text || [...text].length > LONGEST) return;
    this.area.value = "";
    this.typedAt = 0;
    this.templates.close();
    this.draw();
    this.keep();
    this.on.send(text);
  }

  draw() {
    const { area } = this;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 168)}px`;
    const text = area.value.trim();
    const length = [...text].length;
    const over = length > LONGEST;
    write(this.left, length >= COUNT_FROM ? `${this.words.number(length)} / ${this.words.number(LONGEST)}` : "");
    toggle(this.left, "over", over);
    attrs(area, { "aria-invalid": String(over) });
    this.sender.disabled = !text || over;
  }

  keep() {
    const drafts = readDrafts(this.feed);
    delete drafts[this.id];
    if (this.area.value) drafts[this.id] = this.area.value;
    const kept = Object.entries(drafts).slice(-DRAFTS);
    try {
      localStorage.setItem(key(this.feed), JSON.stringify(Object.fromEntries(kept)));
    } catch {
      // Private windows may refuse; the draft then lasts as long as the box.
    }
  }
}

const key = (feed) => `hozir.drafts.${feed.person}.${feed.site}`;

function readDrafts(feed) {
  try {
    return JSON.parse(localStorage.getItem(key(feed)) || "{}") || {};
  } catch {
    return {};
  }
}
