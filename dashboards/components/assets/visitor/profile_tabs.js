// The sections of a profile: two columns where there is room, else three tabs.

import { attrs, el, toggle } from "../ground/dom.js";

const ROOM = 640; // px of the panel itself

const COLUMNS = {
  left: ["visit", "pages", "events", "talks"],
  right: ["source", "behaviour", "device", "contact", "person"],
};
const TABS = {
  activity: ["visit", "behaviour", "source", "events", "contact", "person"],
  device: ["device"],
  history: ["pages", "talks"],
};
const NAMES = Object.keys(TABS);

export class Tabs {
  constructor(words, sections, say) {
    Object.assign(this, { words, sections, say });
    this.chosen = NAMES[0];
    this.bar = attrs(el("div", "tabs"), { role: "tablist", "aria-label": words.say("profile.title") });
    this.tab = {};
    this.panel = {};
    for (const name of NAMES) {
      const tab = attrs(el("button", "tab", words.say(`profile.tab_${name}`)), { role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}` });
      tab.type = "button";
      tab.addEventListener("click", () => this.choose(name));
      this.tab[name] = tab;
      this.panel[name] = attrs(el("div", "column"), { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}` });
    }
    this.bar.append(...Object.values(this.tab));
    this.bar.addEventListener("keydown", (event) => this.press(event));
    this.node = el("div", "body");
    this.watch = new ResizeObserver(([entry]) => this.fit(entry.contentRect.width));
    this.watch.observe(this.node);
    this.lay(true);
  }

  fit(width) {
    if (width) this.lay(width < ROOM);
  }

  lay(narrow) {
    if (this.narrow === narrow) return;
    this.narrow = narrow;
    const fill = (node, names) => (node.replaceChildren(...names.map((name) => this.sections[name])), node);
    if (narrow) {
      for (const name of NAMES) fill(this.panel[name], TABS[name]);
      this.node.replaceChildren(this.bar, ...Object.values(this.panel));
      this.show();
    } else {
      this.node.replaceChildren(...Object.values(COLUMNS).map((names) => fill(el("div", "column"), names)));
    }
    toggle(this.node, "wide", !narrow);
  }

  show() {
    for (const name of NAMES) {
      const on = name === this.chosen;
      this.tab[name].setAttribute("aria-selected", String(on));
      this.tab[name].tabIndex = on ? 0 : -1;
      this.panel[name].hidden = !on;
    }
  }

  choose(name) {
    if (name === this.chosen) return;
    this.chosen = name;
    this.show();
    this.say(this.tab[name].textContent);
  }

  press(event) {
    const at = NAMES.indexOf(this.chosen);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: NAMES.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.choose(NAMES[(to + NAMES.length) % NAMES.length]);
    this.tab[this.chosen].focus();
  }

  end() {
    this.watch.disconnect();
  }
}
