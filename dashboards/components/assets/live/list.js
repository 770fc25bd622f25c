// The body of the live page: the grid of one of the three lists, or what stands in its place.

import { attrs, el, scroller, toggle, write } from "../ground/dom.js";
import { choice } from "./choice.js";
import { ask } from "../ground/feed.js";
import { Footer } from "./footer.js";
import { Grid } from "./grid.js";
import { Past } from "./past.js";
import { awaitVisitor, settled } from "../ground/quiet.js";
import { failed, firstMinute, noMatch, nobody, nobodyLeft, skeleton } from "./states.js";

const PATIENCE_MS = 200; // before a skeleton
const STRIP_TICKS = 5; // seconds between two looks at the strips
const FACETS_AFTER = 1000, FACETS_LOOK = 500, FACETS_PAUSE = 15000;
const PAGES_TOLD = 30;
const QUIET = 1000; // ms after the last click or key in which nothing of our own makes the page run
const ACTS = ["pointerdown", "keydown"];
const AGAIN = 250; // ms until it is looked again whether the page has answered
const AHEAD = "800px"; // how far below the window the next part is fetched
const TRAIL = 3;

export class List {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    if (props.tab) feed.turnTo(props.tab);
    this.state = el("div", "state-box");
    this.body = attrs(el("div", "list"), { role: "tabpanel" });
    this.more = el("p", "truncated");
    this.end = attrs(el("i", "end"), { "aria-hidden": "true" });
    this.footer = new Footer(feed, words, props);
    root.append(this.state, this.body, this.end, this.more, this.footer.node);
    this.stop = feed.listen((...news) => this.hear(...news));
    this.unwatch = choice.listen((mode) => this.grid.setMode(mode));
    this.ticks = this.actedAt = 0;
    this.onAct = () => (this.actedAt = Date.now());
    for (const kind of ACTS) addEventListener(kind, this.onAct, true);
    choice.begun = false;
    this.show();
    this.beat();
  }

  get online() {
    return this.tab === "online";
  }

  // ── Which list ───────────────────────────────────────────────────────────────────────────

  show() {
    const { feed, words } = this;
    this.hide();
    this.tab = feed.tab;
    this.born = Date.now();
    this.begun = false;
    this.source = this.online ? feed : new Past(feed, this.tab);
    this.grid = new Grid(this.body, this.source, words, {
      tab: this.tab,
      open: (id) => this.ask("select", id),
      select: (id) => feed.choose(id),
      actions: (id) => this.actions(id),
    });
    this.grid.setMode(choice.mode);
    this.grid.mark(feed.selected);
    attrs(this.body, { "aria-label": words.say(`live.tab_${this.tab}`) });
    if (!this.online) this.deaf = this.source.listen((...news) => this.take(...news));
    if (this.online && feed.state !== "loading") this.take("snapshot", true);
    this.patience = setTimeout(() => this.draw(), PATIENCE_MS);
    this.watchEnd();
    this.draw();
  }

  hide() {
    clearTimeout(this.patience);
    this.ending?.disconnect();
    this.deaf?.();
    this.grid?.destroy();
    if (this.source && this.source !== this.feed) this.source.end();
    this.deaf = null;
  }

  watchEnd() {
    if (this.online) return;
    const box = scroller(this.root);
    const root = box === document.scrollingElement ? null : box;
    const next = async ([entry]) => {
      if (!entry.isIntersecting || this.source.complete) return;
      await this.source.more();
      // The part was shorter than the window: its end is still in sight and says nothing new.
      this.ending.unobserve(this.end);
      setTimeout(() => this.source.state === "live" && this.ending.observe(this.end), 100);
    };
    this.ending = new IntersectionObserver(next, { root, rootMargin: AHEAD });
    this.ending.observe(this.end);
  }

  // Asks for a visitor to be opened over the page.
  ask(how, id) {
    awaitVisitor(id);
    this.props.trigger(how, id);
  }

  actions(id) {
    const { feed } = this;
    return {
      may: this.props.may || [],
      write: () => this.ask("write", id),
      save: () => this.ask("save", id),
      talk: (conversation) => this.props.trigger("talk", conversation ?? id),
      history: async () => {
        const path = `visitors/${encodeURIComponent(id)}/page-history`;
        const { page_views: pages } = await ask(path, { site: feed.site, limit: TRAIL });
        return pages.reverse();
      },
    };
  }

  // ── News ─────────────────────────────────────────────────────────────────────────────────

  // One timer for all clocks, on the full second of the server.
  beat() {
    const wait = 1000 - (this.feed.now() % 1000);
    this.timer = setTimeout(() => {
      this.ticks += 1;
      if (this.feed.state === "live" && !this.feed.paused) this.grid.tick(this.ticks % STRIP_TICKS === 0);
      if (this.grid.order.waiting.length) this.grid.order.settle();
      this.shown?.tick?.();
      this.footer.draw();
      this.beat();
    }, wait + 5);
  }

  // Of the feed.
  hear(kind, ...details) {
    if (kind === "tab") return this.show();
    if (kind === "selected") this.grid.mark(this.feed.selected);
    if (kind === "refused") this.props.trigger("clear", Date.now()); // An old address means nothing here.
    // Not at each news: in a crowd there are a hundred a second, and each looks at everybody.
    if (kind !== "ping") this.looking ||= setTimeout(() => this.tellFacets(), FACETS_LOOK);
    if (this.online) this.take(kind, ...details);
    else this.drawSoon();
  }

  // Of the list that is in sight.
  take(kind, id, visitor) {
    const { grid } = this;
    if (kind === "snapshot") {
      if (id || !this.begun) grid.reset();
      else grid.merge();
      if (!this.begun) this.begin();
    } else if (kind === "arrived") {
      grid.arrived(id);
    } else if (kind === "changed" || kind === "moved") {
      grid.changed(id, kind === "moved");
    } else if (kind === "left") {
      grid.left(id, visitor);
    } else if (kind === "appended") {
      grid.appended(id);
    }
    this.drawSoon();
  }

  begin() {
    this.begun = true;
    if (choice.begun) return;
    choice.begun = true;
    choice.start(this.props.person, this.online ? this.feed.counts.online : this.source.total);
    this.grid.setMode(choice.mode);
  }

  // Which countries and pages there are to filter by: told when a new one has come.
  tellFacets() {
    this.looking = 0;
    if (this.telling || this.feed.state !== "live") return;
    const { countries, pages } = this.props.known || { countries: [], pages: [] };
    const known = new Set([...countries, ...pages]);
    const found = {}, reads = new Map();
    for (const { location, current_page: page } of [...this.feed.visitors.values(), ...this.source.visitors.values()]) {
      if (location?.country_code) found[location.country_code] = location.country || location.country_code;
      if (page?.url) reads.set(page.url, (reads.get(page.url) || 0) + 1);
    }
    const top = [...reads].sort((a, b) => b[1] - a[1]).slice(0, PAGES_TOLD).map(([url]) => url);
    const news = Object.keys(found).some((code) => !known.has(code)) || (known.size - countries.length < PAGES_TOLD && top.some((url) => !known.has(url)));
    if (!news) return;
    const wait = Math.max(FACETS_AFTER, (this.toldAt || 0) + FACETS_PAUSE - Date.now());
    const tell = () => {
      // Another run, asked for by an older address, would undo what was just clicked.
      const quiet = Math.max(this.actedAt + QUIET - Date.now(), settled() ? 0 : AGAIN);
      if (quiet > 0) return void (this.telling = setTimeout(tell, quiet));
      this.telling = 0;
      this.toldAt = Date.now();
      this.props.keep("facets", { countries: found, pages: [...new Set([...pages, ...top])].slice(0, PAGES_TOLD) });
    };
    this.telling = setTimeout(tell, wait);
  }

  // ── Drawing ──────────────────────────────────────────────────────────────────────────────

  drawSoon() {
    if (!this.frame) this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    const { feed, grid, words } = this;
    const cut = feed.state === "cut";
    const wanted = this.wanted(cut);
    const named = wanted === "no-match" ? `${wanted} ${feed.counts.online}` : wanted;
    if (this.drawn !== `${this.tab} ${named}`) {
      this.drawn = `${this.tab} ${named}`;
      this.shown = this.make(wanted);
      this.state.replaceChildren(...(this.shown ? [this.shown] : []));
    }
    toggle(this.root, "stale", cut || feed.behind);
    toggle(this.root, "paused", feed.paused);
    this.footer.node.hidden = wanted === "loading" || feed.state === "loading" || (cut && !feed.heardAt);
    this.more.hidden = !feed.truncated || grid.empty || !this.online;
    if (feed.truncated) write(this.more, words.count("live.truncated", feed.visitors.size));
    this.footer.draw();
  }

  // What stands in place of the list.
  wanted(cut) {
    const { feed, grid, props, source } = this;
    const waits = Date.now() - this.born >= PATIENCE_MS ? "loading" : "none";
    const { empty } = grid;
    if (!this.online) {
      if (source.state !== "live") return source.state === "failed" ? "failed" : waits;
      return !empty ? "none" : feed.filtered ? "no-match" : "none-left";
    }
    if (feed.state === "loading" || (cut && !feed.heardAt)) return waits;
    if (empty && feed.counts.online) return feed.filtered ? "no-match" : "none";
    if (empty) return props.site.had_visitors || feed.everSeen ? "nobody" : "first";
    return "none";
  }

  make(wanted) {
    const { words, props, feed } = this;
    if (wanted === "loading") return skeleton(words);
    if (wanted === "no-match") return noMatch(words, this.online ? feed.counts.online : null, () => props.trigger("clear", Date.now()));
    if (wanted === "nobody") {
      const may = props.may?.includes("configure_sites");
      return nobody(words, may ? () => props.trigger("settings", Date.now()) : null);
    }
    if (wanted === "none-left") return nobodyLeft(words, this.tab);
    if (wanted === "failed") return failed(words, () => this.source.restart());
    if (wanted === "first") return firstMinute(words, props.site);
    return null;
  }

  destroy() {
    this.stop();
    this.unwatch();
    clearTimeout(this.timer);
    clearTimeout(this.telling);
    clearTimeout(this.looking);
    for (const kind of ACTS) removeEventListener(kind, this.onAct, true);
    cancelAnimationFrame(this.frame);
    this.hide();
    this.root.replaceChildren();
  }
}
