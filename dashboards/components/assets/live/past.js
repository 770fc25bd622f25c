// Visitors who are not, or may not be, here: asked for page by page, kept fresh without a sound.
// To the grid it looks as the feed does.

import { ask, departed } from "../ground/feed.js";

const AT_ONCE = 30;
const QUIET = 30000; // ms between two looks at the first page
const FIRST_LOOK = 2000; // ms after the first page
const BEHIND = 1500; // ms that an answer may lag behind the live feed

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
    this.latest = new Map(); // who came or left lately, as the live feed told it
    clearTimeout(this.first);
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
    const turn = this.turn;
    const answer = await this.ask(this.page + 1);
    if (turn !== this.turn) return;
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
    this.catchUp();
    if (first) this.lookSoon();
  }

  lookSoon() {
    this.first = setTimeout(() => (this.asking ? this.lookSoon() : this.refresh()), FIRST_LOOK);
  }

  async refresh() {
    if (this.asking || !this.page || this.feed.paused) return;
    const turn = this.turn;
    const answer = await this.ask(1);
    if (turn !== this.turn || !answer) return;
    this.take(answer);
    for (const visitor of [...answer.data].reverse()) {
      const known = this.visitors.has(visitor.id);
      this.keep(visitor);
      this.tell(known ? "changed" : "arrived", visitor.id, visitor);
    }
    this.catchUp();
    this.tell("counts");
  }

  // From the beginning, as after another filter.
  restart() {
    this.clear();
    this.asking = 0;
    this.tell("state");
    return this.more();
  }

  // Returns a page, or null when it does not come.
  async ask(page) {
    const { site, language } = this.feed;
    const { turn } = this;
    this.asking = this.now();
    const query = { ...this.feed.asked(), only: "", site, lang: language, page, limit: AT_ONCE };
    const answer = await ask(`visitors/${this.tab}`, query).catch(() => null);
    if (turn === this.turn) [this.asking, this.askedAt] = [0, this.asking];
    return answer;
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
    const at = this.now();
    if (kind === "arrived" || (kind === "left" && visitor && !detail)) this.remember(kind, id, visitor, at);
    if (this.state === "live") this.apply(kind, id, visitor, detail, at);
  }

  remember(kind, id, visitor, at) {
    const { latest } = this;
    latest.delete(id);
    latest.set(id, { kind, visitor, at });
    for (const [old, { at: then }] of latest) {
      if (then >= (this.asking || at) - BEHIND) return;
      latest.delete(old);
    }
  }

  // An answer may be older than what was heard while it was on its way.
  catchUp() {
    for (const [id, { kind, visitor, at }] of this.latest) {
      if (at < this.askedAt - BEHIND) continue;
      this.apply(kind, id, (kind === "arrived" && this.feed.visitors.get(id)) || visitor, false, at);
    }
  }

  apply(kind, id, visitor, detail, at) {
    const known = this.visitors.has(id);
    const seen = { last_seen_at: new Date(at).toISOString() };
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
    clearTimeout(this.first);
    clearInterval(this.timer);
  }
}
