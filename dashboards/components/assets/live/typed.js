// What is typed into the search is asked for at once. Streamlit waits a quarter of a second for
// another letter, and then runs the page before the parts hear of it.

import { SEARCH } from "../ground/keys.js";

const PAUSE = 60; // ms in which another letter may follow
const AHEAD = 3000; // ms in which the page is expected to follow
const LONGEST = 200; // as the page clips it
const ACTS = ["pointerdown", "keydown"];

export class Typed {
  constructor(feed) {
    this.feed = feed;
    this.q = null; // what the page has not heard yet
    feed.ahead = (filters) => this.over(filters);
    this.onInput = (event) => isSearch(event) && !event.isComposing && this.take(event.target.value);
    // Another filter, a step back: from here on the page knows better.
    this.onAct = (event) => isSearch(event) || this.forget();
    this.onBack = () => this.forget();
    document.addEventListener("input", this.onInput);
    for (const kind of ACTS) document.addEventListener(kind, this.onAct, true);
    addEventListener("popstate", this.onBack);
  }

  take(text) {
    const { feed } = this;
    this.q = text.trim().slice(0, LONGEST);
    this.until = Date.now() + AHEAD;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => feed.want(feed.language, feed.filters), PAUSE);
  }

  forget() {
    clearTimeout(this.timer);
    this.q = null;
  }

  // Filters of a run that may be older than what is typed.
  over(filters) {
    if (this.q === null) return filters;
    if (filters.q === this.q || Date.now() > this.until) {
      this.q = null;
      return filters;
    }
    return { ...filters, q: this.q };
  }

  end() {
    this.forget();
    this.feed.ahead = null;
    document.removeEventListener("input", this.onInput);
    for (const kind of ACTS) document.removeEventListener(kind, this.onAct, true);
    removeEventListener("popstate", this.onBack);
  }
}

const isSearch = ({ target }) => target instanceof Element && target.matches(SEARCH);
