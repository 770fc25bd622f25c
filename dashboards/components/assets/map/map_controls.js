// Buttons over the map: closer, farther, all, full screen, and the way back up. As the part that
// lies in the map's box it also says how much room the map has.

import { attrs, el, icon, scroller, write } from "../ground/dom.js";

const NOTCH = 240; // of a wheel, about one level of zoom
const BESIDE = 1100, PHONE = 640; // px of the window: from where on the feed stands beside; a phone
const HEIGHT = 570, ON_PHONE = 360; // px
const LOWEST = 420, HIGHEST = 900; // px
const BELOW = 34; // What the page keeps free under it, with the lines of the box.
const SETTLES = 300; // ms in which a size may still change
const NEAR = 16; // px that are not worth another map

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
    this.later = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.measure(), SETTLES);
    };
    this.sizes = new ResizeObserver(this.later);
    this.sizes.observe(root);
    addEventListener("resize", this.later);
    this.frame = requestAnimationFrame(() => this.measure());
    this.update(props);
  }

  // As high as the window leaves beside the feed; where that stands below, both are to be seen.
  measure() {
    const box = this.box();
    if (!box?.clientWidth || document.fullscreenElement) return;
    const { top, width } = box.getBoundingClientRect();
    const room = innerHeight - top - scroller(box).scrollTop - BELOW;
    const high = innerWidth <= PHONE ? ON_PHONE : innerWidth <= BESIDE ? HEIGHT : Math.max(LOWEST, Math.min(HIGHEST, width, room));
    const size = { width: Math.round(width), height: Math.round(high) };
    const { style } = document.documentElement;
    if (innerWidth > BESIDE) style.setProperty("--hz-map", `${size.height}px`);
    else style.removeProperty("--hz-map");
    const told = this.told || this.props.size;
    if (Math.abs(told.width - size.width) < NEAR && Math.abs(told.height - size.height) < NEAR) return;
    this.told = size;
    this.props.keep("size", size);
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

  destroy() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
    removeEventListener("resize", this.later);
  }
}
