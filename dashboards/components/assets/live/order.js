// Who is in the list and in which order: newest first, and nothing moves while it is held.
//
// Who comes while the list is held or out of sight waits; who leaves keeps the place until the
// list is free. `held` and `atTop` are asked, `changed` is told.

import { departed } from "../ground/feed.js";

export const LEAVE_MS = 500;

export class Order {
  constructor(feed, on) {
    Object.assign(this, { feed, on });
    this.ids = [];
    this.waiting = [];
    this.arriving = new Set(); // to be shown coming in
    this.gone = new Map(); // id → visitor who left and whose place still stands
    this.fading = new Set();
  }

  reset() {
    this.waiting = [];
    this.gone.clear();
    this.fading.clear();
    this.ids = this.newestFirst([...this.feed.visitors.keys()]);
  }

  // A new snapshot of the same question: who stayed keeps the place.
  merge(last) {
    const { visitors } = this.feed;
    const known = new Set(this.ids);
    for (const id of this.ids) {
      if (visitors.has(id)) this.stay(id);
      else if (!this.gone.has(id)) this.gone.set(id, departed(last(id) || { id }));
    }
    this.waiting = this.newestFirst([...visitors.keys()].filter((id) => !known.has(id)));
    this.settle();
  }

  newestFirst(ids) {
    const { visitors } = this.feed;
    const at = (id) => this.feed.rank(visitors.get(id)) || 0;
    return ids.sort((a, b) => at(b) - at(a) || (a < b ? -1 : 1));
  }

  stay(id) {
    this.fading.delete(id);
    return this.gone.delete(id);
  }

  arrived(id) {
    if (!this.stay(id) && !this.ids.includes(id) && !this.waiting.includes(id)) this.waiting.unshift(id);
    this.settle();
  }

  // The next page of a list that is asked for piece by piece.
  append(ids) {
    const known = new Set([...this.ids, ...this.waiting]);
    this.ids = [...this.ids, ...ids.filter((id) => !known.has(id))];
    this.on.changed();
  }

  left(id, visitor) {
    this.waiting = this.waiting.filter((other) => other !== id);
    if (visitor && this.ids.includes(id)) this.gone.set(id, visitor);
    this.settle();
  }

  // Lets in and out what may move now.
  settle() {
    if (this.feed.state === "live") {
      const held = this.on.held();
      if (this.waiting.length && ((!held && this.on.atTop()) || !this.ids.length)) this.letIn();
      if (!held) this.letOut();
    }
    this.on.changed();
  }

  letIn() {
    const known = new Set(this.ids);
    const ids = this.waiting.filter((id) => this.feed.visitors.has(id) && !known.has(id));
    ids.forEach((id) => this.arriving.add(id));
    this.ids = [...ids, ...this.ids];
    this.waiting = [];
  }

  letOut() {
    for (const id of this.gone.keys()) {
      if (this.fading.has(id)) continue;
      this.fading.add(id);
      setTimeout(() => {
        if (!this.fading.delete(id) || !this.gone.delete(id)) return;
        this.ids = this.ids.filter((other) => other !== id);
        this.on.removed(id);
        this.on.changed();
      }, LEAVE_MS);
    }
  }
}
