// @ts-check
// The chat on a site's page: what has come, what is shown, in which tab, and what was seen.
// Loaded by `w.js` when there is something to show.
import { makeBox } from "./chat/box.js";
import { makePost } from "./chat/post.js";
import { makeThread } from "./chat/thread.js";
import { speak } from "./chat/words.js";

(() => {
  const door = /** @type {any} */ (window).hozir?.door;
  const link = door?.link;
  if (!link || door.chat) return;

  // No error of ours may reach the host page, nor one of a promise.
  /** @type {<F extends (...args: any[]) => any>(work: F) => F} */
  const safe = (work) =>
    /** @type {any} */ (
      (/** @type {any[]} */ ...args) => {
        try {
          const done = work(...args);
          done?.catch?.(() => {});
          return done;
        } catch {}
      }
    );

  const [language, words] = speak();
  const thread = makeThread();
  /** @type {any} */
  let look = {};
  /** @type {import("./chat/box.js").State} */
  let state = "none";
  let draft = "";
  let status = "";
  let seenByTeam = "";
  let typist = "";
  let typistGoes = 0;
  let typed = 0; // when we last told that the visitor writes
  let seenHere = "";

  const post = makePost(
    door,
    safe((id, to) => {
      thread.mark(id, to);
      draw();
    }),
  );

  // --- What is unread. ---

  const theirs = () => thread.list().filter(({ author }) => author !== "visitor");
  const unread = () => {
    const all = theirs();
    const [id, at = 0] = post.record().seen || [];
    const known = Math.max(
      all.findIndex((one) => one.id === id),
      all.findIndex((one) => one.id === seenHere),
    );
    return known < 0 && id ? all.filter((one) => one.at > at) : all.slice(known + 1);
  };

  const lookAt = safe(() => {
    if (document.hidden || !/card|open/.test(state) || !door.ids()) return;
    const newest = theirs().pop();
    if (!newest || newest.id === seenHere) return;
    seenHere = newest.id;
    post.receipt("seen", newest);
    draw();
  });

  // --- Showing. ---

  const mayAsk = () =>
    isSecureContext && "Notification" in window && Notification.permission === "default";

  const draw = safe(() => {
    box.draw({
      state,
      list: thread.list(),
      unread: unread().length,
      status,
      seenByTeam,
      typist,
      look,
      mayAsk: mayAsk(),
    });
  });

  const keepPanel = () => {
    try {
      if (door.ids()) sessionStorage.hozir_panel = JSON.stringify([state, draft]);
    } catch {}
  };
  const turn = (/** @type {typeof state} */ to) => {
    state = to;
    keepPanel();
    draw();
    // Two tabs may both think for a moment that the message is theirs to show.
    setTimeout(lookAt, 120);
  };

  const box = makeBox(CHAT_CSS, door.script.nonce, language, words, {
    open: safe(() => {
      turn("open");
      box.focusInput();
      if (!status) history();
    }),
    close: safe(() => {
      const held = box.holds();
      turn("bubble");
      if (held) box.focusLauncher();
    }),
    write: safe((text) => {
      const id = `m_${link.random().replace(/^(.{8})(.{4}).(.{3}).(.{3})/, "$1-$2-4$3-8$4-")}`;
      const at = Date.now();
      thread.write(id, text, at);
      draft = "";
      typed = 0;
      if (status === "closed") status = "active";
      turn("open");
      post.add({ id, text, at });
    }),
    typing: safe((text) => {
      draft = text;
      keepPanel();
      if (!text || Date.now() - typed < 3e3) return;
      typed = Date.now();
      link.send({ typing: true });
    }),
    retry: safe(() => post.retry()),
    stop: safe(() => /** @type {any} */ (window).hozir("optOut")),
    notify: safe(() => Notification.requestPermission().then(draw, draw)),
  });

  // --- In one tab. The tab in sight is first; the record shared by all tabs says who has it. ---

  const me = () => door.ids()?.tab_id;
  const isElsewhere = (/** @type {string} */ id) => {
    const [ringing, tab] = post.record().ring || [];
    return ringing === id && tab !== me();
  };
  const yieldTo = safe(() => {
    const newest = theirs().pop();
    if (state === "card" && newest && isElsewhere(newest.id)) turn("bubble");
    else draw();
  });

  const notify = (/** @type {import("./chat/thread.js").Message} */ message) => {
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const shown = new Notification(message.author_name || look.title || words.title, {
      body: message.text,
      tag: message.id,
    });
    shown.onclick = safe(() => {
      window.focus();
      shown.close();
      turn("open");
    });
  };

  const claim = safe((insist = false) => {
    const newest = unread().pop();
    if (!newest || !door.ids() || (!insist && isElsewhere(newest.id))) return draw();
    post.change({ ring: [newest.id, me()] });
    setTimeout(yieldTo, 60);
    turn(state === "open" ? "open" : "card");
    if (document.hidden) notify(newest);
  });
  const ring = () => {
    if (!unread().length) return draw();
    if (state === "none") state = "bubble";
    draw();
    if (!document.hidden && document.hasFocus()) claim();
    else setTimeout(claim, (document.hidden ? 300 : 80) + Math.random() * 100);
  };

  // --- What comes. ---

  const joined = (/** @type {string} */ conversation) => {
    if (conversation && conversation !== post.record().c) post.change({ c: conversation });
  };

  let asking = false;
  let waits = 1e3;
  // `owed`: the server waits to hear that its messages have come.
  const history = safe(async (owed = false) => {
    if (asking || !door.ids()) return;
    asking = true;
    try {
      const told = await post.history();
      waits = 1e3;
      if (told && door.ids()) {
        joined(told.conversation_id);
        status = told.status || "active";
        for (const message of told.messages || []) thread.put(message);
        const newest = theirs().pop();
        if (newest && (owed || unread().length)) post.receipt("delivered", newest, owed);
        ring();
      }
    } catch {
      waits = Math.min(waits * 2, 6e4);
      setTimeout(history, waits * (0.5 + Math.random() / 2), owed);
    }
    asking = false;
  });

  const writes = (/** @type {string} */ name) => {
    clearTimeout(typistGoes);
    typist = name;
    if (name) typistGoes = setTimeout(safe(() => writes("")), 6e3);
    draw();
  };

  const forget = () => {
    thread.clear();
    state = "none";
    draft = status = seenByTeam = typist = seenHere = "";
    box.setDraft("");
    box.remove();
  };

  /** @type {Record<string, (frame: any) => any>} */
  const kinds = {
    message: (frame) => {
      if (!thread.put(frame)) return draw();
      joined(frame.conversation_id);
      status = "active";
      if (frame.author === "visitor") return draw();
      writes("");
      post.receipt("delivered", theirs().pop());
      ring();
    },
    typing: ({ author_name }) => /card|open/.test(state) && writes(`${author_name}`),
    seen: ({ id }) => {
      seenByTeam = id;
      draw();
    },
    closed: () => {
      status = "closed";
      draw();
    },
    wait: () => history(true),
    back: () => {
      post.flush();
      if (post.record().c) history();
    },
    view: () => state !== "none" && box.attach(),
    off: forget,
  };

  addEventListener(
    "storage",
    safe(({ key }) => key === "hozir_chat" && yieldTo()),
  );
  document.addEventListener(
    "visibilitychange",
    safe(() => {
      if (document.hidden) return;
      // What came while nobody looked is shown in the tab that is looked at first.
      if (unread().length && state !== "open") claim(true);
      lookAt();
    }),
  );

  // --- Beginning: as it was left in this tab. ---

  const begin = safe(async () => {
    look = (await link.looked) || {};
    if (!door.ids()) return;
    try {
      [state, draft] = JSON.parse(sessionStorage.hozir_panel);
    } catch {}
    if (!/^(bubble|card|open)$/.test(state)) state = "none";
    box.setDraft(`${draft || ""}`);
    const { c, out = [] } = post.record();
    for (const { id, text, at } of out) thread.write(id, text, at);
    if (state === "none" && (look.launcher || out.length || c)) state = "bubble";
    const card = state === "card";
    if (card) state = "bubble"; // until there is something to put on it
    draw();
    door.chat = safe((/** @type {any} */ frame) => kinds[frame.kind]?.(frame));
    for (const frame of link.frames.splice(0)) door.chat(frame);
    post.flush();
    if (c || state === "open") await history();
    if (card && state === "bubble" && theirs().length) turn("card");
  });
  begin();
})();
