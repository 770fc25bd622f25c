// Visitors who are not, or may not be, here: asked for page by page, kept fresh without a sound.
// To the grid it looks as the feed does.

import { ask, departed } from "../ground/feed.js";

const AT_ONCE = 30;
const QUIET = 30000; // ms between two looks at the first page

export class Past {
  constructor(feed, tab) {
    Object.assign(this, { feed, tab });
    this.listeners = new Set();
    this.clear();
    this.stop = feed.listen((...news) => this.hear(...news));
    this.timer = setInterval(() => document.visibilityState === "visible" && this.refresh(), QUIET);
    this.more();
  }

  clear() {
    this.visitors = new Map();
    this.state = "loading"; // loading, live, failed
    this.total = 0;
    this.page = 0;
    this.pages = 1;
    this.turn = {};
    this.heardAt = 0;
  }

  get complete() {
    return this.page >= this.pages;
  }

  now() {
    return this.feed.now();
  }

  shown() {
    return this.feed.shown() || this.now();
  }

  rank(visitor) {
    return Date.parse(visitor?.last_seen_at);
  }

  // Asks for the next page, unless one is on its way.
  async more() {
    if (this.asking || this.complete) return;
    this.asking = true;
    const turn = this.turn;
    const answer = await this.ask(this.page + 1).catch(() => null);
    if (turn !== this.turn) return;
    this.asking = false;
    if (!answer) {
      if (!this.page) this.state = "failed";
      return this.tell("state");
    }
    this.page += 1;
    this.take(answer);
    const ids = answer.data.map(({ id }) => id);
    for (const visitor of answer.data) this.keep(visitor);
    const first = this.page === 1;
    this.state = "live";
    if (first) this.tell("snapshot", true);
    else this.tell("appended", ids);
  }

  async refresh() {
    if (this.asking || !this.page || this.feed.paused) return;
    const turn = this.turn;
    const answer = await this.ask(1).catch(() => null);
    if (!answer || turn !== this.turn) return;
    this.take(answer);
    for (const visitor of [...answer.data].reverse()) {
      const known = this.visitors.has(visitor.id);
      this.keep(visitor);
      this.tell(known ? "changed" : "arrived", visitor.id, visitor);
    }
    this.tell("counts");
  }

  // From the beginning, as after another filter.
  restart() {
    this.clear();
    this.asking = false;
    this.tell("state");
    return this.more();
  }

  ask(page) {
    const { site, language } = this.feed;
    return ask(`visitors/${this.tab}`, { ...this.feed.asked(), only: "", site, lang: language, page, limit: AT_ONCE });
  }

  take({ meta, now }) {
    this.total = meta.total_offline ?? meta.total ?? 0;
    this.pages = meta.total_pages;
    this.heardAt = Date.parse(now) || this.now();
  }

  keep(visitor) {
    this.visitors.set(visitor.id, { ...visitor, past: !visitor.is_online });
  }

  // The live feed knows first who left and who came back.
  hear(kind, id, visitor, detail) {
    if (kind === "asked") return void this.restart();
    if (this.state !== "live") return;
    const known = this.visitors.has(id);
    const seen = { last_seen_at: new Date(this.now()).toISOString() };
    if (kind === "left" && visitor && !detail) {
      const left = { ...departed(visitor), ...seen, past: true };
      this.visitors.set(id, left);
      if (!known) this.total += 1;
      this.tell(known ? "changed" : "arrived", id, left);
    } else if (this.tab === "all" && /^(arrived|changed|moved)$/.test(kind)) {
      this.visitors.set(id, { ...visitor, ...seen, past: false });
      if (!known) this.total += 1;
      this.tell(known ? kind.replace("arrived", "changed") : "arrived", id, visitor);
    } else if (kind === "arrived" && known) {
      this.visitors.delete(id);
      this.total -= 1;
      this.tell("left", id, visitor);
    }
  }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(kind, ...details) {
    for (const listener of [...this.listeners]) listener(kind, ...details);
  }

  end() {
    this.turn = {};
    this.stop();
    clearInterval(this.timer);
  }
}
