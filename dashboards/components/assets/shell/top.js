// The top row of every page: the way to the search, and how many are here. It also writes the
// number in the menu: a custom property crosses the shadow roots between.

import { attrs, button, el, icon, toggle, write } from "../ground/dom.js";
import { focusSearch } from "../ground/keys.js";

export class Top {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    this.search = button("ghost search", words.say("shell.search"), "search");
    this.search.append(attrs(el("kbd", "", "/"), { "aria-hidden": "true" }));
    this.search.addEventListener("click", () => (document.querySelector(".st-key-filters") ? focusSearch() : this.props.trigger("search", Date.now())));
    this.dot = el("i", "dot off");
    this.number = el("span");
    this.clock = icon("replay", true);
    this.pill = el("span", "pill here", this.dot, this.clock, this.number);
    root.append(el("div", "top", this.search, el("span", "grow"), this.pill));
    this.stop = feed.listen(() => this.drawSoon());
    this.draw();
  }

  set props(props) {
    this.given = props;
    if (this.pill) this.drawSoon();
  }

  get props() {
    return this.given;
  }

  drawSoon() {
    if (!this.frame) this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    const { feed, words } = this;
    const { online } = feed.counts;
    const known = feed.state === "live";
    const { past } = this.props;
    this.pill.hidden = feed.state === "loading" && !past;
    toggle(this.pill, "on", known && online > 0 && !past);
    toggle(this.pill, "aw", Boolean(past));
    this.dot.className = known && online && !feed.paused ? "dot pulse" : "dot off";
    this.dot.toggleAttribute("hidden", Boolean(past));
    this.clock.toggleAttribute("hidden", !past);
    write(this.number, past || (known ? words.count("shell.online", online) : words.say("shell.cut")));
    document.documentElement.style.setProperty("--hz-online", known ? `"${words.number(online)}"` : '""');
  }

  destroy() {
    this.stop();
    cancelAnimationFrame(this.frame);
    document.documentElement.style.removeProperty("--hz-online");
    this.root.replaceChildren();
  }
}
