// A day as a slider, with its curve behind, and the buttons that let it run.

import { attrs, button, el, icon, toggle, write } from "../ground/dom.js";
import { drawCurve, levelAt, makeCurve } from "./curve.js";

const MINUTE = 60000, HOUR = 3600000;
const BEAT = 1000; // ms between two steps while it runs
const PATIENCE = 5000; // ms that an answer is waited for
const SPEEDS = [1, 10, 60];
const MARKS = 4; // hours between two times under the curve
const KEYS = {
  ArrowLeft: -MINUTE, ArrowDown: -MINUTE, ArrowRight: MINUTE, ArrowUp: MINUTE, PageUp: HOUR, PageDown: -HOUR,
};

export class Scrubber {
  constructor(words, on) {
    Object.assign(this, { words, on, speed: SPEEDS[1], at: 0 });
    const round = (name, label, act) => {
      const node = attrs(el("button", "btn ib", icon(name)), { type: "button", title: words.say(label), "aria-label": words.say(label) });
      node.addEventListener("click", act);
      return node;
    };
    this.before = round("back", "replay.change_before", () => this.jump(-1));
    this.after = round("forward", "replay.change_after", () => this.jump(1));
    this.run = button("pri l run", "");
    this.run.addEventListener("click", () => (this.beat ? this.stop() : this.start()));
    this.speeds = attrs(el("div", "seg", ...SPEEDS.map((speed) => this.makeSpeed(speed))), { role: "radiogroup", "aria-label": words.say("replay.speed") });
    this.clock = el("b", "clock");
    this.whole = makeCurve("whole");
    this.passed = makeCurve("passed");
    this.gone = el("span", "line passed-by");
    this.head = el("span", "knob");
    this.tip = el("span", "tip");
    this.tip.hidden = true;
    this.marks = el("span", "marks");
    this.track = attrs(el("div", "track", this.whole, this.passed, el("span", "line"), this.gone, this.head, this.tip, this.marks), {
      role: "slider", tabindex: "0", "aria-label": words.say("replay.time_of_day"),
    });
    this.node = el("div", "box scrub",
      el("div", "tools", this.before, this.run, this.after, this.speeds, this.clock), this.track);
    this.listen();
    this.drawRun();
  }

  makeSpeed(speed) {
    const node = attrs(el("button", "", `${speed}×`), { type: "button", role: "radio" });
    node.speed = speed;
    node.addEventListener("click", () => this.choose(speed));
    node.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      this.choose(SPEEDS[(SPEEDS.indexOf(this.speed) + by + SPEEDS.length) % SPEEDS.length]).focus();
    });
    return node;
  }

  choose(speed) {
    this.speed = speed;
    this.drawRun();
    return [...this.speeds.children].find((one) => one.speed === speed);
  }

  listen() {
    const { track } = this;
    track.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      track.setPointerCapture(event.pointerId);
      this.dragging = true;
      this.go(this.under(event));
    });
    track.addEventListener("pointermove", (event) => (this.dragging ? this.go(this.under(event)) : this.point(this.under(event))));
    for (const name of ["pointerup", "pointercancel"]) track.addEventListener(name, () => (this.dragging = false));
    track.addEventListener("pointerleave", () => (this.tip.hidden = true));
    track.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const { from, until } = this.day;
      const ends = { Home: from, End: until };
      if (event.key in KEYS) this.go(this.at + KEYS[event.key]);
      else if (event.key in ends) this.go(ends[event.key]);
      else if (event.key === " ") this.run.click();
      else return;
      event.preventDefault();
    });
  }

  // The whole minute under the pointer.
  under({ clientX }) {
    const { left, width } = this.track.getBoundingClientRect();
    const { from, to } = this.day;
    const at = from + ((clientX - left) / width) * (to - from);
    return Math.round(at / MINUTE) * MINUTE;
  }

  update({ day, at, asked }) {
    const changed = this.day?.from !== day.from || this.day?.levels !== day.levels;
    this.day = day;
    if (changed) {
      drawCurve([this.whole, this.passed], day);
      this.drawMarks();
    }
    if (asked === this.waiting) {
      this.waiting = 0;
      // What somebody has moved to since is not taken back by an older answer.
      if (this.wanted === this.waitedFor) this.wanted = undefined;
    }
    if (this.wanted === undefined) this.at = at;
    this.draw();
    this.ask();
  }

  // Moves to a moment and asks for it; while one is on its way only the newest is kept.
  go(at) {
    const { from, until } = this.day;
    this.at = this.wanted = Math.max(from, Math.min(until, at));
    this.tip.hidden = true;
    this.draw();
    this.ask();
  }

  ask() {
    if (this.wanted === undefined || this.waits()) return;
    this.waitedFor = this.wanted;
    this.askedAt = Date.now();
    this.waiting = Math.max(this.askedAt, (this.turn || 0) + 1);
    this.turn = this.waiting;
    this.on.wanted(this.wanted, this.turn);
  }

  waits() {
    return this.waiting && Date.now() - this.askedAt < PATIENCE;
  }

  // To the next minute in which another number was there, at its moment.
  jump(way) {
    const { day } = this;
    const here = levelAt(day, this.at);
    let at = this.at - ((this.at - day.from) % MINUTE);
    do at += way * MINUTE;
    while (at > day.from && at < day.until && levelAt(day, at) === here);
    this.go(at + (day.reached[(at - day.from) / MINUTE] ?? 0));
  }

  start() {
    if (this.at >= this.day.until) this.go(this.day.from);
    this.beat = setInterval(() => this.step(), BEAT);
    this.drawRun();
  }

  // Time waits for its pictures: no step is made while the last one is still asked for.
  step() {
    if (this.waits()) return;
    this.go(this.at + this.speed * BEAT);
    if (this.at >= this.day.until) this.stop();
  }

  stop() {
    clearInterval(this.beat);
    this.beat = 0;
    this.drawRun();
  }

  drawRun() {
    const label = this.words.say(this.beat ? "replay.pause" : "replay.play");
    this.run.replaceChildren(icon(this.beat ? "pause" : "play"));
    attrs(this.run, { title: label, "aria-label": label });
    for (const node of this.speeds.children) {
      attrs(node, { "aria-checked": String(node.speed === this.speed), tabindex: node.speed === this.speed ? "0" : "-1" });
    }
  }

  draw() {
    const { words, day, at } = this;
    const part = `${(((at - day.from) / (day.to - day.from)) * 100).toFixed(3)}%`;
    this.node.style.setProperty("--at", part);
    write(this.clock, words.clock(at, true));
    attrs(this.track, {
      "aria-valuemin": "0",
      "aria-valuemax": String(Math.floor((day.until - day.from) / MINUTE)),
      "aria-valuenow": String(Math.floor((at - day.from) / MINUTE)),
      "aria-valuetext": words.clock(at),
    });
    this.on.moved(at);
  }

  point(at) {
    const { day, words } = this;
    const inside = at >= day.from && at <= day.until && day.levels.length;
    toggle(this.tip, "end", at > (day.from + day.to) / 2);
    this.tip.hidden = !inside;
    if (!inside) return;
    this.tip.style.left = `${((at - day.from) / (day.to - day.from)) * 100}%`;
    write(this.tip, `${words.clock(at)} · ${words.number(levelAt(day, at))}`);
  }

  drawMarks() {
    const { from, to } = this.day;
    const marks = [];
    for (let at = from + MARKS * HOUR; at < to - HOUR; at += MARKS * HOUR) {
      const mark = el("span", "", this.words.clock(at));
      mark.style.left = `${((at - from) / (to - from)) * 100}%`;
      marks.push(mark);
    }
    this.marks.replaceChildren(...marks);
  }

  destroy() {
    this.stop();
  }
}
