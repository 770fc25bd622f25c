// The list: order, places, virtual scroll, keyboard. Cards and rows are items of the same kind.
//
// Each item stands in a slot that is placed by `translate`, so a slot is never moved within the
// page (focus and animations would be lost) and neighbours glide when one comes or goes.

import { attrs, button, el, scroller, toggle, write } from "./dom.js";
import { Card } from "./card.js";
import { Row, rowHead } from "./row.js";
import { startedAt } from "./visitor.js";

const ALL_BELOW = 51; // Up to here everything is in the page; above, what is in sight.
const MARGIN = 600; // px kept ready above and below the window
const LEAVE_MS = 500, MOVED_MS = 1600;
const GUESS = { cards: 250, rows: 57 };

export class Grid {
  constructor(parent, feed, words, on) {
    Object.assign(this, { feed, words, on });
    this.order = []; // ids as shown, newest first
    this.waiting = []; // ids that came while nothing may move
    this.gone = new Map(); // id → visitor who left and whose place still stands
    this.slots = new Map();
    this.open = new Set();
    this.tall = new Map(); // heights of opened cards
    this.dirty = new Set();
    this.focus = null;
    this.selected = null;
    this.mode = "cards";
    this.newer = button("newer", "");
    this.newer.addEventListener("click", () => this.showNewer());
    this.rail = el("div", "rail", this.newer);
    this.rail.hidden = true;
    this.node = attrs(el("div", "grid"), { role: "grid", "aria-label": words.say("live.grid") });
    parent.append(this.rail, this.node);
    this.listenInput();
    this.sizes = new ResizeObserver(() => this.measure());
    this.sizes.observe(this.node);
    this.onScroll = () => this.schedule();
    this.scroller = null;
    this.setMode("cards");
  }

  listenInput() {
    const { node } = this;
    node.addEventListener("pointerenter", (event) => (this.pointer = event.pointerType === "mouse"));
    node.addEventListener("pointerleave", () => {
      this.pointer = false;
      this.settle();
    });
    node.addEventListener("focusin", () => (this.focused = true));
    node.addEventListener("focusout", (event) => {
      if (node.contains(event.relatedTarget)) return;
      this.focused = false;
      this.settle();
    });
    node.addEventListener("keydown", (event) => this.key(event));
    node.addEventListener("click", (event) => {
      const slot = event.target.closest(".slot");
      if (slot && !event.target.closest("button")) this.select(slot.dataset.id);
    });
  }

  // Nothing changes its place under a pointer or a focus.
  get held() {
    return Boolean(this.pointer || this.focused);
  }

  setMode(mode) {
    this.mode = mode;
    this.clearSlots();
    this.tall.clear();
    this.itemHeight = GUESS[mode];
    this.measured = false;
    this.headHeight = 0;
    this.node.className = `grid ${mode}`;
    this.node.querySelector(".vr.head")?.remove();
    if (mode === "rows") this.node.prepend(rowHead(this.words));
    this.measure();
  }

  // ── What is in the list ──────────────────────────────────────────────────────────────────

  reset() {
    this.clearSlots();
    this.waiting = [];
    this.gone.clear();
    this.order = this.newestFirst([...this.feed.visitors.keys()]);
    this.schedule();
  }

  // A new snapshot of the same question: who stayed keeps the place.
  merge() {
    const { visitors } = this.feed;
    const known = new Set(this.order);
    for (const id of this.order) {
      if (!visitors.has(id)) this.gone.set(id, this.slots.get(id)?.item.visitor);
      else this.gone.delete(id);
      this.dirty.add(id);
    }
    this.waiting = this.newestFirst([...visitors.keys()].filter((id) => !known.has(id)));
    this.settle();
    this.schedule();
  }

  newestFirst(ids) {
    const { visitors } = this.feed;
    return ids.sort((a, b) => startedAt(visitors.get(b)) - startedAt(visitors.get(a)) || (a < b ? -1 : 1));
  }

  arrived(id) {
    this.dirty.add(id);
    if (this.gone.delete(id) || this.order.includes(id)) {
      const slot = this.slots.get(id);
      if (slot) toggle(slot, "out", false);
      return this.schedule();
    }
    if (!this.waiting.includes(id)) this.waiting.unshift(id);
    this.settle();
  }

  changed(id, moved) {
    this.dirty.add(id);
    if (moved) this.flash(id);
    this.schedule();
  }

  left(id, visitor) {
    this.waiting = this.waiting.filter((other) => other !== id);
    if (this.order.includes(id)) {
      this.gone.set(id, visitor || this.slots.get(id)?.item.visitor);
      this.dirty.add(id);
    }
    this.settle();
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

  // Lets wait what may not move now; lets in and out what may.
  settle() {
    if (this.feed.state !== "live") return this.schedule();
    const top = !this.atTop();
    if (this.waiting.length && ((!this.held && !top) || !this.order.length)) this.letIn();
    if (!this.held) this.letOut();
    this.schedule();
  }

  letIn() {
    const known = new Set(this.order);
    const ids = this.waiting.filter((id) => this.feed.visitors.has(id) && !known.has(id));
    ids.forEach((id) => (this.arriving ||= new Set()).add(id));
    this.order = [...ids, ...this.order];
    this.waiting = [];
  }

  letOut() {
    for (const id of this.gone.keys()) {
      const slot = this.slots.get(id);
      if (!slot) {
        this.remove(id);
      } else if (!slot.classList.contains("out")) {
        toggle(slot, "out", true);
        setTimeout(() => {
          if (this.gone.has(id) && slot.classList.contains("out")) this.remove(id);
          this.schedule();
        }, LEAVE_MS);
      }
    }
  }

  remove(id) {
    this.gone.delete(id);
    this.open.delete(id);
    this.tall.delete(id);
    this.order = this.order.filter((other) => other !== id);
    if (this.selected === id) this.selected = null;
    if (this.focus === id) this.focus = null;
  }

  showNewer() {
    this.letIn();
    this.render();
    const { scroller: box } = this;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    box?.scrollBy({ top: this.node.getBoundingClientRect().top - edge(box) - 80, behavior: calm ? "auto" : "smooth" });
    this.schedule();
  }

  // ── Where it stands ──────────────────────────────────────────────────────────────────────

  measure() {
    const width = this.node.clientWidth;
    if (!width) return;
    if (!this.scroller?.isConnected) this.follow(scroller(this.node));
    const rows = this.mode === "rows";
    this.columns = rows ? 1 : width >= 1000 ? 3 : width >= 640 ? 2 : 1;
    this.gap = rows ? 0 : width < 640 ? 12 : 20;
    this.width = (width - this.gap * (this.columns - 1)) / this.columns;
    toggle(this.node, "narrow", rows && width < 860);
    this.headHeight = this.node.querySelector(".vr.head")?.offsetHeight || 0;
    this.measured = false;
    this.tall.clear();
    this.render();
  }

  follow(box) {
    this.scroller?.removeEventListener("scroll", this.onScroll);
    this.scroller = box;
    const target = box === document.scrollingElement ? document : box;
    target.addEventListener("scroll", this.onScroll, { passive: true });
  }

  atTop() {
    const box = this.scroller;
    return !box || this.node.getBoundingClientRect().top > edge(box) - 120;
  }

  // Tops of all lines; a line is as high as its highest card.
  lines() {
    const tops = [this.headHeight];
    for (let first = 0; first < this.order.length; first += this.columns) {
      let height = this.itemHeight;
      for (let at = first; this.open.size && at < first + this.columns; at += 1) {
        if (this.open.has(this.order[at])) height = Math.max(height, this.tall.get(this.order[at]) || 0);
      }
      tops.push(tops[tops.length - 1] + height + this.gap);
    }
    return tops;
  }

  schedule() {
    if (this.frame || this.ended) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.render();
    });
  }

  render() {
    if (!this.columns || this.ended) return;
    const tops = this.lines();
    const total = this.order.length;
    const [from, to] = this.window(tops);
    const wanted = this.order.slice(from, to);
    const set = new Set(wanted);
    // A focused card stays in the page though it is out of sight: the focus must not fall off.
    if (this.focused && this.focus && !set.has(this.focus) && this.order.includes(this.focus)) {
      (this.order.indexOf(this.focus) < from ? wanted.unshift : wanted.push).call(wanted, this.focus);
      set.add(this.focus);
    }
    for (const [id, slot] of this.slots) if (!set.has(id)) this.drop(id, slot);
    if (!this.focus || !this.order.includes(this.focus)) this.focus = this.order[0] ?? null;
    const now = this.feed.shown();
    const index = new Map(this.order.map((id, at) => [id, at]));
    let cursor = this.node.querySelector(".slot");
    for (const id of wanted) {
      const slot = this.slots.get(id) || this.make(id, now);
      if (slot === cursor) cursor = nextSlot(cursor);
      else this.node.insertBefore(slot, cursor);
      this.place(slot, index.get(id), tops);
      if (this.dirty.has(id)) this.fill(slot, now);
    }
    this.dirty.clear();
    this.arriving = null;
    const height = `${Math.max(0, tops[tops.length - 1] - (total ? this.gap : 0))}px`;
    if (this.node.style.height !== height) this.node.style.height = height;
    attrs(this.node, { "aria-rowcount": total + (this.headHeight ? 1 : 0), "aria-colcount": this.mode === "rows" ? 5 : 1 });
    this.node.hidden = !total;
    this.rail.hidden = !this.waiting.length;
    if (this.waiting.length) write(this.newer, this.words.count("live.newer", this.waiting.length));
    this.remeasure();
  }

  window(tops) {
    const total = this.order.length;
    if (total < ALL_BELOW || !this.scroller) return [0, Math.min(total, ALL_BELOW + 9)];
    const above = edge(this.scroller) - this.node.getBoundingClientRect().top;
    const high = this.scroller.clientHeight || innerHeight;
    let first = 0, last = tops.length - 1;
    while (first < last - 1 && tops[first + 1] < above - MARGIN) first += 1;
    let end = first;
    while (end < last && tops[end] < above + high + MARGIN) end += 1;
    return [first * this.columns, Math.min(total, Math.max(end, first + 1) * this.columns)];
  }

  // Heights follow fonts and touch, so they are read from the page, once for each width.
  remeasure() {
    if (this.measured) return;
    for (const [id, slot] of this.slots) {
      if (this.open.has(id)) continue;
      const height = slot.item.node.offsetHeight;
      if (!height) return;
      this.measured = true;
      for (const other of this.open) this.gauge(other);
      if (height !== this.itemHeight) {
        this.itemHeight = height;
        this.schedule();
      }
      return;
    }
  }

  gauge(id) {
    const height = this.slots.get(id)?.item.node.offsetHeight;
    if (height) this.tall.set(id, height);
  }

  make(id, now) {
    const visitor = this.feed.visitors.get(id) || this.gone.get(id);
    const Item = this.mode === "rows" ? Row : Card;
    const item = new Item(visitor, this.words, {
      open: () => this.on.open(id),
      resize: (open) => {
        if (open) this.open.add(id);
        else this.open.delete(id);
        this.gauge(id);
        this.schedule();
      },
    });
    const slot = attrs(el("div", "slot", item.node), { role: "row" });
    slot.dataset.id = id;
    slot.item = item;
    slot.tabIndex = -1;
    item.expand(this.open.has(id));
    this.slots.set(id, slot);
    if (this.arriving?.has(id)) toggle(slot, "in", true);
    else toggle(slot, "still", true); // No glide to the first place.
    this.fill(slot, now);
    return slot;
  }

  fill(slot, now) {
    const { id } = slot.dataset;
    const gone = this.gone.has(id);
    const visitor = this.feed.visitors.get(id) || this.gone.get(id);
    if (!visitor) return;
    if (slot.item.fill(visitor, now, gone)) {
      this.gauge(id);
      this.schedule();
    }
    slot.setAttribute("aria-label", slot.item.label(now));
  }

  place(slot, at, tops) {
    const line = Math.floor(at / this.columns);
    const x = (at % this.columns) * (this.width + this.gap);
    const spot = `${Math.round(x)}px ${tops[line]}px`;
    if (slot.spot !== spot) {
      slot.style.translate = slot.spot = spot;
      if (slot.classList.contains("still")) setTimeout(() => toggle(slot, "still", false), 50);
    }
    const width = `${this.width}px`;
    if (slot.wide !== width) slot.style.width = slot.wide = width;
    const { id } = slot.dataset;
    const index = String(at + 1 + (this.headHeight ? 1 : 0));
    if (slot.getAttribute("aria-rowindex") !== index) slot.setAttribute("aria-rowindex", index);
    const tab = id === this.focus ? 0 : -1;
    if (slot.tabIndex !== tab) slot.tabIndex = tab;
    for (const control of slot.item.controls) control.tabIndex = tab;
    const chosen = id === this.selected;
    toggle(slot, "chosen", chosen);
    slot.setAttribute("aria-selected", String(chosen));
  }

  drop(id, slot) {
    clearTimeout(slot.item.node.calm);
    slot.remove();
    this.slots.delete(id);
  }

  clearSlots() {
    for (const [id, slot] of this.slots) this.drop(id, slot);
  }

  tick(whole) {
    const now = this.feed.shown();
    for (const slot of this.slots.values()) if (!this.gone.has(slot.dataset.id)) slot.item.tick(now, whole);
  }

  // ── Keys ─────────────────────────────────────────────────────────────────────────────────

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.order.indexOf(this.focus);
    const onButton = event.target.closest("button");
    const steps = {
      ArrowDown: this.columns, ArrowUp: -this.columns, ArrowRight: 1, ArrowLeft: -1,
      PageDown: this.columns * 3, PageUp: -this.columns * 3, Home: -Infinity, End: Infinity,
    };
    if (event.key in steps) {
      const last = this.order.length - 1;
      this.go(Math.max(0, Math.min(last, at + steps[event.key])));
    } else if ((event.key === "Enter" || event.key === " ") && !onButton) {
      this.select(this.focus);
    } else if (event.key === "Escape" && this.selected) {
      this.selected = null;
      this.schedule();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  go(at) {
    this.focus = this.order[at];
    const tops = this.lines();
    const line = Math.floor(at / this.columns);
    const box = this.scroller;
    if (box) {
      const origin = this.node.getBoundingClientRect().top - edge(box);
      const [top, bottom] = [origin + tops[line], origin + tops[line + 1]];
      if (top < 72) box.scrollBy({ top: top - 72, behavior: "instant" });
      else if (bottom > box.clientHeight - 8) box.scrollBy({ top: bottom - box.clientHeight + 8, behavior: "instant" });
    }
    this.render();
    this.slots.get(this.focus)?.focus({ preventScroll: true });
  }

  select(id) {
    if (!id) return;
    this.selected = id;
    this.focus = id;
    this.schedule();
    this.on.open(id);
  }

  destroy() {
    this.ended = true;
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
    this.scroller?.removeEventListener("scroll", this.onScroll);
    document.removeEventListener("scroll", this.onScroll);
    this.clearSlots();
  }
}

function nextSlot(node) {
  let next = node.nextElementSibling;
  while (next && !next.classList.contains("slot")) next = next.nextElementSibling;
  return next;
}

// Where the window of a scroller begins, in the coordinates of getBoundingClientRect.
function edge(box) {
  return box === document.scrollingElement ? 0 : box.getBoundingClientRect().top;
}
