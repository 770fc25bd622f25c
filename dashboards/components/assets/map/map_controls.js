// Buttons over the map: closer, farther, all, full screen, and the way back up.

import { attrs, el, icon, write } from "../ground/dom.js";

const NOTCH = 240; // of a wheel, about one level of zoom

export class Controls {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, words, props });
    const tool = (name, label, act) => {
      const node = attrs(el("button", "", icon(name)), { type: "button", "aria-label": words.say(label), title: words.say(label) });
      node.addEventListener("click", act);
      return node;
    };
    this.crumbs = attrs(el("nav", "crumbs"), { "aria-label": words.say("map.where") });
    root.append(
      el("div", "tools",
        tool("plus", "map.closer", () => this.turn(-NOTCH)),
        tool("minus", "map.farther", () => this.turn(NOTCH)),
        tool("target", "map.fit", () => this.props.trigger("fit", Date.now()))),
      this.crumbs,
      el("div", "tools", tool("full", "map.full", () => this.fill())));
    this.update(props);
  }

  // The map tells Python nothing of where it has been moved to, so it is turned by its own wheel.
  turn(by) {
    const canvas = this.box()?.querySelector("canvas");
    if (!canvas) return;
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const at = { clientX: left + width / 2, clientY: top + height / 2, deltaY: by, bubbles: true, cancelable: true };
    canvas.dispatchEvent(new WheelEvent("wheel", at));
  }

  fill() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.box()?.requestFullscreen?.();
  }

  box() {
    return document.querySelector(".st-key-map_box");
  }

  update(props) {
    this.props = props;
    const path = props.path.map(({ name }) => name).join("/");
    if (this.drawn === path) return;
    this.drawn = path;
    this.crumbs.replaceChildren(...props.path.map(({ name, up }, at) => {
      const node = attrs(el("button", "clip"), { type: "button", dir: "auto" });
      write(node, name);
      if (at === props.path.length - 1) node.setAttribute("aria-current", "page");
      else node.addEventListener("click", () => this.props.trigger("up", up));
      return node;
    }));
    this.crumbs.hidden = props.path.length < 2;
  }

  destroy() {}
}
