// The figures over the map: today, now, and the countries in words; these work without a pointer.

import { attrs, el, write, writeClipped, writeFlag } from "../ground/dom.js";

export class Stats {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    this.today = el("span");
    this.online = el("span");
    this.dot = el("i", "dot pulse");
    this.list = attrs(el("ol"), { "aria-label": words.say("map.countries") });
    root.append(el("section", "stats",
      el("div", "two-up",
        el("div", "", el("b", "", this.today), el("small", "", words.say("map.today"))),
        el("div", "", el("b", "", this.dot, this.online), el("small", "", words.say("map.online")))),
      this.list));
    this.stop = feed.listen(() => this.count());
    this.update(props);
  }

  count() {
    const { feed, words } = this;
    this.dot.className = feed.counts.online && feed.state === "live" ? "dot pulse" : "dot off";
    write(this.online, feed.state === "loading" ? "–" : words.number(feed.counts.online));
  }

  update(props) {
    this.props = props;
    const { words, list } = this;
    write(this.today, props.today === null ? "–" : words.number(props.today));
    while (list.children.length > props.countries.length) list.lastChild.remove();
    while (list.children.length < props.countries.length) list.append(this.row());
    props.countries.forEach(({ country_code: code, country, visitor_count: visitors }, at) => {
      const { row } = list.children[at];
      row.code = code;
      writeFlag(row.flag, code);
      writeClipped(row.label, country);
      write(row.number, words.number(visitors));
    });
    this.count();
  }

  row() {
    const flag = attrs(el("span", "flag"), { "aria-hidden": "true" });
    const [name, number] = [el("span", "clip grow"), el("b")];
    const row = attrs(el("button", "", flag, name, number), { type: "button" });
    Object.assign(row, { flag, label: name, number });
    row.addEventListener("click", () => this.props.trigger("country", row.code));
    return Object.assign(el("li", "", row), { row });
  }

  destroy() {
    this.stop();
  }
}
