// @ts-check
// The downlink: one WebSocket for each open tab of a site with chat. Its closing tells the server
// that the tab is gone; messages for the visitor come by it. `h.js` loads this file and says by
// its door who is here; `chat.js` is loaded once there is something to show.
(() => {
  const door = /** @type {any} */ (window).hozir?.door;
  if (!door || door.tell) return;

  const FINAL = 4400; // from this code on, trying again is no use
  const { script } = door;
  const base = `${new URL(`/w/${script.dataset.site}`, script.src)}`;

  /** @type {WebSocket | undefined} */
  let socket;
  let told = ""; // what the open socket knows of us
  let fails = 0;
  let opened = 0; // when the last socket did; 0 before the first
  let timer = 0;
  let refused = 0;
  let loading = 0;

  const random = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  const token = () => {
    let kept = door.recall("token");
    if (!/^[\da-f]{32}$/.test(kept)) door.keep("token", (kept = random()));
    return kept;
  };

  const send = (/** @type {any} */ frame) => {
    if (socket?.readyState === 1) socket.send(JSON.stringify(frame));
  };

  const hello = () => {
    const frame = { ...door.ids(), token: token() };
    const words = JSON.stringify(frame);
    if (socket?.readyState !== 1 || words === told) return;
    told = words;
    send(frame);
  };

  const open = () => {
    clearTimeout(timer);
    timer = 0;
    if (!door.ids()) return;
    const mine = (socket = new WebSocket(base.replace(/^http/, "ws")));
    mine.onopen = () => {
      told = "";
      hello();
      if (opened) {
        door.beat();
        door.chat?.({ kind: "back" });
      }
      opened = Date.now();
    };
    mine.onmessage = ({ data }) => {
      try {
        give(JSON.parse(data));
      } catch {}
    };
    mine.onclose = ({ code }) => {
      if (mine !== socket) return; // closed by us
      socket = undefined;
      fails = told && Date.now() - opened > 1e4 ? 0 : fails + 1;
      told = "";
      if (code >= FINAL) refused = 1;
      else timer = setTimeout(open, Math.min(2 ** fails * 500, 6e4) * (0.5 + Math.random() / 2));
    };
  };

  const close = () => {
    const old = socket;
    clearTimeout(timer);
    socket = undefined;
    timer = fails = 0;
    old?.close();
  };

  // What comes before `chat.js` waits for it here.
  const give = (/** @type {any} */ frame) => {
    if (door.chat) return door.chat(frame);
    if (/message|wait/.test(frame.kind)) {
      link.frames.push(frame);
      show();
    }
  };

  const show = () => {
    if (loading++) return;
    document.head.append(
      Object.assign(document.createElement("script"), {
        src: `${new URL("/chat.js", script.src)}`,
        nonce: script.nonce,
        onerror: () => (loading = 0),
      }),
    );
  };

  const link = (door.link = {
    base,
    token,
    send,
    random,
    /** @type {any[]} */
    frames: [],
    /** @type {Promise<any> | undefined} How the site wants its chat. */
    looked: undefined,
  });

  // Once a page; the browser keeps the answer for a minute.
  const ask = () => {
    link.looked ||= fetch(`${base}/look`, { credentials: "omit" })
      .then((answer) => answer.json())
      .then((look) => {
        if (look.launcher && door.ids()) show();
        return look;
      })
      .catch(() => ({}));
  };

  // Whether there is something to show again: this tab had it open, or the visitor has a
  // conversation, of whichever visit, or words that have not arrived yet.
  const isKept = () => {
    try {
      if (sessionStorage.getItem("hozir_panel")) return true;
    } catch {}
    return /c_|"text"/.test(`${door.recall("chat")}`);
  };

  const tell = (door.tell = (forgotten = 0) => {
    const ids = door.ids();
    if (forgotten) {
      try {
        sessionStorage.removeItem("hozir_panel");
      } catch {}
      door.chat?.({ kind: "off" });
    }
    if (!ids) return close();
    ask();
    if (socket) hello();
    else if (!timer && !refused) open();
    if (door.said.wait) {
      door.said.wait = 0;
      give({ kind: "wait" });
    }
    if (door.chat) door.chat({ kind: "view" });
    else if (isKept()) show();
  });

  addEventListener("pagehide", () => tell());
  addEventListener("online", () => timer && open());
  // Opting out holds in all tabs at once.
  addEventListener("storage", ({ key }) => {
    if (/optout|consent/.test(`${key}`)) tell();
  });
  tell();
})();
