// One WebSocket that comes back by itself, says when it will, and notices a silent line.

const FIRST_WAIT = 1000, LONGEST_WAIT = 30000;
const SILENCE = 40000; // The server pings each 15 s.
const SIGNED_OUT = 4401, BAD_FILTER = 4400;

export class Socket {
  // on: { frame(message), state("connecting" | "open" | "cut"), doubt(), refused() }
  constructor(address, on) {
    this.address = address; // A function: the filters in it change.
    this.on = on;
    this.tries = 0;
    this.retryAt = 0;
    this.wake = () => document.visibilityState === "visible" && this.check();
    this.online = () => this.now();
    document.addEventListener("visibilitychange", this.wake);
    addEventListener("online", this.online);
    this.watch = setInterval(() => this.check(), 5000);
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.retryAt = 0;
    this.heard = Date.now();
    const ws = new WebSocket(this.address());
    this.ws = ws;
    this.on.state("connecting");
    ws.onopen = () => ws === this.ws && this.on.state("open");
    ws.onmessage = (event) => {
      if (ws !== this.ws) return;
      this.heard = Date.now();
      this.tries = 0;
      this.on.frame(parse(event.data));
    };
    ws.onclose = (event) => {
      if (ws !== this.ws) return;
      this.lost(event.code === SIGNED_OUT);
      if (event.code === BAD_FILTER) this.on.refused?.();
    };
  }

  lost(signedOut) {
    this.ws = null;
    this.tries += 1;
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.tries - 1));
    // Spread, so that a restarted server is not met by all dashboards in one instant.
    this.retryAt = Date.now() + wait * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => this.open(), this.retryAt - Date.now());
    this.on.state("cut");
    // A refused handshake looks like a dead line from here, so ask once which it was.
    if (signedOut || this.tries === 2) this.on.doubt?.();
  }

  now() {
    if (!this.ws && !this.closed) this.open();
  }

  check() {
    if (this.ws && Date.now() - this.heard > SILENCE) {
      const dead = this.ws;
      this.lost(false);
      dead.close();
    }
  }

  send(message) {
    if (this.ws?.readyState !== WebSocket.OPEN) return false;
    this.ws.send(JSON.stringify(message));
    return true;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    clearInterval(this.watch);
    document.removeEventListener("visibilitychange", this.wake);
    removeEventListener("online", this.online);
    const ws = this.ws;
    this.ws = null;
    ws?.close();
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
