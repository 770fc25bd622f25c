// Who was clicked on the map, live while it is open.

import { attrs, button, el, write, writeClipped, writeFlag } from "../ground/dom.js";
import { departed } from "../ground/feed.js";
import { avatar, writeAvatar } from "../ground/pieces.js";
import { nameOf, pageSince, placeOf, presenceOf } from "../ground/visitor.js";

export class Popup {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, feed, words, props });
    const clip = (tag, name) => attrs(el(tag, name), { dir: "auto" });
    this.avatar = avatar(props.visitor, true);
    this.name = clip("b", "nm clip");
    this.flag = attrs(el("span", "flag"), { "aria-hidden": "true" });
    this.place = clip("span", "clip");
    this.page = clip("span", "mono clip grow");
    this.onPage = attrs(el("time", "timer muted"), { role: "timer", "aria-live": "off" });
    const shut = attrs(el("button", "shut", "×"), { type: "button", "aria-label": words.say("map.close") });
    const view = button("out", words.say("map.view_visitor"));
    this.write = button("pri", words.say("map.write"));
    this.node = attrs(el("section", "mpop",
      el("div", "row", this.avatar, el("div", "grow", this.name, el("span", "where", this.flag, this.place)), shut),
      el("div", "row muted", this.page, this.onPage),
      el("div", "row", view, this.write)), { role: "group", tabindex: "-1" });
    root.append(this.node);
    shut.addEventListener("click", () => this.close());
    view.addEventListener("click", () => this.props.trigger("select", this.props.visitor.id));
    this.write.addEventListener("click", () => this.props.trigger("write", this.props.visitor.id));
    this.node.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.stop = feed.listen((kind, id) => (id === this.props.visitor.id || kind === "snapshot") && this.draw());
    this.timer = setInterval(() => this.tick(), 1000);
    this.update(props);
    view.focus({ preventScroll: true });
  }

  // A click beside everybody ends the choice on the map; the map offers no other way to end it.
  close() {
    this.props.trigger("close", this.props.visitor.id);
    const canvas = document.querySelector(".st-key-map_box canvas");
    if (!canvas) return;
    const { left, top } = canvas.getBoundingClientRect();
    const at = { clientX: left + 2, clientY: top + 2, bubbles: true, pointerId: 1, pointerType: "mouse", isPrimary: true };
    for (const type of ["pointerdown", "pointerup"]) canvas.dispatchEvent(new PointerEvent(type, { ...at, buttons: type === "pointerdown" ? 1 : 0 }));
    canvas.dispatchEvent(new MouseEvent("click", at));
  }

  update(props) {
    this.props = props;
    this.seen = this.feed.visitors.has(props.visitor.id);
    this.draw();
  }

  // The feed knows newer than what was asked for; who has gone from it has left.
  get visitor() {
    const { visitor } = this.props;
    const live = this.feed.visitors.get(visitor.id);
    this.seen ||= Boolean(live);
    return live || (this.seen ? departed(visitor) : visitor);
  }

  draw() {
    const { words, visitor } = this;
    const presence = presenceOf(visitor, this.feed.shown() || Date.now(), words);
    writeAvatar(this.avatar, visitor, presence);
    writeClipped(this.name, nameOf(visitor, words));
    writeFlag(this.flag, visitor.location?.country_code);
    writeClipped(this.place, placeOf(visitor, words));
    writeClipped(this.page, visitor.current_page?.url || "");
    this.node.setAttribute("aria-label", nameOf(visitor, words));
    this.write.hidden = !this.props.may_write;
    this.tick();
  }

  tick() {
    const { visitor, words } = this;
    const gone = visitor.presence === "offline";
    write(this.onPage, gone ? words.say("live.left") : words.length((this.feed.shown() - pageSince(visitor)) / 1000));
  }

  destroy() {
    this.stop();
    clearInterval(this.timer);
  }
}
