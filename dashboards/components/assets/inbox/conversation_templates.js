// Canned responses: a slash at the beginning opens them, the keyboard chooses.

import { attrs, el } from "../ground/dom.js";
import { call } from "./inbox_calls.js";
import { plain } from "./inbox_words.js";

const FRESH_MS = 60000;
const MOST = 50;
const ID = "ix-templates";

const kept = new Map(); // site -> { at, list }

export class Templates {
  constructor(site, words, area, choose) {
    Object.assign(this, { site, words, area, choose, shown: [], at: 0 });
    this.node = attrs(el("div", "tpl"), { role: "listbox", id: ID, "aria-label": words.say("inbox.templates") });
    this.node.hidden = true;
    attrs(area, { "aria-haspopup": "listbox", "aria-autocomplete": "list" });
    // The area must keep the focus while one is clicked.
    this.node.addEventListener("pointerdown", (event) => event.preventDefault());
    this.node.addEventListener("click", (event) => {
      const option = event.target.closest?.("[role=option]");
      if (option) this.take(Number(option.dataset.at));
    });
  }

  async match(text, whole = false) {
    this.asked = text;
    if (!text.startsWith("/") || text.includes("\n")) return this.close();
    const list = await this.load();
    if (this.asked !== text) return;
    const wanted = plain(whole ? "" : text.slice(1).trim());
    const fits = ({ title, text: body }) => plain(`${title} ${body}`).includes(wanted);
    this.shown = (list || []).filter(fits).slice(0, MOST);
    this.at = 0;
    this.draw(list);
  }

  async load() {
    const known = kept.get(this.site);
    if (known && Date.now() - known.at < FRESH_MS) return known.list;
    const answer = await call("templates", { site: this.site });
    if (!answer.ok || !Array.isArray(answer.data)) return null;
    kept.set(this.site, { at: Date.now(), list: answer.data });
    return answer.data;
  }

  draw(list) {
    const { words } = this;
    const options = this.shown.map(({ title, text }, at) => {
      const option = el("div", "tpl-o", attrs(el("b", "clip", title), { dir: "auto" }), attrs(el("span", "clip", text), { dir: "auto" }));
      attrs(option, { role: "option", id: `${ID}-${at}`, "data-at": String(at), "aria-selected": String(at === this.at) });
      return option;
    });
    const none = words.say(list === null ? "inbox.templates_failed" : list.length ? "inbox.templates_none" : "inbox.templates_empty");
    this.node.replaceChildren(...(options.length ? options : [attrs(el("div", "tpl-n muted", none), { role: "option", "aria-disabled": "true", "aria-selected": "false" })]));
    this.node.hidden = false;
    attrs(this.area, { "aria-controls": ID });
    this.mark();
  }

  mark() {
    [...this.node.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === this.at && this.shown.length > 0)));
    if (!this.shown.length) return this.area.removeAttribute("aria-activedescendant");
    this.area.setAttribute("aria-activedescendant", `${ID}-${this.at}`);
    this.node.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  // Returns whether the key was meant for this list.
  key(event) {
    if (this.node.hidden) return false;
    const n = this.shown.length;
    if (event.key === "Escape") {
      this.close();
      event.stopPropagation();
      return true;
    }
    if (!n) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.at = (this.at + step + n) % n;
      this.mark();
      return true;
    }
    if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) {
      this.take(this.at);
      return true;
    }
    return false;
  }

  take(at) {
    const chosen = this.shown[at];
    if (!chosen) return;
    this.close();
    this.choose(String(chosen.text || ""));
  }

  close() {
    this.asked = null;
    this.node.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
    this.area.removeAttribute("aria-controls");
  }
}
