// What is chosen in the row of filters is asked for at once, ahead of the run of the page: that
// takes 200 ms, and for what is typed a quarter of a second more, in which another letter may come.

import { SEARCH } from "../ground/keys.js";

const PAUSE = 60; // ms in which another letter may follow
const AHEAD = 3000; // ms in which the page is expected to follow
const LONGEST = 200; // as the page clips it
const ACTS = ["pointerdown", "keydown"];
const SELECT = ".st-key-filters [data-testid=stSelectbox]";
const OPTION = "[role=option]";

export class Ahead {
  // `choices()` gives, by filter, what its select offers: the name by code.
  constructor(feed, choices) {
    Object.assign(this, { feed, choices });
    this.unheard = {}; // by filter, what the page has not heard yet
    feed.ahead = (filters) => this.over(filters);
    this.onInput = (event) => isSearch(event) && !event.isComposing && this.type(event.target.value);
    this.onAct = (event) => this.act(event);
    // Of a click the list of options may see no more than this.
    this.onUp = ({ target }) => this.choose(target instanceof Element && target.closest(OPTION));
    this.onBack = () => this.forget();
    document.addEventListener("input", this.onInput);
    document.addEventListener("pointerup", this.onUp, true);
    for (const kind of ACTS) document.addEventListener(kind, this.onAct, true);
    addEventListener("popstate", this.onBack);
  }

  act(event) {
    const { target } = event;
    if (isSearch(event)) return;
    if (!(target instanceof Element) || !target.closest(`${SELECT}, ${OPTION}`)) return this.forget(); // From here on the page knows better.
    if (event.key === "Enter") this.choose(document.getElementById(target.getAttribute("aria-activedescendant")));
  }

  type(text) {
    this.note("q", text.trim().slice(0, LONGEST), PAUSE);
  }

  choose(option) {
    const list = option && option.closest("[role=listbox]");
    const select = list && document.querySelector(`${SELECT} input[aria-controls="${CSS.escape(list.id)}"]`);
    const name = /st-key-filter-(country|page_url|duration)/.exec(select?.closest("[class*=st-key-filter-]")?.className)?.[1];
    if (!name) return;
    const label = option.textContent.trim();
    const found = Object.entries(this.choices()?.[name] || {}).find(([, offered]) => offered === label);
    if (found) this.note(name, found[0], 0);
  }

  note(name, value, pause) {
    this.unheard[name] = value;
    this.until = Date.now() + AHEAD;
    clearTimeout(this.timer);
    const ask = () => this.feed.want(this.feed.language, this.feed.filters);
    if (pause) this.timer = setTimeout(ask, pause);
    else ask();
  }

  forget() {
    clearTimeout(this.timer);
    this.unheard = {};
  }

  // Filters of a run that may be older than what is chosen.
  over(filters) {
    if (Date.now() > this.until) this.unheard = {};
    for (const [name, value] of Object.entries(this.unheard)) {
      if ((filters[name] || "") === value) delete this.unheard[name];
    }
    return { ...filters, ...this.unheard };
  }

  end() {
    this.forget();
    this.feed.ahead = null;
    document.removeEventListener("input", this.onInput);
    document.removeEventListener("pointerup", this.onUp, true);
    for (const kind of ACTS) document.removeEventListener(kind, this.onAct, true);
    removeEventListener("popstate", this.onBack);
  }
}

const isSearch = ({ target }) => target instanceof Element && target.matches(SEARCH);
