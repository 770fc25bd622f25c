// What is known of one visitor: what was asked of the server, and what the feed says since.

import { BASE, departed, leave } from "../ground/feed.js";

const PAUSE = 3000; // between two questions, ms
const BLIND = 5000; // how often to ask of somebody the feed does not show
const AFTER = 400; // the loader writes before figures are asked again

const FACTS = ["contact_id", "person_id", "contacted", "chatting", "conversation_id"];

export class News {
  // tell(kind): "changed", "moved" or "missing"
  constructor(feed, site, language, visitor, tell) {
    Object.assign(this, { feed, site, language, tell, id: visitor.id, full: visitor });
    this.gone = false;
    this.askedAt = Date.now();
    this.facts = facts(this.visitor);
    this.stop = feed.listen((...news) => this.hear(...news));
    this.watch = setInterval(() => this.look(), BLIND);
  }

  get visitor() {
    const live = this.feed.visitors.get(this.id);
    if (live) return { ...this.full, ...live };
    return this.gone && this.full.is_online ? departed(this.full) : this.full;
  }

  // A newer answer of the server, from wherever.
  renew(visitor) {
    this.full = visitor;
    this.facts = facts(visitor);
    this.tell("changed");
  }

  hear(kind, id, visitor, filtered) {
    if (kind === "snapshot" || kind === "state") {
      if (kind === "snapshot" && !this.feed.visitors.has(this.id)) this.ask();
      return this.tell("changed");
    }
    if (id !== this.id) return;
    if (kind === "left") {
      this.gone = !filtered;
      this.ask();
      return this.tell("changed");
    }
    this.gone = false;
    const now = facts(this.visitor);
    if (kind !== "changed" || now !== this.facts) this.ask();
    this.facts = now;
    this.tell(kind === "moved" ? "moved" : "changed");
  }

  // A filter of the list, or its length, may hide this visitor from the feed.
  look() {
    const shown = this.feed.visitors.has(this.id);
    if (!shown && document.visibilityState === "visible") this.ask();
  }

  ask() {
    if (this.timer) return;
    const wait = Math.max(AFTER, this.askedAt + PAUSE - Date.now());
    this.timer = setTimeout(() => this.fetch(), wait);
  }

  async fetch() {
    this.askedAt = Date.now();
    const query = new URLSearchParams({ site: this.site, lang: this.language });
    try {
      const response = await fetch(`${BASE}/api/v1/visitors/${encodeURIComponent(this.id)}?${query}`);
      if (response.status === 401) return leave();
      if (response.status === 404) return this.tell("missing");
      if (!response.ok) return;
      const { data } = await response.json();
      if (this.ended || data?.id !== this.id) return;
      this.full = data;
      this.gone = false;
      this.tell("changed");
    } catch {
      // The line is down; the feed says so, and asks again when it is back.
    } finally {
      this.timer = 0;
    }
  }

  end() {
    this.ended = true;
    this.stop();
    clearInterval(this.watch);
    clearTimeout(this.timer);
  }
}

const facts = (visitor) => FACTS.map((name) => visitor[name]).join(" ");
