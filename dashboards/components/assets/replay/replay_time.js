// That this is the past, how many were there, and the day to move through.

import { attrs, button, el, icon, write } from "../ground/dom.js";
import { Scrubber } from "./scrubber.js";

const SETTLES = 250; // ms in which a size may still change
const NEAR = 16; // px that are not worth another map

export class ReplayTime {
  constructor(root, words) {
    Object.assign(this, { root, words });
    this.sentence = el("b");
    this.rest = el("span");
    this.leave = button("back", words.say("replay.to_now"));
    this.leave.addEventListener("click", () => this.props.trigger("now", Date.now()));
    const told = el("span", "grow", this.sentence, " ", this.rest);
    const banner = attrs(el("div", "banner", icon("replay"), told, this.leave), { role: "note" });
    this.number = el("span", "big");
    this.title = el("h1");
    this.sub = el("p", "sub");
    this.day = attrs(el("input"), { type: "date", "aria-label": words.say("replay.day") });
    this.day.addEventListener("change", () => this.day.value && this.props.keep("day", this.day.value));
    this.day.addEventListener("click", () => this.day.showPicker?.());
    this.dayName = el("span");
    this.scrubber = new Scrubber(words, {
      moved: (at) => this.drawMoment(at),
      wanted: (at, turn) => this.props.keep("moment", { at, turn }),
    });
    root.append(
      banner,
      el("div", "head",
        el("div", "now", this.number, el("div", "txt", this.title, this.sub)),
        el("label", "day", icon("calendar", true), this.dayName, this.day)),
      this.scrubber.node,
    );
    this.sizes = new ResizeObserver(() => this.measureSoon());
    this.sizes.observe(root);
  }

  update(props) {
    const { words } = this;
    this.props = props;
    const { told, day } = props;
    write(this.number, told ? words.number(told.online) : "–");
    write(this.sub, this.subOf(props));
    write(this.dayName, day.short);
    attrs(this.day, { min: day.first || day.last, max: day.last });
    if (this.day.value !== day.date) this.day.value = day.date;
    this.scrubber.update(props);
    this.keepAddress(props.at);
  }

  subOf({ told, day }) {
    const { words } = this;
    const parts = told ? [words.count("replay.active", told.active), words.count("replay.away", told.away)] : [];
    if (day.peak) {
      const time = words.clock(Date.parse(day.peak.at));
      parts.push(words.count("replay.peak", day.peak.online, { time }));
    } else {
      parts.push(words.say("replay.nobody_that_day"));
    }
    return parts.join(" · ");
  }

  // The moment that is shown while another is on its way is the one that was asked for.
  drawMoment(at) {
    const { words, props } = this;
    const time = words.clock(at);
    write(this.sentence, words.say("replay.past"));
    write(this.rest, words.say("replay.sentence", { day: props.day.long, time }));
    write(this.title, words.count("replay.title", props.told?.online ?? 0, { time }));
  }

  // Written here and not by Python: each write of its own would be a step of the way back.
  keepAddress(at) {
    const url = new URL(location.href);
    const told = new Date(at).toISOString().replace(".000", "");
    if (url.searchParams.get("at") === told) return;
    url.searchParams.set("at", told);
    history.replaceState(history.state, "", url);
  }

  measureSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.measure(), SETTLES);
  }

  // How much room the map has: the grid that it stands in comes after this, the map after that.
  measure() {
    const grid = document.querySelector(".st-key-replay");
    if (!grid?.clientWidth || !this.props) return this.measureSoon();
    const look = getComputedStyle(grid);
    const size = { width: Math.round(parseFloat(look.gridTemplateColumns.split(" ").at(-1))), height: parseInt(look.getPropertyValue("--hz-replay"), 10) };
    const known = this.size || this.props.size;
    if (known && Math.abs(known.width - size.width) < NEAR && known.height === size.height) return;
    this.size = size;
    this.props.keep("size", size);
  }

  destroy() {
    clearTimeout(this.timer);
    this.sizes.disconnect();
    this.scrubber.destroy();
  }
}
