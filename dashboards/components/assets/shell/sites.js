// The site that is looked at, and the others to go to, each with who is on it now.

import { attrs, el, icon, write } from "../ground/dom.js";
import { ask } from "../ground/feed.js";
import { Menu } from "./menu.js";

const LOOK_EVERY = 5000; // ms, while the list is open

export class Sites {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    const here = props.sites.find(({ key }) => key === props.site.key) || props.site;
    const several = props.sites.length > 1;
    const button = el(several ? "button" : "div", "site", badge(here), several ? icon("down", true) : null);
    root.append(button);
    if (!several) return;
    button.type = "button";
    // Its name is what stands on it; a voice command says what it sees.
    button.title = words.say("shell.site_choose");
    this.menu = new Menu(button, words.say("shell.site_choose"), {
      chosen: (key) => key !== here.key && props.trigger("site", key),
      opens: () => this.look(),
    });
    this.numberOf = new Map();
    this.menu.fill(props.sites.map((site) => this.item(site)));
    root.append(this.menu.node);
    this.stop = feed.listen(() => this.draw(here.key, feed.counts.online));
    this.timer = setInterval(() => this.menu.isOpen && this.look(), LOOK_EVERY);
  }

  item(site) {
    const dot = el("i", "dot off");
    const number = el("span");
    const item = el("button", "item", badge(site), el("span", "n", dot, number));
    item.type = "button";
    Object.assign(item, { value: site.key, chosen: site.key === this.props.site.key });
    this.numberOf.set(site.key, { dot, number });
    return item;
  }

  look() {
    this.draw(this.props.site.key, this.feed.counts.online);
    for (const { key } of this.props.sites) {
      if (key === this.props.site.key) continue;
      ask("visitors/online", { site: key, limit: 1 })
        .then(({ counts }) => this.draw(key, counts.online))
        .catch(() => {}); // Without an answer the number stays as it was.
    }
  }

  draw(key, online) {
    const { dot, number } = this.numberOf.get(key) || {};
    if (!dot) return;
    dot.className = online ? "dot" : "dot off";
    write(number, this.words.number(online));
  }

  destroy() {
    this.stop?.();
    clearInterval(this.timer);
    this.root.replaceChildren();
  }
}

function badge({ key, name, below }) {
  const letter = [...String(name || key).toUpperCase()].find((one) => /[\p{L}\p{N}]/u.test(one)) || "·";
  return el("span", "badge", attrs(el("i", "", letter), { "aria-hidden": "true" }),
    attrs(el("span", "grow", el("b", "clip", name || key), el("small", "clip", below || "")), { dir: "auto" }));
}
