// The messages of one conversation: each once, in order, with what is not sent yet behind them.

import { newId, path } from "./inbox_calls.js";

const PAGE = 50;
const WAITS_MS = [1000, 3000];
const STATES = ["sent", "delivered", "seen"];

export class Thread {
  constructor(feed, id) {
    Object.assign(this, { feed, id });
    this.messages = []; // by number
    this.byId = new Map();
    this.outbox = readOutbox(feed, id); // { id, text, at, state: "sending" | "failed", reason }
    this.state = "new"; // new, loading, ready, failed
    this.watched = false; // whether it is on the screen
    this.older = false; // whether there is more before the first
    this.asked = 0;
    this.sending = Promise.resolve();
  }

  get newest() {
    return this.messages.at(-1)?.number || 0;
  }

  // Asks for the newest page: at first, after a reconnect, and where a number is missing.
  async refresh() {
    const asking = (this.asked += 1);
    if (this.state !== "ready") this.turn("loading");
    const page = await this.page();
    if (asking !== this.asked) return;
    if (!page) return this.state === "ready" ? undefined : this.turn("failed");
    this.join(page);
    this.state = "ready";
    this.feed.tell("thread", this.id);
    this.resume();
  }

  // Takes the newest page over. What is too far behind it goes; it can be scrolled up to again.
  join(page) {
    const first = page[0]?.number;
    const last = page.at(-1)?.number ?? 0;
    const joins = this.messages.some(({ number }) => number === first || number === first - 1);
    const ahead = joins ? [] : this.messages.filter(({ number }) => number > last);
    if (!joins) {
      this.messages = [];
      this.byId.clear();
      this.older = page.length === PAGE;
    }
    for (const message of [...page, ...ahead]) this.put(message);
  }

  // After a cut: at once where somebody looks or something waits, else when it is opened again.
  catchUp() {
    if (this.watched || this.outbox.length) this.refresh();
    else this.state = "new";
  }

  async loadOlder() {
    if (!this.older || this.loading) return;
    this.loading = true;
    const page = await this.page({ before: this.messages[0].number });
    this.loading = false;
    if (!page) return;
    for (const message of page) this.put(message);
    this.older = page.length === PAGE;
    this.feed.tell("thread", this.id);
  }

  async page(query = {}) {
    const answer = await this.feed.ask(path(this.id, "messages"), { query: { limit: PAGE, ...query } });
    return answer.ok && Array.isArray(answer.data) ? answer.data : null;
  }

  // A message as it comes over the socket.
  take(message) {
    if (this.state === "new") return this.drop(message.id);
    const gap = this.state === "ready" && !this.byId.has(message.id) && message.number > this.newest + 1;
    this.put(message);
    if (gap) this.refresh();
    this.feed.tell("thread", this.id);
  }

  put(message) {
    if (!message?.id || !Number.isFinite(message.number)) return;
    this.drop(message.id);
    const known = this.byId.get(message.id);
    if (known) return void Object.assign(known, message, { state: later(known.state, message.state) });
    this.byId.set(message.id, message);
    let at = this.messages.length;
    while (at && this.messages[at - 1].number > message.number) at -= 1;
    this.messages.splice(at, 0, message);
  }

  // Delivered and seen count for everything of ours up to that message.
  progress(id, state) {
    const upTo = this.byId.get(id)?.number ?? 0;
    for (const message of this.messages) {
      if (message.number > upTo) break;
      if (message.author === "agent" || message.author === "bot") message.state = later(message.state, state);
    }
    this.feed.tell("thread", this.id);
  }

  send(text) {
    const waiting = { id: newId(), text, at: this.feed.now(), state: "sending" };
    this.resume();
    this.outbox.push(waiting);
    this.keep();
    this.post(waiting);
    return waiting.id;
  }

  // Sends again under the same id: if it had arrived after all, it counts once.
  retry(id) {
    const waiting = this.outbox.find((each) => each.id === id);
    if (!waiting || waiting.state === "sending") return;
    if (waiting.lost) this.resume();
    else this.again(waiting);
  }

  again(waiting) {
    Object.assign(waiting, { state: "sending", lost: false });
    this.post(waiting);
  }

  // One after the other, so that they arrive in the order in which they were written.
  post(waiting) {
    this.sending = this.sending.then(() => this.deliver(waiting)).catch(() => {});
    this.feed.tell("thread", this.id);
  }

  async deliver(waiting) {
    for (const wait of [...WAITS_MS, null]) {
      const place = this.outbox.indexOf(waiting);
      if (place < 0) return;
      // What was written before it and waits for the line goes first.
      if (this.outbox.slice(0, place).some(({ lost }) => lost)) {
        Object.assign(waiting, { state: "failed", reason: "", lost: true });
        break;
      }
      const { id, text } = waiting;
      const answer = await this.feed.act(this.id, "messages", { id, text, as: "agent" });
      if (answer.ok) {
        this.drop(id);
        if (answer.data?.id) this.take(answer.data);
        return;
      }
      const hopeless = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
      if (wait === null || hopeless) {
        Object.assign(waiting, { state: "failed", reason: answer.reason, lost: !hopeless });
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    this.keep();
    this.feed.tell("thread", this.id);
  }

  // What failed for want of a line goes out when the line is back.
  resume() {
    for (const waiting of this.outbox) if (waiting.lost) this.again(waiting);
  }

  drop(id) {
    const at = this.outbox.findIndex((each) => each.id === id);
    if (at < 0) return;
    this.outbox.splice(at, 1);
    this.keep();
  }

  discard(id) {
    this.drop(id);
    this.feed.tell("thread", this.id);
  }

  keep() {
    writeOutbox(this.feed, this.id, this.outbox);
  }

  turn(state) {
    this.state = state;
    this.feed.tell("thread", this.id);
  }
}

const later = (one, other) => (STATES.indexOf(other) > STATES.indexOf(one) ? other : one);

const outboxKey = (feed, id) => `hozir.outbox.${feed.person}.${feed.site}.${id}`;

// What is not sent outlives a reload of this tab.
function readOutbox(feed, id) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(outboxKey(feed, id)) || "[]");
    return kept.map((each) => ({ ...each, state: "failed", lost: true }));
  } catch {
    return [];
  }
}

function writeOutbox(feed, id, outbox) {
  try {
    if (outbox.length) sessionStorage.setItem(outboxKey(feed, id), JSON.stringify(outbox));
    else sessionStorage.removeItem(outboxKey(feed, id));
  } catch {
    // Private windows may refuse; then it lasts as long as the page.
  }
}
