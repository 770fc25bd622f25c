// The pages somebody saw, newest first, with the time that each was in view.

import { attrs, button, el, toggle, write, writeClipped } from "../ground/dom.js";
import { stripOf, titleOf } from "../ground/visitor.js";
import { moment } from "./visit_words.js";

const STEP = 20;

export class Timeline {
  constructor(words) {
    this.words = words;
    this.most = STEP;
    this.items = new Map();
    this.list = el("ol", "tl");
    this.empty = el("p", "muted none", words.say("profile.no_pages"));
    this.more = button("out more", words.say("profile.more"));
    this.more.addEventListener("click", () => {
      this.most += STEP;
      this.draw(this.visitor, this.now, this.online);
    });
    this.node = el("div", "", this.list, this.empty, this.more);
  }

  draw(visitor, now, online) {
    Object.assign(this, { visitor, now, online });
    const pages = pagesOf(visitor);
    this.empty.hidden = pages.length > 0;
    this.more.hidden = pages.length <= this.most;
    const shown = pages.slice(0, this.most);
    const [here] = online ? shown : [];
    const lengths = new Map(shown.map((page) => [page, page.visible_ms || 0]));
    if (here) lengths.set(here, this.growing(here, now));
    this.longest = Math.max(1000, ...lengths.values());
    const kept = new Set();
    shown.forEach((page, at) => {
      const key = keyOf(page);
      kept.add(key);
      let item = this.items.get(key);
      if (!item) this.items.set(key, (item = makeItem()));
      if (this.list.children[at] !== item.node) this.list.insertBefore(item.node, this.list.children[at] || null);
      this.fill(item, page, lengths.get(page), page === here, isBefore(page, visitor), now);
    });
    for (const [key, item] of this.items) {
      if (kept.has(key)) continue;
      item.node.remove();
      this.items.delete(key);
    }
    this.current = here && { page: here, item: this.items.get(keyOf(here)) };
  }

  growing(page, now) {
    const parts = stripOf({ ...this.visitor, pages: [page] }, now);
    return parts[parts.length - 1];
  }

  tick(now) {
    if (!this.current) return;
    const { page, item } = this.current;
    this.lengthOf(item, page, this.growing(page, now), true);
  }

  fill(item, page, ms, here, before, now) {
    const { words } = this;
    toggle(item.node, "cur", here);
    toggle(item.node, "before", before);
    if (here) item.node.setAttribute("aria-current", "page");
    else item.node.removeAttribute("aria-current");
    const at = Date.parse(page.timestamp);
    write(item.time, before ? moment(words, at, now) : words.clock(at));
    item.time.dateTime = page.timestamp || "";
    writeClipped(item.title, titleOf(page, words));
    writeClipped(item.path, page.url || "");
    this.lengthOf(item, page, ms, here);
  }

  lengthOf(item, page, ms, here) {
    const { words } = this;
    const told = [words.length(ms / 1000)];
    if (here) told.push(words.say(this.visitor.presence === "away" ? "live.away" : "profile.here"));
    if (page.scroll_depth) told.push(words.say("profile.scrolled", { n: page.scroll_depth }));
    if (page.interactions) told.push(words.count("profile.touched", page.interactions));
    writeClipped(item.length, told.join(" · "));
    // Half of the line is for the bar, so that the words after it have room.
    const width = `${Math.max(1, Math.round((Math.min(ms, this.longest) / this.longest) * 50))}%`;
    if (item.width !== width) item.bar.style.width = item.width = width;
  }
}

function makeItem() {
  const clip = (name) => attrs(el("span", `${name} clip`), { dir: "auto" });
  const item = { time: el("time"), title: clip("t"), path: clip("mono muted"), bar: el("i"), length: el("span", "clip") };
  item.node = el("li", "", item.time,
    el("div", "", item.title, item.path, el("span", "bar", attrs(item.bar, { "aria-hidden": "true" }), item.length)));
  return item;
}

const keyOf = (page) => `${page.timestamp} ${page.url}`;

// Seen in another visit than the one that is shown, or in another browser.
export function isBefore(page, visitor) {
  if (page.session_id) return page.session_id !== visitor.session_id;
  return Date.parse(page.timestamp) < Date.parse(visitor.session?.started_at);
}

// What was written down, and over it what the feed knows newer; newest first.
export function pagesOf(visitor) {
  const pages = new Map((visitor.page_history || []).map((page) => [keyOf(page), page]));
  for (const page of visitor.pages || []) pages.set(keyOf(page), { ...pages.get(keyOf(page)), ...page });
  return [...pages.values()].sort((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp) || (b.number || 0) - (a.number || 0));
}
