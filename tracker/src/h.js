// @ts-check
// The browser's part of Hozir: who is here, in which tab, on which page, for how long.
// What goes over the wire is `hozir/contract/beacon.py`; what the server can derive, it derives.
// Every entry from the page (events, timers, API calls) goes through `safe`: no error of ours
// may reach the host page.
(() => {
  const MINUTE = 6e4;
  const SESSION_SILENCE = 30 * MINUTE;
  const SESSION_LENGTH = 1440 * MINUTE;
  const IDLE = 10 * MINUTE;
  const BATCH = 50; // milliseconds, and also the most events in a beacon
  const QUEUE = 30; // beacons kept while the server is away
  const HINTS_WAIT = 60; // the first page view waits so long for client hints, at most
  const ID = /^[vst]_[\da-f-]{36}$/;
  const DOWNLOAD = /\.(pdf|docx?|xlsx?|pptx?|csv|epub|zip|rar|7z|gz|dmg|exe|apk|mp[34])$/i;

  const script = /** @type {HTMLScriptElement} */ (document.currentScript);

  /** @type {any} */
  let debug;
  const log = (/** @type {any[]} */ ...words) => {
    if (debug) console.log("hozir:", ...words);
  };

  /** @type {<F extends (...args: any[]) => any>(work: F) => F} */
  const safe = (work) =>
    /** @type {any} */ (
      (/** @type {any[]} */ ...args) => {
        try {
          return work(...args);
        } catch (error) {
          log(error);
        }
      }
    );

  const boot = () => {
    const { site, consent, respectGpc } = script.dataset;
    const known = /** @type {any} */ (window).hozir;
    if (!site || known?.door) return;
    const at = (/** @type {string} */ path) => `${new URL(path, script.src)}`;
    const endpoint = at(`/e/${site}`);
    const must = consent === "required";
    const now = () => Math.round(performance.now());

    // --- Storage. Memory stands in where the browser refuses to keep something. ---

    /** @type {Record<string, any>} */
    const memory = {};
    const storage = (/** @type {string} */ key) =>
      key === "tab" ? sessionStorage : localStorage;
    const read = (/** @type {string} */ key) => {
      try {
        return memory[key] || storage(key).getItem(`hozir_${key}`);
      } catch {}
    };
    const write = (/** @type {string} */ key, /** @type {any} */ value) => {
      try {
        if (value) storage(key).setItem(`hozir_${key}`, value);
        else storage(key).removeItem(`hozir_${key}`);
        delete memory[key];
      } catch {
        memory[key] = value;
      }
    };
    const fields = (/** @type {string} */ key) => `${read(key)}`.split(",");
    // What must outlive a clearing of either place is kept in both.
    const recall = safe(
      (/** @type {string} */ key) =>
        read(key) || document.cookie.match(`hozir_${key}=([^;]+)`)?.[1],
    );
    const keep = safe((/** @type {string} */ key, /** @type {any} */ value) => {
      write(key, value);
      document.cookie = `hozir_${key}=${value};path=/;max-age=${value ? 31536e3 : 0};samesite=lax`;
    });
    debug = read("debug");

    // --- Who. ---

    const fresh = (/** @type {string} */ kind) =>
      // `randomUUID` is missing on plain http, and `crypto` in some old web views; the address of
      // an object ends in one everywhere.
      `${kind}_${crypto?.randomUUID?.() || URL.createObjectURL(new Blob([])).slice(-36)}`;

    let running = 0; // started, and the page has not been left
    let visitorId = "";
    let sessionId = "";
    let visit = 1;
    let tabId = "";
    let n = 0;
    let view = 0;

    const allowed = () => {
      const said = recall("consent");
      return (
        !recall("optout") &&
        !(/** @type {any} */ (navigator).globalPrivacyControl && respectGpc !== "false") &&
        (must ? said === "1" : said !== "0")
      );
    };

    // One record for all tabs: id, start, last successful send, number of the visit.
    const session = () => {
      /** @type {any[]} */
      let [id, start, last, count] = fields("session");
      const time = Date.now();
      if (
        !ID.test(id) ||
        !(time - start < SESSION_LENGTH && time - last < SESSION_SILENCE)
      ) {
        id = fresh("s");
        count = (+count || 0) + 1;
        write("session", [id, time, time, count]);
      }
      visit = +count || 1;
      return id;
    };
    const sent = () => {
      /** @type {any[]} */
      const record = fields("session");
      record[2] = Date.now();
      if (record[0] === sessionId) write("session", record);
    };

    const forget = () => {
      running = 0;
      pending = [];
      queue = [];
      for (const key of "visitor,token,session,tab,chat".split(",")) keep(key, "");
      door.tell?.(1);
    };

    // --- What leaves nobody's secrets behind; the server scrubs a second time. ---

    const clean = (/** @type {any} */ text) =>
      `${text}`
        .replace(/[^\s/?&=#:;,]+(@|%40)[^\s/?&=#:;,]+/g, "***")
        .replace(
          /([?&#;][^=&#]*(token|key(?!w)|pass(?!e)|pwd|auth(?!or)|sess|code|secret|otp|jwt|signature)[^=&#]*=)[^&#]+/gi,
          "$1***",
        )
        .replace(/eyJ[\w-]+\.[\w.-]+|(?=[a-z]*\d)[a-z\d]{20,}/gi, "***")
        .replace(/\d((%20|[ +-])?\d){13,18}/g, "***")
        .slice(0, 2e3);

    // --- The page as it is read. Times by the monotonic clock. ---

    let url = "";
    let visible = 0; // milliseconds before `since`
    let since = 0; // when it came to sight; 0 while hidden
    let scroll = 0;
    let touched = 0; // last input
    let actions = 0;
    let forms = new WeakSet();

    const seen = () => visible + (since && now() - since);
    const look = () => {
      if (!since) return;
      const depth = ((scrollY + innerHeight) / document.documentElement.scrollHeight) * 100;
      scroll = Math.max(scroll, Math.min(100, (depth + 0.5) | 0));
    };
    const report = () => {
      look();
      return {
        visible: seen(),
        scroll,
        hidden: document.hidden,
        idle: now() - touched,
      };
    };

    // --- Events become beacons. ---

    /** @type {any[]} */
    let pending = [];
    /** @type {any[]} */
    let queue = [];
    let ready = 0; // client hints have come, or we no longer wait for them
    let busy = 0; // a beacon is on its way, or waits for its next try
    let fails = 0;
    /** @type {any} */
    let hints = {};

    const alive = () => running && (allowed() || forget());

    const emit = (/** @type {string} */ kind, /** @type {any} */ fields, delay = 0) => {
      if (!alive()) return;
      if (kind !== "page_view" && session() !== sessionId) {
        // The session ended meanwhile. The server may not know: a clock was put right, or a day is
        // over. Closing a page is no reason to begin another.
        navigator.sendBeacon?.(
          endpoint,
          JSON.stringify({ ...ids(), n: ++n, events: [{ kind: "leave", view }] }),
        );
        if (kind !== "leave") openPage();
        if ("idle" in fields) return;
      }
      log(kind, fields);
      pending.push({ kind, at: now(), view, ...fields });
      if (delay) setTimeout(flush, delay);
      else flush();
    };

    const openPage = (delay = 0) => {
      if (!alive()) return;
      visitorId = recall("visitor");
      if (!ID.test(visitorId)) visitorId = fresh("v");
      keep("visitor", visitorId);
      sessionId = session();
      url = location.href;
      view++;
      visible = scroll = actions = 0;
      touched = now();
      since = document.hidden ? 0 : touched;
      forms = new WeakSet();
      emit("page_view", { url: clean(location.href), hidden: document.hidden }, delay);
    };

    const ids = () => ({ visitor_id: visitorId, session_id: sessionId, tab_id: tabId });

    const flush = safe((final = 0) => {
      if (!(ready || final)) return;
      while (pending[0]) {
        const events = pending.splice(0, BATCH);
        let opening;
        for (const event of events)
          if (event.kind === "page_view") {
            opening = {
              language: `${navigator.languages}`,
              screen: `${screen.width}x${screen.height}`,
              timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
              referrer: clean(document.referrer),
              platform_version: hints.platformVersion,
              model: hints.model,
              touch: navigator.maxTouchPoints,
              webdriver: navigator.webdriver,
              visit,
            };
            // Not before now: a router sets the title after the address.
            event.title = clean(document.title);
          }
        queue.push({
          ...ids(),
          n: ++n,
          events,
          context: opening,
        });
      }
      while (queue[QUEUE]) {
        const beat = queue.findIndex(
          ({ events: [first, second] }) => first.kind === "heartbeat" && !second,
        );
        queue.splice(Math.max(beat, 0), 1);
      }
      pump(final);
    });

    // One request at a time keeps a tab's order; at the end all go at once.
    const pump = (final = 0) => {
      while (queue[0] && (final || !busy)) send(queue.shift(), final);
    };

    const send = (/** @type {any} */ beacon, /** @type {number} */ final) => {
      // Late news of a session that has ended would raise its ghost.
      if (beacon.session_id !== session() || !allowed()) return;
      const body = JSON.stringify({
        ...beacon,
        events: beacon.events.map((/** @type {any} */ { at, ...event }) => ({
          ...event,
          age: now() - at,
        })),
      });
      log("send", body);
      if (final && !("keepalive" in Request.prototype))
        return navigator.sendBeacon(endpoint, body);
      busy = 1;
      fetch(endpoint, {
        method: "POST",
        body,
        keepalive: body.length < 2e4, // browsers refuse more than 64 KiB of it
        credentials: "omit",
        signal: AbortSignal.timeout?.(1e4),
      })
        .then((answer) => {
          log(answer.status);
          if (answer.status === 429 || answer.status > 499) throw answer;
          fails = 0;
          if (answer.ok) {
            sent();
            answer.json().then(told, told);
          }
          again();
        })
        .catch((problem) => {
          log("later", problem);
          if (running) queue.unshift(beacon);
          const backoff = Math.min(2 ** fails++, 60) * (0.5 + Math.random());
          const asked = +problem?.headers?.get("retry-after") || 0;
          setTimeout(again, Math.max(backoff, asked) * 1e3);
        });
    };

    const again = safe(() => {
      busy = 0;
      pump();
    });

    // --- What happens on the page. ---

    const listen = (
      /** @type {EventTarget} */ target,
      /** @type {string} */ types,
      /** @type {(event: any) => any} */ work,
    ) => {
      for (const type of types.split(","))
        target.addEventListener(type, safe(work), { capture: true, passive: true });
    };

    const navigated = () => {
      if (!running || url === location.href) return;
      emit("heartbeat", report(), BATCH);
      if (url !== location.href) openPage(20); // time for the router to set the title
    };

    for (const name of /** @type {const} */ (["pushState", "replaceState"])) {
      const original = history[name];
      history[name] = function () {
        safe(look)();
        const result = original.apply(this, /** @type {any} */ (arguments));
        safe(navigated)();
        return result;
      };
    }
    listen(window, "popstate,hashchange", navigated);
    listen(window, "scroll", look);

    listen(window, "pointerdown,pointermove,keydown,wheel", () => {
      const idle = now() - touched;
      touched = now();
      if (idle > IDLE) emit("visibility", report());
    });

    listen(document, "visibilitychange", () => {
      if (!document.hidden) touched = now();
      const state = report();
      visible = state.visible; // to the same millisecond as it is told
      since = document.hidden ? 0 : now();
      emit("visibility", state);
    });

    listen(window, "pagehide", () => {
      emit("leave", report(), BATCH);
      if (!running) return;
      flush(1);
      if (!fails) sent();
      running = 0;
      write("tab", [tabId, n, view]);
    });

    listen(window, "pageshow", ({ persisted }) => {
      if (!persisted) return;
      // The page that was here meanwhile may still be writing down where it stopped counting.
      write("tab", "");
      start();
    });

    const describe = (/** @type {Element} */ element) => {
      const id = element.getAttribute("id");
      const kind = element.classList[0];
      return element.localName + (id ? `#${id}` : kind ? `.${kind}` : "");
    };
    const act = (/** @type {string} */ name, /** @type {string} */ target) =>
      actions++ < 100 && emit("interaction", { name, target: clean(target) }, BATCH);

    listen(document, "click,auxclick", ({ target, button }) => {
      if (button > 1) return;
      const tagged = target.closest("[data-hozir-event]:not(form)");
      const control = target.closest("a,area,button,[role=button],[type=submit]");
      if (tagged) {
        /** @type {Record<string, string>} */
        const props = {};
        for (const { name, value } of tagged.attributes)
          if (/^data-hozir-(?!event$)/.test(name)) props[name.slice(11)] = value;
        commands.event(tagged.dataset.hozirEvent, props);
      }
      if (control && control !== tagged) {
        const { href, host, pathname } = control;
        let name = "click";
        if (host && host !== location.host) name = "outbound";
        if (host && (control.hasAttribute("download") || DOWNLOAD.test(pathname)))
          name = "download";
        act(name, describe(control) + (href ? ` ${href.replace(location.origin, "")}` : ""));
      }
    });

    // A form counts as viewed when somebody first enters it.
    listen(document, "focusin", ({ target }) => {
      const form = target.closest("form");
      if (!form || forms.has(form)) return;
      forms.add(form);
      act("form_view", describe(form));
    });
    listen(document, "submit", ({ target }) => act("form_submit", describe(target)));

    // Browsers slow the timers of hidden pages down, but not those of a worker.
    let beaten = 0;
    const beat = safe(() => {
      beaten = now();
      emit("heartbeat", report());
    });
    const tick = safe(() => now() - beaten > (door.said?.beat || 30) * 1e3 - 999 && beat());
    const tickHere = () => setInterval(tick, 5e3);
    try {
      const timer = "setInterval(postMessage,5e3,0)";
      const worker = new Worker(URL.createObjectURL(new Blob([timer])));
      worker.onmessage = tick;
      worker.onerror = tickHere;
    } catch {
      tickHere();
    }

    // --- What the server answers, and the door for the scripts of the chat. ---

    /** @type {any} What `w.js` and `chat.js` may use; see README.md. */
    const door = {
      script,
      ids: () => alive() && { ...ids(), view },
      beat,
      write,
      recall,
      keep,
    };
    let linked = 0;
    const told = safe((/** @type {any} */ answer) => {
      door.said = answer;
      if (answer.chat && !linked && alive()) {
        // "complete" stands before "interactive" and "loading" in the alphabet only.
        if (document.readyState > "d") return setTimeout(told, 99, answer);
        linked = 1;
        document.head.append(
          Object.assign(document.createElement("script"), {
            src: at("/w.js"),
            nonce: script.nonce,
            onerror: () => (linked = 0),
          }),
        );
      }
      door.tell?.();
    });

    // --- What the page may ask: `hozir("event", "order", {total: 10})`. ---

    const plain = (/** @type {any} */ props) => {
      const text = JSON.stringify({ ...props });
      return text.length < 8e3 ? JSON.parse(text) : {};
    };
    const start = () => {
      if (running || !allowed()) return;
      running = 1;
      // Taken out while the page is open, so that a duplicated tab finds nothing to copy.
      const [id, beacons, views] = fields("tab");
      const mine = ID.test(id);
      tabId = mine ? id : fresh("t");
      n = (mine && +beacons) || 0;
      view = (mine && +views) || 0;
      write("tab", "");
      openPage();
    };
    /** @type {Record<string, (a?: any, b?: any) => any>} */
    const commands = {
      event: (name, props) =>
        name && emit("custom", { name: `${name}`.slice(0, 200), props: plain(props) }, BATCH),
      identify: (traits) => emit("identify", { props: plain(traits) }, BATCH),
      optOut: () => {
        keep("optout", "1");
        forget();
      },
      optIn: () => {
        keep("optout", "");
        start();
      },
      consent: (yes) => {
        keep("consent", yes ? "1" : must ? "" : "0");
        if (yes) start();
        else forget();
      },
    };
    const hozir = /** @type {any} */ (
      safe((/** @type {string} */ name, /** @type {any} */ a, /** @type {any} */ b) =>
        commands[name]?.(a, b),
      )
    );
    hozir.door = door;
    /** @type {any} */ (window).hozir = hozir;

    start();
    for (const args of known?.q || []) hozir(...args);
    const go = () => {
      ready = 1;
      flush();
    };
    const asked = /** @type {any} */ (navigator).userAgentData?.getHighEntropyValues([
      "platformVersion",
      "model",
    ]);
    if (asked) {
      asked.then((/** @type {any} */ values) => (hints = values)).then(go, go);
      setTimeout(go, HINTS_WAIT);
    } else go();
  };

  // A page that is only prerendered has no reader yet.
  const go = safe(boot);
  if (/** @type {any} */ (document).prerendering)
    document.addEventListener("prerenderingchange", go);
  else go();
})();
