// Moments, places in time, and sources of one visitor, in words. Nothing here touches the page.

const DAY = 24 * 3600;

// Today the clock; this year day and month; else the year, too. All in the site's zone.
export function moment(words, at, now) {
  if (!Number.isFinite(at)) return "–";
  const [day, today] = [dateIn(words, at), dateIn(words, now)];
  if (day.join() === today.join()) return words.clock(at);
  const [year, month, date] = day;
  const name = words.say("profile.months").split(" ")[month - 1] || month;
  return words.say(year === today[0] ? "profile.date" : "profile.date_year", { day: date, month: name, year });
}

export function momentAndClock(words, at, now) {
  const told = moment(words, at, now);
  return told === words.clock(at) ? told : `${told} ${words.clock(at)}`;
}

// When somebody was last here: for a day in words, then by date.
export function lastSeen(words, at, now) {
  if (!Number.isFinite(at)) return "–";
  const seconds = (now - at) / 1000;
  return seconds < DAY ? words.ago(seconds) : moment(words, at, now);
}

function dateIn(words, at) {
  words.dayOf ||= new Intl.DateTimeFormat("en-CA", {
    timeZone: words.clockOf.resolvedOptions().timeZone, year: "numeric", month: "numeric", day: "numeric",
  });
  const parts = Object.fromEntries(words.dayOf.formatToParts(at).map(({ type, value }) => [type, value]));
  return [Number(parts.year), Number(parts.month), Number(parts.day)];
}

// The visitor's own clock and its distance from UTC; "" where the zone is not known.
export function ownTime(zone, now) {
  if (!zone) return { clock: "", offset: "" };
  try {
    const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "shortOffset" });
    const parts = format.formatToParts(now);
    const part = (type) => parts.find((each) => each.type === type)?.value || "";
    return { clock: `${part("hour")}:${part("minute")}`, offset: part("timeZoneName").replace("GMT", "UTC") };
  } catch {
    return { clock: "", offset: "" };
  }
}

export function sourceOf(visitor, words) {
  const { source, medium } = visitor.referrer || {};
  if (!source || source === "(direct)") return words.say("profile.direct");
  const kind = words.say(`profile.medium_${medium}`);
  return kind ? `${source}, ${kind}` : source;
}

export function percent(share, words) {
  if (!Number.isFinite(share)) return "";
  return `${Math.round(share * 100)}${words.language === "ru" ? "\u00a0" : ""}%`;
}

// The rule's name and its reason; a text with forms is counted by `n`.
export function insightOf(visitor, words) {
  const { rule, values = {} } = visitor.insight || {};
  if (!rule) return null;
  const told = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? words.number(value) : value]),
  );
  const text = (key) =>
    typeof words.text[key] === "object" ? words.count(key, values.n ?? 0, told) : words.say(key, told);
  const name = text(`insight.${rule}`);
  return name ? { name, why: text(`insight.${rule}.why`) } : null;
}

// How sure it is who this is: nothing said, said by the page, or proven by the site.
export function standing(visitor, words) {
  const { identity, name_source: source } = visitor;
  if (identity?.verified || source === "verified") {
    return { look: "on", icon: "check", word: words.say("profile.verified"), hint: words.say("profile.verified_why") };
  }
  if (source === "contact" || visitor.contact_id) {
    return { look: "line", icon: "person", word: words.say("profile.contact_is"), hint: words.say("profile.contact_why") };
  }
  if (source === "claimed" || identity) {
    return { look: "aw", icon: "info", word: words.say("profile.claimed"), hint: words.say("profile.claimed_why") };
  }
  return null;
}
