// The list: what is in the page of it, virtual scroll, keyboard. Cards and rows are alike here.
//
// Each item stands in a slot that is placed by `translate`, so a slot is never moved within the
// page (focus and animations would be lost) and neighbours glide when one comes or goes.

import { attrs, button, el, scroller, toggle, write } from "../ground/dom.js";
import { Card } from "./card.js";
import { Order } from "./order.js";
import { Places, step } from "./places.js";
import { Row, rowHead } from "./row.js";

const ARRIVED_MS = 400; // The arrival is over; from then on the card glides as the others do.
const MOVED_MS = 1600;
const TOP_BAR = 72; // px that may lie over the list on a phone

export class Grid {
  constructor(parent, feed, words, on) {
    Object.assign(this, { feed, words, on });
    this.order = new Order(feed, {
      held: () => this.held,
      atTop: () => this.atTop(),
      changed: () => this.schedule(),
      removed: (id) => this.forget(id),
    });
    this.slots = new Map();
    this.open = new Set();
    this.dirty = new Set();
    this.focus = null;
    this.selected = null;
    this.newer = button("newer", "");
    this.newer.addEventListener("click", () => this.showNewer());
    this.rail = el("div", "rail", this.newer);
    this.rail.hidden = true;
    this.node = attrs(el("div", "grid"), { role: "grid", "aria-label": words.say(`live.grid_${on.tab}`) });
    parent.append(this.rail, this.node);
    this.listenInput();
    this.widths = new ResizeObserver(() => this.fit());
    this.widths.observe(parent);
    this.heights = new ResizeObserver((entries) => this.gauge(entries));
    this.onScroll = () => this.schedule();
    this.setMode("cards");
  }

  listenInput() {
    const { node } = this;
    node.addEventListener("pointerenter", (event) => (this.pointer = event.pointerType === "mouse"));
    node.addEventListener("pointerleave", () => {
      this.pointer = false;
      this.order.settle();
    });
    node.addEventListener("focusin", (event) => {
      this.focused = true;
      this.focus = event.target.closest(".slot")?.dataset.id ?? this.focus;
      this.schedule();
    });
    node.addEventListener("focusout", (event) => {
      if (node.contains(event.relatedTarget)) return;
      this.focused = false;
      this.order.settle();
    });
    node.addEventListener("keydown", (event) => this.key(event));
    node.addEventListener("click", (event) => {
      const slot = event.target.closest(".slot");
      if (slot && !event.target.closest("button")) this.select(slot.dataset.id);
    });
  }

  // Nothing changes its place under a pointer or a focus; one that a click left behind is none.
  get held() {
    return Boolean(this.pointer || this.node.querySelector(":focus-visible"));
  }

  get empty() {
    return !this.order.ids.length && !this.order.waiting.length;
  }

  setMode(mode) {
    this.mode = mode;
    this.clearSlots();
    this.places = new Places(mode);
    this.node.className = `grid ${mode}`;
    this.node.querySelector(".vr.head")?.remove();
    if (mode === "rows") this.node.prepend(rowHead(this.words));
    this.fit();
  }

  // ── News ─────────────────────────────────────────────────────────────────────────────────

  reset() {
    this.clearSlots();
    this.order.reset();
    this.schedule();
  }

  merge() {
    for (const id of this.slots.keys()) this.dirty.add(id);
    this.order.merge((id) => this.slots.get(id)?.item.visitor);
  }

  arrived(id) {
    this.dirty.add(id);
    this.order.arrived(id);
  }

  left(id, visitor) {
    this.dirty.add(id);
    this.order.left(id, visitor || this.slots.get(id)?.item.visitor);
  }

  appended(ids) {
    this.order.append(ids);
  }

  changed(id, moved) {
    this.dirty.add(id);
    if (moved) this.flash(id);
    this.schedule();
  }

  flash(id) {
    const node = this.slots.get(id)?.item.node;
    if (!node) return;
    toggle(node, "moved", false);
    void node.offsetWidth; // Starts the animation anew when pages follow each other fast.
    toggle(node, "moved", true);
    clearTimeout(node.calm);
    node.calm = setTimeout(() => toggle(node, "moved", false), MOVED_MS);
  }

  forget(id) {
    this.open.delete(id);
    this.places.tall.delete(id);
    if (this.selected === id) this.on.select(null);
    if (this.focus === id) this.focus = null;
  }

  showNewer() {
    this.order.letIn();
    this.render();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroller?.scrollBy({ top: -this.above() - TOP_BAR, behavior: calm ? "auto" : "smooth" });
  }

  tick(whole) {
    const now = this.feed.shown();
    for (const [id, slot] of this.slots) if (!this.order.gone.has(id)) slot.item.tick(now, whole);
  }

  // ── Sizes ────────────────────────────────────────────────────────────────────────────────

  fit() {
    const width = this.node.parentElement.clientWidth - (this.mode === "rows" ? 2 : 0);
    if (width <= 0) return;
    if (!this.scroller?.isConnected) this.follow(scroller(this.node));
    this.places.fit(width, 0);
    toggle(this.node, "narrow", this.places.narrow);
    const head = this.node.querySelector(".vr.head");
    this.places.head = head?.offsetHeight || 0;
    this.render();
  }

  // Heights follow fonts, styles and touch, so they are read from the page.
  gauge(entries) {
    let moved = false;
    for (const { target } of entries) {
      const slot = target.parentElement;
      const { id } = slot?.dataset || {};
      if (id && !slot.item.folding) moved = this.places.gauge(id, target.offsetHeight, this.open.has(id)) || moved;
    }
    if (moved) this.render();
  }

  // The others glide to where they will stand while this one opens or closes.
  unfold(id, open, height) {
    if (open) this.open.add(id);
    else this.open.delete(id);
    if (this.places.gauge(id, height, open)) this.render();
  }

  follow(box) {
    this.unfollow?.();
    this.scroller = box;
    const target = box === document.scrollingElement ? document : box;
    target.addEventListener("scroll", this.onScroll, { passive: true });
    this.unfollow = () => target.removeEventListener("scroll", this.onScroll);
  }

  // How far the window has gone down the list, px; negative while all of its top is in sight.
  above() {
    const box = this.scroller;
    const edge = box === document.scrollingElement ? 0 : box.getBoundingClientRect().top;
    return edge - this.node.getBoundingClientRect().top;
  }

  atTop() {
    return !this.scroller || this.node.hidden || this.above() < 120;
  }

  // ── Drawing ──────────────────────────────────────────────────────────────────────────────

  schedule() {
    if (this.frame || this.ended) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.render();
    });
  }

  render() {
    const { places, order, node } = this;
    if (!places.columns || this.ended) return;
    node.hidden = !order.ids.length;
    const tops = places.lines(order.ids);
    const index = new Map(order.ids.map((id, at) => [id, at]));
    if (!index.has(this.focus)) this.focus = order.ids[0] ?? null;
    const wanted = this.wanted(tops, index);
    const set = new Set(wanted);
    for (const [id, slot] of this.slots) if (!set.has(id)) this.drop(id, slot);
    const now = this.feed.shown();
    let cursor = node.querySelector(".slot");
    for (const id of wanted) {
      const slot = this.slots.get(id) || this.make(id, now);
      if (slot === cursor) cursor = cursor.nextElementSibling;
      else node.insertBefore(slot, cursor);
      this.place(slot, index.get(id), tops);
      if (this.dirty.has(id)) this.fill(slot, now);
    }
    this.dirty.clear();
    order.arriving.clear();
    const height = `${places.end(tops)}px`;
    if (node.style.height !== height) node.style.height = height;
    const heads = places.head ? 1 : 0;
    const total = Math.max(order.ids.length, this.feed.total || 0);
    attrs(node, { "aria-rowcount": total + heads, "aria-colcount": heads ? 6 : 1 });
    this.rail.hidden = !order.waiting.length || !order.ids.length;
    if (order.waiting.length) write(this.newer, this.words.count("live.newer", order.waiting.length));
  }

  wanted(tops, index) {
    const { places, order } = this;
    const high = this.scroller?.clientHeight || innerHeight;
    const [from, to] = places.window(tops, order.ids.length, this.above(), high);
    const wanted = order.ids.slice(from, to);
    // A focused item stays in the page though it is out of sight: the focus must not fall off.
    const at = index.get(this.focus);
    if (this.focused && at < from) wanted.unshift(this.focus);
    else if (this.focused && at >= to) wanted.push(this.focus);
    return wanted;
  }

  make(id, now) {
    const visitor = this.feed.visitors.get(id) || this.order.gone.get(id);
    const Item = this.mode === "rows" ? Row : Card;
    const item = new Item(visitor, this.words, {
      ...this.on.actions(id),
      open: () => this.select(id),
      resize: (open, height) => this.unfold(id, open, height),
    });
    const slot = attrs(el("div", "slot", item.node), { role: "row" });
    slot.dataset.id = id;
    slot.item = item;
    item.expand(this.open.has(id));
    this.slots.set(id, slot);
    // Who comes in slides; who is only scrolled to must not glide from the corner.
    const arrives = this.order.arriving.has(id);
    toggle(slot, arrives ? "in" : "still", true);
    if (arrives) setTimeout(() => toggle(slot, "in", false), ARRIVED_MS);
    this.fill(slot, now);
    this.heights.observe(item.node);
    return slot;
  }

  fill(slot, now) {
    const { id } = slot.dataset;
    const visitor = this.feed.visitors.get(id) || this.order.gone.get(id);
    if (!visitor) return;
    slot.item.fill(visitor, now);
    slot.setAttribute("aria-label", slot.item.label(now));
  }

  place(slot, at, tops) {
    const { id } = slot.dataset;
    const spot = this.places.spot(at, tops);
    if (slot.spot !== spot) {
      slot.style.translate = slot.spot = spot;
      setTimeout(() => toggle(slot, "still", false), 50);
    }
    const width = `${this.places.width}px`;
    if (slot.wide !== width) slot.style.width = slot.wide = width;
    toggle(slot, "out", this.order.fading.has(id));
    toggle(slot, "chosen", id === this.selected);
    const index = String(at + 1 + (this.places.head ? 1 : 0));
    attrs(slot, { "aria-rowindex": index, "aria-selected": String(id === this.selected) });
    const tab = id === this.focus ? 0 : -1;
    if (slot.tab === tab) return;
    slot.tabIndex = slot.tab = tab;
    for (const control of slot.item.controls) control.tabIndex = tab;
  }

  drop(id, slot) {
    clearTimeout(slot.item.node.calm);
    this.heights.unobserve(slot.item.node);
    slot.remove();
    this.slots.delete(id);
  }

  clearSlots() {
    for (const [id, slot] of this.slots) this.drop(id, slot);
  }

  // ── Keys ─────────────────────────────────────────────────────────────────────────────────

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { ids } = this.order;
    const to = step(event.key, ids.indexOf(this.focus), this.places.columns, ids.length);
    if (to !== undefined) {
      this.go(to);
    } else if (event.key === "Enter" && !event.target.closest("button")) {
      this.select(this.focus);
    } else if (event.key === " " && !event.target.closest("button")) {
      this.on.select(this.selected === this.focus ? null : this.focus);
    } else if (event.key === "Escape" && this.selected) {
      this.on.select(null);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  go(at) {
    this.focus = this.order.ids[at];
    const tops = this.places.lines(this.order.ids);
    const line = Math.floor(at / this.places.columns);
    const box = this.scroller;
    const [top, bottom] = [tops[line] - this.above(), tops[line + 1] - this.above()];
    if (top < TOP_BAR) box.scrollBy({ top: top - TOP_BAR, behavior: "instant" });
    else if (bottom > box.clientHeight) box.scrollBy({ top: bottom - box.clientHeight, behavior: "instant" });
    this.render();
    this.slots.get(this.focus)?.focus({ preventScroll: true });
  }

  // A click and Enter choose a visitor and open the profile; the space bar only chooses.
  select(id) {
    if (!id) return;
    this.focus = id;
    this.on.select(id);
    this.on.open(id);
  }

  mark(id) {
    this.selected = id;
    this.schedule();
  }

  destroy() {
    this.ended = true;
    cancelAnimationFrame(this.frame);
    this.widths.disconnect();
    this.heights.disconnect();
    this.unfollow?.();
    this.clearSlots();
    this.rail.remove();
    this.node.remove();
  }
}
