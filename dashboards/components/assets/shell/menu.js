// A small list that opens below a button: arrows walk, Enter takes, Escape and a click beside close.

import { attrs, el } from "../ground/dom.js";

const GAP = 6, EDGE = 8; // px

export class Menu {
  // `items` are nodes with a `value`; on: { chosen(value), opens() }
  constructor(button, label, on) {
    Object.assign(this, { button, on });
    this.node = attrs(el("div", "menu"), { role: "menu", "aria-label": label, popover: "auto" });
    attrs(button, { "aria-haspopup": "menu", "aria-expanded": "false" });
    button.addEventListener("click", () => this.node.togglePopover());
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || this.isOpen) return;
      event.preventDefault();
      this.node.showPopover();
    });
    this.node.addEventListener("toggle", ({ newState }) => this.turned(newState === "open"));
    this.node.addEventListener("keydown", (event) => this.key(event));
  }

  get isOpen() {
    return this.node.matches(":popover-open");
  }

  fill(items) {
    this.items = items;
    for (const item of items) {
      attrs(item, { role: "menuitemradio", "aria-checked": String(Boolean(item.chosen)) });
      item.tabIndex = -1;
      item.onclick = () => {
        this.node.hidePopover();
        this.on.chosen(item.value);
      };
    }
    this.node.replaceChildren(...items);
  }

  turned(open) {
    attrs(this.button, { "aria-expanded": String(open) });
    if (!open) {
      if (this.within) this.button.focus();
      return;
    }
    this.place();
    this.on.opens?.();
    (this.items.find((item) => item.chosen) || this.items[0])?.focus();
  }

  get within() {
    const active = this.node.getRootNode().activeElement;
    return !active || this.node.contains(active);
  }

  place() {
    const box = this.button.getBoundingClientRect();
    const { offsetWidth: wide } = this.node;
    const left = Math.max(EDGE, Math.min(box.left, innerWidth - wide - EDGE));
    this.node.style.cssText = `left:${left}px;top:${box.bottom + GAP}px`;
  }

  key(event) {
    const { items } = this;
    const at = items.indexOf(this.node.getRootNode().activeElement);
    const last = items.length - 1;
    const to = { ArrowDown: at === last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[to].focus();
  }
}
