// Online, offline, all: one of three lists, each with its number.

import { attrs, el, write } from "../ground/dom.js";
import { ask } from "../ground/feed.js";

export const TABS = ["online", "offline", "all"];
const LOOK_EVERY = 30000, LOOK_AFTER = 2000, LOOK_PAUSE = 10000; // ms

export class Tabs {
  constructor(feed, words, on) {
    Object.assign(this, { feed, words, on });
    this.node = attrs(el("div", "tabs"), { role: "tablist", "aria-label": words.say("live.tabs") });
    this.under = attrs(el("i", "under"), { "aria-hidden": "true" });
    this.tabOf = {};
    for (const name of TABS) {
      const number = el("span", "n");
      const tab = attrs(el("button", "", el("span", "", words.say(`live.tab_${name}`)), " ", number), { role: "tab" });
      tab.type = "button";
      tab.number = number;
      tab.addEventListener("click", () => this.choose(name));
      this.tabOf[name] = tab;
      this.node.append(tab);
    }
    this.node.append(this.under);
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.sizes = new ResizeObserver(() => this.draw(true));
    this.sizes.observe(this.node);
    this.timer = setInterval(() => document.visibilityState === "visible" && this.look(), LOOK_EVERY);
    this.look();
  }

  choose(name, focus) {
    if (focus) this.tabOf[name].focus();
    if (name === this.feed.tab) return;
    this.feed.turnTo(name);
    this.draw();
    this.on.chosen(name);
  }

  key(event) {
    const at = TABS.indexOf(this.feed.tab);
    const to = { ArrowRight: (at + 1) % 3, ArrowLeft: (at + 2) % 3, Home: 0, End: 2 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.choose(TABS[to], true);
  }

  // Somebody came or left: the numbers of the past have changed too.
  soon() {
    if (this.looking) return;
    const wait = Math.max(LOOK_AFTER, (this.lookedAt || 0) + LOOK_PAUSE - Date.now());
    this.looking = setTimeout(() => this.look(), wait);
  }

  async look() {
    clearTimeout(this.looking);
    this.looking = 0;
    this.lookedAt = Date.now();
    const answer = await ask("visitors/counts", { site: this.feed.site }).catch(() => null);
    if (!answer || this.ended) return;
    this.counts = answer.data;
    this.draw();
  }

  // Where a tab stands must be measured, which lays the page out: only when it may have moved.
  draw(moved) {
    const { feed, words } = this;
    const shown = JSON.stringify([feed.tab, this.counts, feed.heardAt ? feed.counts.online : null]);
    if (shown === this.shown && !moved) return;
    this.shown = shown;
    for (const [name, tab] of Object.entries(this.tabOf)) {
      const on = name === feed.tab;
      attrs(tab, { "aria-selected": String(on) });
      tab.tabIndex = on ? 0 : -1;
      const n = name !== "online" ? this.counts?.[name] : feed.heardAt ? feed.counts.online : undefined;
      write(tab.number, n === undefined ? "" : words.number(n));
      if (!on) continue;
      const style = `translate:${tab.offsetLeft}px;width:${tab.offsetWidth}px`;
      if (this.under.styled !== style) this.under.style.cssText = this.under.styled = style;
    }
  }

  end() {
    this.ended = true;
    this.sizes.disconnect();
    clearInterval(this.timer);
    clearTimeout(this.looking);
  }
}
