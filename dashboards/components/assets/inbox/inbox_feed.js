// The conversations of one site as they stand now. Inbox and bell share one feed.

import { BASE } from "../ground/feed.js";
import { call, path } from "./inbox_calls.js";
import { Shared } from "../ground/shared.js";
import { Socket } from "../ground/socket.js";
import { Thread } from "./thread.js";

const TYPING_MS = 5000;
const REMEMBERED = 500; // Ids of messages that have been announced.

const feeds = new Shared("inbox");

// Returns the feed of a site, one for all parts of the page; `release` ends it after the last.
export function inboxOf(site, person) {
  return feeds.take(site, () => new InboxFeed(site, person));
}

export class InboxFeed {
  constructor(site, person) {
    Object.assign(this, { site, person, language: "" });
    this.conversations = new Map();
    this.presences = new Map();
    this.typists = new Map(); // conversation -> author -> { name, until }
    this.threads = new Map();
    this.counts = { waiting: 0, active: 0, closed: 0, unread: 0 };
    this.me = null;
    this.team = [];
    this.state = "loading"; // loading, live, cut
    this.offset = 0; // server's clock minus ours, ms
    this.heardAt = 0;
    this.announced = new Set();
    this.listeners = new Set();
  }

  want(language) {
    if (this.socket && language === this.language) return;
    this.language = language;
    this.socket?.close();
    this.seq = 0;
    this.socket = new Socket(() => this.address(), {
      frame: (frame) => frame && this.take(frame),
      state: (state) => this.turn(state),
      doubt: () => call("session"),
    });
  }

  address() {
    const query = new URLSearchParams({ site: this.site, lang: this.language });
    return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${BASE}/api/v1/inbox?${query}`;
  }

  turn(state) {
    if (state === "open") this.seq = 0;
    if (state === "cut") this.state = "cut";
    if (this.state === "cut") this.tell("state");
  }

  take({ event, seq, data }) {
    if (!event || !data) return;
    const gap = Number.isInteger(seq) && seq !== this.seq + 1;
    if (Number.isInteger(seq)) this.seq = seq;
    if (gap && event !== "snapshot") this.socket.send({ event: "snapshot" });
    if (data.counts) this.counts = { ...this.counts, ...data.counts };
    const id = data.conversation_id;
    if (event === "ping") this.hear(data.now);
    else if (event === "snapshot") this.snapshot(data);
    else if (event === "conversation" && data.conversation?.id) this.put(data.conversation);
    else if (event === "message" && id && data.message) this.message(id, data.message);
    else if (event === "state" && id) this.progress(id, data);
    else if (event === "typing" && id) this.typing(id, data);
    else if (event === "presence" && id && data.presence) this.present(id, data.presence);
  }

  snapshot({ conversations = [], now, me, team }) {
    this.hear(now);
    const before = this.state === "loading" ? null : this.conversations;
    // What the snapshot leaves out (older ones that were looked up) is kept as it was.
    this.conversations = new Map([...(before || []), ...conversations.map((each) => [each.id, each])]);
    this.me = me || this.me;
    this.team = team || this.team;
    this.state = "live";
    for (const conversation of conversations) {
      const last = conversation.last_message;
      const known = before?.get(conversation.id)?.last_message?.number || 0;
      if (before && last && last.number > known) this.announce(conversation, last);
      else if (last) this.remember(last.id);
    }
    for (const thread of this.threads.values()) thread.catchUp();
    this.tell("snapshot");
  }

  // A conversation as a frame or an answer gives it.
  put(conversation) {
    this.conversations.set(conversation.id, conversation);
    const { presence, is_online: online } = conversation.visitor || {};
    const known = this.presences.get(conversation.id);
    if (known && presence && known.presence !== presence) {
      this.presences.set(conversation.id, { ...known, presence, is_online: online });
    }
    this.tell("conversation", conversation.id);
  }

  message(id, message) {
    this.typists.get(id)?.delete(message.author);
    this.threads.get(id)?.take(message);
    const conversation = this.conversations.get(id);
    if (conversation) {
      const newer = message.number > (conversation.last_message?.number || 0);
      if (newer) Object.assign(conversation, { last_message: message, last_at: message.at });
      this.announce(conversation, message);
    } else {
      this.learn(id).then((found) => found && this.announce(found, message));
    }
    this.tell("message", id, message);
  }

  // Says once of each message of a visitor that it has come.
  announce(conversation, message) {
    if (this.announced.has(message.id)) return;
    this.remember(message.id);
    if (message.author === "visitor") this.tell("reply", conversation.id, message);
  }

  remember(id) {
    this.announced.add(id);
    if (this.announced.size > REMEMBERED) this.announced.delete(this.announced.values().next().value);
  }

  progress(id, { id: message, state }) {
    this.threads.get(id)?.progress(message, state);
    const last = this.conversations.get(id)?.last_message;
    if (last && last.id === message) last.state = state;
    this.tell("conversation", id);
  }

  typing(id, { author, name }) {
    if (author !== "visitor" && this.me && name === this.me.name) return;
    const typists = this.typists.get(id) || new Map();
    this.typists.set(id, typists);
    typists.set(author, { name: name || "", until: Date.now() + TYPING_MS });
    setTimeout(() => this.tell("typing", id), TYPING_MS + 50);
    this.tell("typing", id);
  }

  // Who writes in a conversation at this moment: { name } by author.
  typistsOf(id) {
    const now = Date.now();
    return [...(this.typists.get(id) || [])].filter(([, typist]) => typist.until > now);
  }

  present(id, presence) {
    this.presences.set(id, presence);
    if (presence.typing === false) this.typists.get(id)?.delete("visitor");
    this.tell("presence", id);
  }

  // Asks the API about this site, in the language of the screen.
  ask(what, { query = {}, ...more } = {}) {
    return call(what, { site: this.site, query: { lang: this.language, ...query }, ...more });
  }

  // Asks for what is not in the list (a link, an old conversation). Returns it or null.
  async learn(id) {
    const answer = await this.ask(path(id));
    const found = answer.ok && (answer.data?.conversation || answer.data);
    if (found?.id) this.put(found);
    return found?.id ? found : null;
  }

  async learnPresence(id) {
    const answer = await this.ask(path(id, "presence"));
    if (answer.ok && answer.data?.presence) this.present(id, answer.data);
  }

  // Looks conversations up beyond those that are here. Returns their ids, or null.
  async search(query) {
    const answer = await this.ask("conversations", { query });
    if (!answer.ok || !Array.isArray(answer.data)) return null;
    for (const found of answer.data) if (found?.id) this.conversations.set(found.id, found);
    this.tell("snapshot");
    return answer.data.map((found) => found.id);
  }

  // Does something to a conversation. Returns the answer.
  async act(id, what, body = {}) {
    const answer = await this.ask(path(id, what), { method: "POST", body });
    const changed = answer.data?.conversation || answer.data;
    if (answer.ok && changed?.visitor && changed.id === id) this.put(changed);
    return answer;
  }

  // The team has seen what a visitor wrote, up to the newest message.
  read(id) {
    const conversation = this.conversations.get(id);
    const number = Math.max(conversation?.last_message?.number || 0, this.threads.get(id)?.newest || 0);
    if (!conversation?.unread || !number) return;
    this.counts.unread = Math.max(0, this.counts.unread - conversation.unread);
    conversation.unread = 0;
    this.ask(path(id, "read"), { method: "POST", body: { number } });
    this.tell("conversation", id);
  }

  // The messages of a conversation; kept while the page is open.
  thread(id) {
    let thread = this.threads.get(id);
    if (!thread) this.threads.set(id, (thread = new Thread(this, id)));
    return thread;
  }

  say(message) {
    return this.socket?.send(message) || false;
  }

  hear(stamp) {
    const at = Date.parse(stamp);
    if (!Number.isFinite(at)) return;
    this.offset = at - Date.now();
    this.heardAt = at;
  }

  now() {
    return Date.now() + this.offset;
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
  }
}

