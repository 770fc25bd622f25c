// What a screen reader hears: the newest news, at most once in ten seconds.

import { attrs, el } from "./dom.js";

const PAUSE_MS = 10000;

export class Speech {
  constructor() {
    this.node = attrs(el("p", "sr"), { role: "status", "aria-live": "polite", "aria-atomic": "true" });
    this.spokeAt = 0;
  }

  say(text) {
    this.next = text;
    if (this.timer) return;
    const wait = Math.max(0, this.spokeAt + PAUSE_MS - Date.now());
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.spokeAt = Date.now();
      this.node.textContent = this.next;
    }, wait);
  }

  // What the person has just asked for is said at once.
  now(text) {
    clearTimeout(this.timer);
    this.timer = 0;
    this.spokeAt = 0;
    this.say(text);
  }

  end() {
    clearTimeout(this.timer);
  }
}
