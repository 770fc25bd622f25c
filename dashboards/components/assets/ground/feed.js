// What the server says of one site, as it stands now. Head and list share one feed.

import { Fallback } from "./fallback.js";
import { Shared } from "./shared.js";
import { Socket } from "./socket.js";

// Everything of ours lies beside Streamlit's own paths, under whatever prefix the house has.
export const BASE = new URL(import.meta.url).pathname.split("/_stcore/")[0];

const feeds = new Shared("feeds");
const HELD_MOST = 5000; // frames that wait for the next look; beyond, a snapshot is shorter
const BEHIND = 15000; // ms; what the server knows is never older while all is well
const WATCH_AFTER = 300; // ms in which somebody may want more than numbers

// Returns the feed of a site, one for all parts of the page; `release` ends it after the last.
export function feedOf(site) {
  return feeds.take(site, () => new Feed(site));
}

export class Feed {
  constructor(site) {
    this.site = site;
    this.visitors = new Map();
    this.counts = { online: 0, active: 0, away: 0, matching: 0 };
    this.state = "loading"; // loading, live, cut
    this.offset = 0; // server's clock minus ours, ms
    this.changedAt = 0; // server time of the last news
    this.heardAt = 0; // server time of the last frame
    this.lag = null;
    this.asOf = 0; // server time of what is known, while nothing new can be learnt
    this.leftAt = 0; // when somebody was last seen to leave
    this.everSeen = false;
    this.truncated = false;
    this.filters = {};
    this.ahead = null; // puts over given filters what the page has not heard yet
    this.numbers = false; // whether only the numbers are wanted, no visitors
    this.language = "";
    this.listeners = new Set();
    this.tab = "online";
    this.selected = null;
    this.polling = false; // whether it is asked by plain requests, as no socket can be had
    this.pace = 0; // seconds between two looks; 0 shows all at once, Infinity nothing
    this.held = [];
    this.appliedAt = 0; // server time of the last frame that was shown
    this.fallback = new Fallback(this);
  }

  // Numbers alone, unless somebody wants the visitors too.
  watch(language) {
    setTimeout(() => {
      if (!this.socket && this.users > 0) this.want(language, {}, true);
    }, WATCH_AFTER);
  }

  // Sets what is wanted; asks the server only when that has changed.
  want(language, given, numbers = false) {
    const filters = this.ahead?.(given) ?? given;
    const reworded = language !== this.language;
    const refiltered = numbers !== this.numbers || JSON.stringify(filters) !== JSON.stringify(this.filters);
    Object.assign(this, { language, filters, numbers });
    if (!this.socket || reworded) return this.connect();
    if (refiltered) {
      this.fresh = true;
      if (!this.socket.send({ event: "filter", data: { ...this.asked(), pieces: "1" } })) this.socket.now();
      this.fallback.again();
      this.tell("asked");
    }
  }

  asked() {
    const { q, country, page_url, duration } = this.filters;
    const asked = { q: q || "", country: country || "", page_url: page_url || "", duration: duration || "", bots: true };
    return this.numbers ? { ...asked, only: "counts" } : asked;
  }

  get filtered() {
    return Object.values(this.filters).some(Boolean);
  }

  turnTo(tab) {
    if (this.tab === tab) return;
    this.tab = tab;
    this.tell("tab");
  }

  choose(id) {
    if (this.selected === id) return;
    this.selected = id;
    this.tell("selected");
  }

  // How often the screen takes over what has come: at once, each so many seconds, or not at all.
  setPace(seconds) {
    if (this.pace === seconds) return;
    this.pace = seconds;
    clearInterval(this.pacing);
    if (Number.isFinite(seconds)) this.flush();
    if (seconds && Number.isFinite(seconds)) this.pacing = setInterval(() => this.flush(), seconds * 1000);
    this.tell("pace");
  }

  get paused() {
    return this.pace === Infinity;
  }

  flush() {
    const { held } = this;
    this.held = [];
    if (held.length > HELD_MOST) return void this.socket?.send({ event: "snapshot" });
    this.appliedAt = this.now();
    for (const { event, data } of held) this.apply(event, data);
  }

  connect() {
    this.socket?.close();
    this.fresh = true;
    this.seq = 0;
    this.fallback.begin();
    this.socket = new Socket(() => this.address(), {
      frame: (message) => message && this.take(message),
      state: (state) => this.turn(state),
      refused: () => this.tell("refused"),
      doubt: () => signedIn().then((yes) => yes === false && leave()),
    });
  }

  address() {
    const query = new URLSearchParams({ site: this.site, lang: this.language });
    this.opening = JSON.stringify(this.asked());
    for (const [name, value] of Object.entries(this.asked())) if (value) query.set(name, value);
    // Of a line that comes back, all is taken together: who is not in it has left.
    if (this.fresh) query.set("pieces", "1");
    return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${BASE}/api/v1/live?${query}`;
  }

  turn(state) {
    if (state === "open") {
      this.seq = 0;
      // What is wanted may have changed while the line was being made.
      if (JSON.stringify(this.asked()) !== this.opening) this.socket.send({ event: "filter", data: { ...this.asked(), pieces: "1" } });
    }
    if (state === "cut") this.fallback.begin();
    if (this.polling) return;
    if (state === "cut" && this.state !== "cut") {
      this.state = "cut";
      this.tell("state");
    } else if (this.state === "cut") {
      this.tell("state"); // Connecting, or the wait has grown.
    }
  }

  take({ event, seq, data }) {
    if (!event || !data) return;
    const gap = Number.isInteger(seq) && seq !== this.seq + 1;
    if (Number.isInteger(seq)) this.seq = seq;
    if (gap && event !== "snapshot") this.socket.send({ event: "snapshot" });
    if (event === "ping") {
      this.hear(data.now);
      if (Number.isFinite(data.lag_ms)) {
        this.lag = data.lag_ms;
        this.standsAt(data.now, data.lag_ms);
      }
      return this.tell("ping");
    }
    const asked = event === "snapshot" && (this.fresh || !this.paused || this.state !== "live");
    if (event === "snapshot") this.fallback.end();
    // The rest of a snapshot follows it, wherever that went.
    if (event === "more" && !this.held.length) return this.apply(event, data);
    if (!this.pace || asked) return this.apply(event, data);
    this.hear(data.timestamp || data.now);
    if (event === "snapshot") this.held = [];
    if (this.held.length <= HELD_MOST) this.held.push({ event, data });
  }

  apply(event, data) {
    if (data.counts) this.counts = { ...this.counts, ...data.counts };
    if (event === "snapshot") {
      this.held = [];
      return this.snapshot(data);
    }
    if (event === "more") return this.add(data.visitors || []);
    this.hear(data.timestamp);
    if (!this.pace) this.appliedAt = this.now();
    this.changedAt = this.now();
    const id = data.visitor?.id || data.visitor_id;
    if (!id) return this.tell("counts");
    if (event === "visitor.offline") {
      const was = this.visitors.get(id);
      this.visitors.delete(id);
      // Who only ceased to match the filter is still on the site.
      const filtered = data.reason === "filtered";
      if (!filtered) this.leftAt = this.now();
      const last = data.visitor || was;
      this.tell("left", id, last && (filtered ? last : departed(last)), filtered);
    } else if (data.visitor) {
      const known = this.visitors.has(id);
      const cameOnline = event === "visitor.online";
      this.visitors.set(id, data.visitor);
      this.everSeen = true;
      this.tell(known ? (event === "visitor.page_change" ? "moved" : "changed") : "arrived", id, data.visitor, cameOnline);
    }
  }

  snapshot(data) {
    this.hear(data.now);
    this.changedAt = this.appliedAt = this.now();
    this.visitors = new Map((data.visitors || []).map((visitor) => [visitor.id, visitor]));
    this.everSeen ||= this.visitors.size > 0 || this.counts.online > 0;
    this.truncated = Boolean(data.truncated);
    const wasCut = this.state === "cut";
    this.state = "live";
    const fresh = this.fresh;
    this.fresh = false;
    this.tell("snapshot", fresh, wasCut);
  }

  add(visitors) {
    const ids = visitors.map((visitor) => visitor.id).filter((id) => !this.visitors.has(id));
    for (const visitor of visitors) this.visitors.set(visitor.id, visitor);
    this.tell("appended", ids);
  }

  // The server's clock runs ahead of what arrives; the least delayed frame tells it best.
  hear(stamp) {
    const at = Date.parse(stamp);
    if (!Number.isFinite(at)) return;
    const offset = at - Date.now();
    this.offset = this.heardAt && Math.abs(offset - this.offset) < 5000 ? Math.max(this.offset, offset) : offset;
    this.heardAt = this.now();
  }

  now() {
    return Date.now() + this.offset;
  }

  // The server is there, and may itself hear nothing from the sites.
  standsAt(now, lag) {
    this.asOf = lag >= BEHIND ? Date.parse(now) - lag : 0;
  }

  get behind() {
    return this.asOf > 0 && this.state === "live";
  }

  // The moment that the screen shows: stands still while nothing can be known.
  shown() {
    if (this.state !== "live") return this.heardAt;
    return this.paused ? this.appliedAt : this.now();
  }

  // What a list is sorted by, the highest first.
  rank(visitor) {
    return Date.parse(visitor?.session?.started_at);
  }

  // What plain requests found; null while they find nothing either.
  polled(data) {
    const was = this.polling;
    this.polling = Boolean(data);
    if (data) {
      this.counts = { ...this.counts, ...data.counts };
      this.standsAt(data.now, (data.behind || 0) * 1000);
      if (!this.paused || this.state !== "live") this.snapshot(data);
    } else if (was) {
      this.state = "cut";
      this.tell("state");
    }
  }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(kind, ...details) {
    for (const listener of [...this.listeners]) listener(kind, ...details);
  }

  release() {
    feeds.release(this.site, this);
  }

  end() {
    this.socket?.close();
    this.fallback.end();
    clearInterval(this.pacing);
  }
}

export function departed(visitor) {
  return { ...visitor, is_online: false, presence: "offline" };
}

// Asks the API. Throws when it does not answer well.
export async function ask(path, query) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== undefined));
  const response = await fetch(`${BASE}/api/v1/${path}?${asked}`, { headers: { Accept: "application/json" } });
  if (response.status === 401) leave();
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

// True, false, or null when nobody can tell: a server in trouble must not cost the sign-in.
async function signedIn() {
  try {
    const response = await fetch(`${BASE}/api/v1/session`, { headers: { Accept: "application/json" } });
    return response.status === 401 || response.status === 403 ? false : response.ok || null;
  } catch {
    return null;
  }
}

export function leave() {
  const here = location.pathname + location.search;
  location.assign(`${BASE}/sign-in?next=${encodeURIComponent(here)}`);
}
