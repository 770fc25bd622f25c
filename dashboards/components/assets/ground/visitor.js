// How one visitor is put into words and pieces. Nothing here touches the page.

export const FRESH_MS = 10000;

export function nameOf(visitor, words) {
  if (visitor.name) return visitor.name;
  if (visitor.email) return visitor.email;
  if (botName(visitor)) return botName(visitor);
  const number = visitor.number ?? String(visitor.anonymous_id || "").replace(/\D/g, "");
  return words.say("live.anonymous", { n: number });
}

// The door gives its reason as `kind: name`, or as a phrase of its own.
const botName = (visitor) => String(visitor.bot || "").split(": ")[1] || "";

export function botReason(visitor, words) {
  const name = botName(visitor);
  const kind = String(visitor.bot).split(": ")[0];
  if (kind === "navigator.webdriver") return words.say("live.bot_driven");
  if (kind === "empty user agent") return words.say("live.bot_silent");
  if (name) return words.say(kind === "user-agent list" ? "live.bot_listed" : "live.bot_says", { name });
  return kind;
}

export function placeOf(visitor, words) {
  const { city, country } = visitor.location || {};
  return [city, country].filter(Boolean).join(", ") || words.say("live.place_unknown");
}

export function deviceOf(visitor, words) {
  const { type, browser, browser_version: version, os } = visitor.device || {};
  const kind = words.say(`live.device_${type || "unknown"}`) || words.say("live.device_unknown");
  const hand = type === "mobile" || type === "tablet";
  const major = !hand && version ? ` ${String(version).split(".")[0]}` : "";
  return [kind, browser && browser + major, hand ? os : null].filter(Boolean).join(" · ");
}

export function deviceIcon(visitor) {
  const type = visitor.device?.type;
  return type === "mobile" || type === "tablet" || type === "bot" ? type : "desktop";
}

export function titleOf(page, words) {
  return page?.title || page?.url || words.say("live.page_untitled");
}

export const startedAt = (visitor) => Date.parse(visitor.session?.started_at);
export const seenAt = (visitor) => Date.parse(visitor.last_seen_at);
export const pageSince = (visitor) => Date.parse(visitor.current_page?.timestamp);

export function isGoing(visitor) {
  if (visitor.past) return false;
  return visitor.presence === "leaving" || visitor.presence === "offline";
}

export function isFresh(visitor, now) {
  return visitor.presence === "active" && now - startedAt(visitor) < FRESH_MS;
}

// Milliseconds in view for each page of the visit, the current one last and still growing.
export function stripOf(visitor, now) {
  const pages = visitor.pages || [];
  if (!pages.length) return [1];
  return pages.map((page, at) => {
    const seen = page.visible_ms || 0;
    const runs = at === pages.length - 1 && visitor.presence === "active";
    return runs ? Math.max(seen, now - Date.parse(page.timestamp) || 0) : seen;
  });
}

// The word and the look of presence: colour is never alone.
export function presenceOf(visitor, now, words) {
  if (visitor.past) return { look: "off", dot: "off", word: words.say("live.offline") };
  if (visitor.presence === "offline") return { look: "off", dot: "off", word: words.say("live.left") };
  if (visitor.presence === "leaving") return { look: "off", dot: "off", word: words.say("live.leaving") };
  if (visitor.bot) return { look: "off", dot: "", icon: "bot", word: words.say("live.bot") };
  if (visitor.presence === "away") return { look: "aw", dot: "away", word: words.say("live.away") };
  const word = words.say(isFresh(visitor, now) ? "live.fresh" : "live.online");
  return { look: "on", dot: "pulse", word };
}

// At most one badge: what the team did comes before what is merely known.
export function badgeOf(visitor, words) {
  if (visitor.chatting) return { look: "tk", icon: "chat", word: words.say("live.chatting") };
  if (visitor.contacted) return { look: "co", icon: "send", word: words.say("live.contacted") };
  const visit = visitor.session?.visit || 1;
  if (visit > 1 && !visitor.bot) {
    return { look: "line", icon: "again", word: words.say("live.visit", { n: words.number(visit) }) };
  }
  return null;
}

// Whether the team may write: not to bots, and not to who is leaving.
export function canWrite(visitor, may) {
  return may.includes("send_messages") && !visitor.bot && !visitor.past && !isGoing(visitor);
}

export function canSave(visitor, may) {
  return may.includes("edit_contacts") && !visitor.bot && !visitor.contact_id;
}
