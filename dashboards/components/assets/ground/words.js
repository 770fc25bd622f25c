// Words, numbers and times as a person of one language reads them.

const THIN = "\u202f";
const MINUTE = 60, HOUR = 3600;

export class Words {
  constructor(text, language, zone) {
    this.text = text || {};
    this.language = language || "uz";
    this.forms = new Intl.PluralRules(this.language);
    this.clockOf = clockIn(zone, { hour: "2-digit", minute: "2-digit" });
    this.secondOf = clockIn(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  }

  say(key, values) {
    const text = this.text[key];
    return fill(typeof text === "string" ? text : "", values);
  }

  count(key, n, values) {
    const forms = this.text[key] || {};
    return fill(forms[this.forms.select(n)] ?? forms.other ?? "", { n: this.number(n), ...values });
  }

  number(n) {
    const gap = this.language === "en" ? "," : THIN;
    return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, gap);
  }

  decimal(n) {
    const text = n.toFixed(1);
    return this.language === "en" ? text : text.replace(".", ",");
  }

  length(seconds) {
    if (!Number.isFinite(seconds)) return "–";
    const s = Math.max(0, Math.floor(seconds));
    const gap = this.text["live.unit_gap"] || "";
    const unit = (value, key) => `${value}${gap}${this.text[key] || ""}`;
    const two = (value) => String(value).padStart(2, "0");
    if (s >= HOUR) {
      return `${unit(Math.floor(s / HOUR), "live.unit_h")}\u00a0${unit(two(Math.floor(s / MINUTE) % 60), "live.unit_m")}`;
    }
    if (s >= MINUTE) {
      return `${unit(Math.floor(s / MINUTE), "live.unit_m")}\u00a0${unit(two(s % MINUTE), "live.unit_s")}`;
    }
    return unit(s, "live.unit_s");
  }

  ago(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    if (s < 3) return this.say("live.just");
    if (s < MINUTE) return this.count("live.ago_s", s);
    if (s < HOUR) return this.count("live.ago_m", Math.floor(s / MINUTE));
    return this.count("live.ago_h", Math.floor(s / HOUR));
  }

  // Hour and minute in the site's zone; with seconds where a moment must be exact.
  clock(ms, exact = false) {
    return Number.isFinite(ms) ? (exact ? this.secondOf : this.clockOf).format(ms) : "–";
  }
}

function fill(text, values) {
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole) : text;
}

function clockIn(zone, parts) {
  const options = { ...parts, hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone || "UTC" });
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  }
}
