// The head of the map: how many are here, from how many countries, and the way to the list.

import { attrs, el, icon, toggle, write } from "../ground/dom.js";

export class MapHead {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    this.dot = el("i", "dot");
    this.number = el("span", "n", "–");
    this.sub = el("p", "sub");
    root.append(el("div", "head",
      el("div", "now", attrs(el("span", "big", this.dot, this.number), { "aria-hidden": "true" }),
        el("div", "txt", el("h1", "", words.say("map.title")), this.sub)),
      this.makeSwitch()));
    this.stop = feed.listen(() => this.draw());
    this.draw();
  }

  makeSwitch() {
    const { words } = this;
    const here = attrs(el("button", "", icon("globe", true), words.say("map.map")), { role: "radio", "aria-checked": "true", type: "button" });
    const list = attrs(el("button", "", icon("rows", true), words.say("map.list")), { role: "radio", "aria-checked": "false", type: "button", tabindex: "-1" });
    const go = () => this.props.trigger("list", Date.now());
    list.addEventListener("click", go);
    const group = attrs(el("div", "seg", here, list), { role: "radiogroup", "aria-label": words.say("map.view") });
    group.addEventListener("keydown", (event) => /^Arrow/.test(event.key) && go());
    return group;
  }

  update(props) {
    this.props = props;
    this.draw();
  }

  draw() {
    const { feed, words } = this;
    const loading = feed.state === "loading";
    const { online } = feed.counts;
    toggle(this.root, "stale", feed.state === "cut");
    this.dot.className = online && feed.state === "live" ? "dot pulse" : "dot off";
    write(this.number, loading ? "–" : words.number(online));
    const countries = new Set();
    for (const { location } of feed.visitors.values()) if (location?.country_code) countries.add(location.country_code);
    const cut = feed.state === "cut" && feed.heardAt;
    write(this.sub, loading ? words.say("live.loading")
      : cut ? words.say("live.as_of", { time: words.clock(feed.heardAt, true) })
      : online ? words.count("map.sub", countries.size) : words.say("live.sub_none"));
    // The menu shows the number too; a custom property crosses the shadow root.
    document.documentElement.style.setProperty("--hz-online", loading ? '""' : `"${words.number(online)}"`);
  }

  destroy() {
    this.stop();
    document.documentElement.style.removeProperty("--hz-online");
  }
}
