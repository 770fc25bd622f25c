// The body of the live page: the grid, or what stands in its place, and the footer.

import { attrs, el, toggle, write } from "./dom.js";
import { choice } from "./choice.js";
import { Grid } from "./grid.js";
import { firstMinute, noMatch, nobody, skeleton } from "./states.js";

const PATIENCE_MS = 200; // before a skeleton
const STRIP_TICKS = 5; // seconds between two looks at the strips
const FACETS_AFTER = 1500, FACETS_PAUSE = 15000;
const PAGES_TOLD = 30;

export class List {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    this.state = el("div", "state-box");
    this.body = el("div", "list");
    this.more = el("p", "truncated");
    this.footer = this.makeFooter();
    root.append(this.state, this.body, this.more, this.footer);
    this.grid = new Grid(this.body, feed, words, { open: (id) => this.props.trigger("select", id) });
    this.stop = feed.listen((...news) => this.hear(...news));
    this.unwatch = choice.listen((mode) => this.grid.setMode(mode));
    this.born = Date.now();
    this.ticks = 0;
    this.beat();
    if (feed.state !== "loading") this.hear("snapshot", true);
    this.patience = setTimeout(() => this.draw(), PATIENCE_MS);
    this.draw();
  }

  makeFooter() {
    this.fresh = el("span");
    const credit = attrs(el("a", "", "IP Geolocation by DB-IP"), { href: "https://db-ip.com", target: "_blank", rel: "noopener" });
    return el("footer", "foot", attrs(el("span", "dot"), { "aria-hidden": "true" }), this.fresh, credit);
  }

  // One timer for all clocks, on the full second of the server.
  beat() {
    const wait = 1000 - (this.feed.now() % 1000);
    this.timer = setTimeout(() => {
      this.ticks += 1;
      if (this.feed.state === "live") this.grid.tick(this.ticks % STRIP_TICKS === 0);
      if (this.grid.order.waiting.length) this.grid.order.settle();
      this.shown?.tick?.();
      this.drawFooter();
      this.beat();
    }, wait + 5);
  }

  hear(kind, id, visitor) {
    const { grid } = this;
    if (kind === "snapshot") {
      if (id || !this.begun) grid.reset();
      else grid.merge();
      if (!this.begun) {
        this.begun = true;
        choice.start(this.props.person, this.feed.counts.online);
        grid.setMode(choice.mode);
      }
    } else if (kind === "refused") {
      this.props.trigger("clear", Date.now()); // A filter from an old address means nothing here.
    } else if (kind === "arrived") {
      grid.arrived(id);
    } else if (kind === "changed" || kind === "moved") {
      grid.changed(id, kind === "moved");
    } else if (kind === "left") {
      grid.left(id, visitor);
    }
    if (kind !== "ping") this.tellFacets();
    if (!this.frame) this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  // Which countries and pages there are to filter by: told when a new one has come.
  tellFacets() {
    if (this.telling || this.feed.state !== "live") return;
    const { countries, pages } = this.props.known || { countries: [], pages: [] };
    const known = new Set([...countries, ...pages]);
    const found = {}, reads = new Map();
    for (const { location, current_page: page } of this.feed.visitors.values()) {
      if (location?.country_code) found[location.country_code] = location.country || location.country_code;
      if (page?.url) reads.set(page.url, (reads.get(page.url) || 0) + 1);
    }
    const top = [...reads].sort((a, b) => b[1] - a[1]).slice(0, PAGES_TOLD).map(([url]) => url);
    const news = Object.keys(found).some((code) => !known.has(code)) || (known.size - countries.length < PAGES_TOLD && top.some((url) => !known.has(url)));
    if (!news) return;
    const wait = Math.max(FACETS_AFTER, (this.toldAt || 0) + FACETS_PAUSE - Date.now());
    this.telling = setTimeout(() => {
      this.telling = 0;
      this.toldAt = Date.now();
      this.props.trigger("facets", { countries: found, pages: [...new Set([...pages, ...top])].slice(0, PAGES_TOLD) });
    }, wait);
  }

  draw() {
    const { feed, grid, words, props } = this;
    const cut = feed.state === "cut";
    const loading = feed.state === "loading" || (cut && !feed.heardAt);
    const { empty } = grid;
    let wanted = "none";
    if (loading) wanted = Date.now() - this.born >= PATIENCE_MS ? "loading" : "none";
    else if (empty && feed.counts.online) wanted = "no-match";
    else if (empty) wanted = props.site.had_visitors || feed.everSeen ? "nobody" : "first";
    if (wanted === "no-match" && !Object.values(feed.filters).some(Boolean)) wanted = "none";
    const named = wanted === "no-match" ? `${wanted} ${feed.counts.online}` : wanted;
    if (this.drawn !== named) {
      this.drawn = named;
      this.shown = this.make(wanted);
      this.state.replaceChildren(...(this.shown ? [this.shown] : []));
    }
    toggle(this.root, "stale", cut);
    this.footer.hidden = loading;
    this.more.hidden = !feed.truncated || empty;
    if (feed.truncated) write(this.more, words.count("live.truncated", feed.visitors.size));
    this.drawFooter();
  }

  make(wanted) {
    const { words, props, feed } = this;
    if (wanted === "loading") return skeleton(words);
    if (wanted === "no-match") return noMatch(words, feed.counts.online, () => props.trigger("clear", Date.now()));
    if (wanted === "nobody") return nobody(words);
    if (wanted === "first") return firstMinute(words, props.site);
    return null;
  }

  drawFooter() {
    const { feed, words } = this;
    const live = feed.state === "live";
    this.footer.firstChild.className = live ? "dot" : "dot off";
    if (!live) return write(this.fresh, feed.heardAt ? words.say("live.as_of", { time: words.clock(feed.heardAt, true) }) : "");
    // A line that is heard is up to date, whether or not anybody came.
    const ago = words.say("live.updated", { ago: words.ago((feed.now() - feed.heardAt) / 1000) });
    const lag = feed.lag === null ? "" : ` · ${words.say("live.lag", { s: words.decimal(Math.max(0.1, feed.lag / 1000)) })}`;
    write(this.fresh, ago.charAt(0).toUpperCase() + ago.slice(1) + lag);
  }

  destroy() {
    this.stop();
    this.unwatch();
    clearTimeout(this.timer);
    clearTimeout(this.telling);
    clearTimeout(this.patience);
    cancelAnimationFrame(this.frame);
    this.grid.destroy();
    this.root.replaceChildren();
  }
}
