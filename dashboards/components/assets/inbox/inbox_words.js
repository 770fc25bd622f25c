// How the inbox puts times, presence and messages into words. Nothing here touches the page.

import { nameOf } from "../ground/visitor.js";

const MINUTE = 60, HOUR = 3600, DAY = 86400;

// Days as the site's zone counts them.
export class Days {
  constructor(words, zone) {
    this.words = words;
    this.months = words.say("inbox.months").split(" ");
    const parts = { year: "numeric", month: "2-digit", day: "2-digit" };
    try {
      this.format = new Intl.DateTimeFormat("en-CA", { ...parts, timeZone: zone || "UTC" });
    } catch {
      this.format = new Intl.DateTimeFormat("en-CA", { ...parts, timeZone: "UTC" });
    }
  }

  key(ms) {
    return Number.isFinite(ms) ? this.format.format(ms) : "";
  }

  // "23 fev", with the year where it is another one.
  date(ms, now) {
    const [year, month, day] = this.key(ms).split("-");
    if (!day) return "–";
    const named = `${Number(day)} ${this.months[Number(month) - 1]}`;
    return this.key(now).startsWith(year) ? named : `${named} ${year}`;
  }

  heading(ms, now) {
    const key = this.key(ms);
    if (key === this.key(now)) return this.words.say("inbox.today");
    if (key === this.key(now - DAY * 1000)) return this.words.say("inbox.yesterday");
    return this.date(ms, now);
  }

  // The shortest that still says when.
  stamp(ms, now) {
    return this.key(ms) === this.key(now) ? this.words.clock(ms) : this.date(ms, now);
  }
}

// How long somebody has waited.
export function waited(seconds, words) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return words.count("inbox.wait_s", s);
  if (s < HOUR) return words.count("inbox.wait_m", Math.floor(s / MINUTE));
  if (s < DAY) return words.count("inbox.wait_h", Math.floor(s / HOUR));
  return words.count("inbox.wait_d", Math.floor(s / DAY));
}

export function ago(seconds, words) {
  const s = Math.max(0, seconds);
  if (s < MINUTE) return words.say("inbox.seen_just");
  if (s < HOUR) return words.count("inbox.seen_m", Math.floor(s / MINUTE));
  if (s < DAY) return words.count("inbox.seen_h", Math.floor(s / HOUR));
  return words.count("inbox.seen_d", Math.floor(s / DAY));
}

// The newest known presence of the visitor of a conversation.
export function presenceOf(conversation, known) {
  const { visitor = {} } = conversation;
  return known || {
    presence: visitor.presence || "offline",
    is_online: Boolean(visitor.is_online),
    last_seen_at: visitor.last_seen_at || visitor.session?.last_activity_at,
    tabs: visitor.session?.tabs,
    looking: null,
    current_page: visitor.current_page,
  };
}

// Its look and its words: colour is never alone.
export function presenceWords(presence, now, words) {
  const state = presence.presence;
  if (state !== "active" && state !== "away" && state !== "leaving") {
    const since = Date.parse(presence.last_seen_at);
    const seen = Number.isFinite(since) ? ago((now - since) / 1000, words) : "";
    return { dot: "off", look: "off", word: words.say("inbox.offline"), more: seen };
  }
  const more = [];
  if (presence.tabs > 1) more.push(words.count("inbox.tabs", presence.tabs));
  const away = state === "away";
  if (presence.looking === true && !away) more.push(words.say("inbox.looking"));
  else if (presence.looking === false || away) more.push(words.say("inbox.not_looking"));
  return {
    dot: away ? "away" : "",
    look: away ? "aw" : "on",
    word: words.say(state === "leaving" ? "inbox.leaving" : away ? "inbox.away" : "inbox.online"),
    more: more.join(" · "),
  };
}

export const nameOfVisitor = (conversation, words) => nameOf(conversation.visitor || {}, words);

// The last message as one line of the list.
export function preview(conversation, me, words) {
  const message = conversation.last_message;
  if (!message) return "";
  if (message.author === "system") return systemLine(message, words);
  const text = String(message.text || "").replace(/\s+/g, " ");
  if (message.author === "visitor") return text;
  if (message.author === "bot") return `${message.author_name || words.say("inbox.bot")}: ${text}`;
  const mine = me && String(message.author_id) === String(me.id);
  return `${mine ? words.say("inbox.you") : message.author_name}: ${text}`;
}

// What the system notes: who took, gave, closed or opened the conversation.
export function systemLine(message, words) {
  const { what, by, to } = message.detail || {};
  const name = (who) => (who && typeof who === "object" ? who.name : who) || "";
  const values = { by: name(by), to: name(to) };
  if (what === "assigned") {
    if (!values.to) return words.say("inbox.line_freed", values);
    return words.say(!values.by || values.by === values.to ? "inbox.line_taken" : "inbox.line_given", values);
  }
  if (what === "closed" || what === "reopened") {
    return words.say(values.by ? `inbox.line_${what}` : `inbox.line_${what}_self`, values);
  }
  return String(message.text || what || "");
}

// Search treats the five apostrophes of Uzbek as one.
export const plain = (text) => String(text || "").toLowerCase().replace(/['‘’`ʻʼ]/g, "'");
