// @ts-check
// What goes to the server: the visitor's words, kept until they have arrived, and what has been
// delivered and seen. The record that all tabs share:
// {c: conversation, seen: [id, at], ring: [id, tab], out: [{id, text, at}]}.

/**
 * @param {any} door
 * @param {(id: string, state: "sending" | "sent" | "failed") => void} onState
 */
export const makePost = (door, onState) => {
  const { link } = door;

  /** @returns {any} */
  const record = () => {
    try {
      return JSON.parse(door.recall("chat")) || {};
    } catch {
      return {};
    }
  };
  const change = (/** @type {any} */ fields) => {
    if (door.ids()) door.write("chat", JSON.stringify({ ...record(), ...fields }));
  };

  const call = (/** @type {string} */ path, /** @type {any} */ fields) => {
    const { visitor_id, session_id } = door.ids();
    return fetch(link.base + path, {
      method: "POST",
      body: JSON.stringify({ visitor_id, session_id, token: link.token(), ...fields }),
      keepalive: true,
      credentials: "omit",
      signal: AbortSignal.timeout?.(1e4),
    });
  };
  const isLater = (/** @type {number} */ status) => status === 429 || status > 499;

  // --- The outbox: one at a time, in order, again and again. ---

  let busy = false;
  let fails = 0;
  let timer = 0;

  const backoff = (/** @type {any} */ answer) => {
    const asked = +answer?.headers?.get("retry-after") || 0;
    return Math.max(Math.min(2 ** fails++ / 2, 60) * (0.5 + Math.random()), asked) * 1e3;
  };

  const flush = async () => {
    if (busy || !door.ids()) return;
    busy = true;
    clearTimeout(timer);
    /** @type {any} */
    let item;
    try {
      while ((item = (record().out || []).find((/** @type {any} */ one) => !one.dead))) {
        const { id, text } = item;
        onState(id, "sending");
        const answer = await call("", {
          kind: "message",
          conversation_id: record().c || "",
          id,
          text,
        });
        if (isLater(answer.status)) throw answer;
        fails = 0;
        const left = record().out || [];
        change({
          out: answer.ok
            ? left.filter((/** @type {any} */ one) => one.id !== id)
            : left.map((/** @type {any} */ one) => (one.id === id ? { ...one, dead: 1 } : one)),
        });
        onState(id, answer.ok ? "sent" : "failed");
      }
    } catch (problem) {
      timer = setTimeout(flush, backoff(problem));
      // Once is an accident, and often over before anybody could read of it.
      onState(item?.id, fails > 1 ? "failed" : "sending");
    }
    busy = false;
  };

  // --- Receipts: only the newest of each kind matters. ---

  /** @type {Record<string, any>} */
  const wanted = {};
  /** @type {Record<string, string>} */
  const done = {};
  let settling = false;

  const settle = async () => {
    if (settling) return;
    settling = true;
    for (const kind of ["delivered", "seen"]) {
      const message = wanted[kind];
      if (!message || done[kind] === message.id || !door.ids()) continue;
      try {
        const answer = await call("", { kind, conversation_id: record().c || "", id: message.id });
        if (isLater(answer.status)) throw answer;
        done[kind] = message.id;
        if (kind === "seen" && answer.ok) change({ seen: [message.id, message.at] });
      } catch (problem) {
        setTimeout(settle, backoff(problem));
        break;
      }
      if (wanted[kind] !== message) setTimeout(settle);
    }
    settling = false;
  };

  return {
    record,
    change,
    flush,
    /** Keep a new message of the visitor, and send it. */
    add: (/** @type {any} */ item) => {
      change({ out: [...(record().out || []), item] });
      flush();
    },
    /** Try at once what was given up or waits. */
    retry: () => {
      const out = (record().out || []).map((/** @type {any} */ one) => ({ ...one, dead: 0 }));
      change({ out });
      fails = 0;
      flush();
    },
    receipt: (
      /** @type {"delivered" | "seen"} */ kind,
      /** @type {any} */ message,
      again = false,
    ) => {
      if (again) done[kind] = "";
      wanted[kind] = message;
      settle();
    },
    /** @returns {Promise<any>} The conversation; null if there is none for us. Rejects if later. */
    history: async () => {
      const answer = await call("/history", {});
      if (isLater(answer.status)) throw answer;
      return answer.ok ? answer.json() : null;
    },
  };
};
