// While no socket can be had, the visitors are asked for by plain requests.

import { ask } from "./feed.js";

const PATIENCE = 3500, EVERY = 5000; // ms
const AT_ONCE = 200, PAGES_MOST = 5;

export class Fallback {
  constructor(feed) {
    this.feed = feed;
    this.timer = 0;
  }

  // The socket is sought. It gets a few seconds.
  begin() {
    if (!this.timer) this.timer = setTimeout(() => this.look(), PATIENCE);
  }

  // Something else is asked for now.
  again() {
    if (!this.feed.polling) return;
    this.end(true);
    this.timer = setTimeout(() => this.look(), 0);
  }

  // The socket speaks.
  end(on = false) {
    clearTimeout(this.timer);
    this.timer = 0;
    this.turn = {};
    this.feed.polling = on;
  }

  async look() {
    const turn = (this.turn = {});
    const data = await this.all().catch(() => null);
    if (turn !== this.turn) return;
    this.feed.polled(data);
    this.timer = setTimeout(() => this.look(), EVERY);
  }

  async all() {
    const { site, language } = this.feed;
    const query = { ...this.feed.asked(), only: "", site, lang: language, limit: AT_ONCE };
    const first = await ask("visitors/online", query);
    const visitors = [...first.data];
    const pages = Math.min(first.meta.total_pages, PAGES_MOST);
    for (let page = 2; page <= pages; page += 1) {
      visitors.push(...(await ask("visitors/online", { ...query, page })).data);
    }
    return { visitors, counts: first.counts, now: first.now, behind: first.behind_seconds, truncated: first.meta.total_pages > PAGES_MOST };
  }
}
