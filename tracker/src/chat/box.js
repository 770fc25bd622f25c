// @ts-check
// The popup as the visitor sees it: a card in the corner, the same box opened, the button that
// opens it. Plain DOM in a shadow root; all text by `textContent`.
import { hueOf, inkOn, isDarkPage, validColour } from "./colour.js";

/** @typedef {"none" | "bubble" | "card" | "open"} State */

const LONGEST = 2000;
const TOGETHER = 5 * 60e3; // messages of one author within it share a line of time

const ICONS = {
  chat: "M4 5h16v11.5H10L5.5 20v-3.5H4z",
  bot: "M12 4v3M6 7h12a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM9 12v1.5M15 12v1.5",
  close: "M6 6l12 12M18 6L6 18",
  more: "M14 5h5v5M19 5l-7 7M10 19H5v-5M5 19l7-7",
  send: "M20 4L3.5 10.5l7 3 3 7zM20 4l-9.5 9.5",
};

const icon = (/** @type {keyof typeof ICONS} */ name) => {
  const make = (/** @type {string} */ tag, /** @type {Record<string, string>} */ attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    return element;
  };
  const svg = make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(make("path", { d: ICONS[name] }));
  return svg;
};

/** @type {(tag: string, name?: string, attributes?: Record<string, any>, ...inside: any[]) => any} */
const element = (tag, name = "", attributes = {}, ...inside) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  made.append(...inside);
  return made;
};

const newestOfTeam = (/** @type {any[]} */ list) =>
  [...list].reverse().find((one) => one.author !== "visitor");

const initials = (/** @type {string} */ name) =>
  name
    .split(/\s+/)
    .map((word) => Array.from(word)[0] || "")
    .slice(0, 2)
    .join("")
    .toUpperCase();

/**
 * @param {string} css
 * @param {string} nonce
 * @param {string} language
 * @param {any} words
 * @param {any} on what the visitor does: open, close, write, typing, draft, retry, stop, notify
 */
export const makeBox = (css, nonce, language, words, on) => {
  const host = element("hozir-chat");
  const shadow = host.attachShadow({ mode: "open" });

  const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {any[]} */ ...inside) =>
    element("button", name, { type: "button", ...(label && { "aria-label": label }) }, ...inside);

  const avatar = element("span", "av", { "aria-hidden": "true" });
  const name = element("h2", "", { id: "name", dir: "auto" });
  const about = element("p", "", { dir: "auto" });
  const more = button("ib more", words.more, icon("more"));
  const close = button("ib close", words.close, icon("close"));
  const log = element("div", "log", {
    role: "log",
    "aria-live": "polite",
    "aria-label": words.log,
    tabindex: "0",
  });
  const typing = element("p", "typing", { role: "status" });
  const input = element("textarea", "", {
    rows: "1",
    maxlength: LONGEST,
    "aria-label": words.reply,
    placeholder: words.reply,
    dir: "auto",
    enterkeyhint: "send",
  });
  const send = button("send", words.send, icon("send"));
  const left = element("p", "left", { hidden: "" });
  const notice = element("p", "", { dir: "auto" });
  const privacy = element("a", "", { target: "_blank", rel: "noopener noreferrer", hidden: "" });
  const notify = button("notify", "", words.notify);
  const stop = button("stop", "", words.stop);
  const box = element(
    "section",
    "box",
    { role: "dialog", "aria-labelledby": "name", hidden: "" },
    element("header", "", {}, avatar, element("div", "who", {}, name, about), more, close),
    log,
    typing,
    element("div", "ans", {}, input, send),
    left,
    element("footer", "", {}, notice, privacy, notify, stop),
  );
  const badge = element("span", "badge", { "aria-hidden": "true", hidden: "" });
  const launcher = button("launcher", words.open, icon("chat"), badge);
  launcher.hidden = true;
  const root = element("div", "h", { lang: language }, box, launcher);
  privacy.textContent = words.privacy;

  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    const style = element("style", "", {}, css);
    style.nonce = nonce;
    shadow.append(style);
  }
  shadow.append(root);

  // --- What the visitor does. ---

  const grow = () => {
    input.style.height = "44px";
    if (input.scrollHeight > 46) input.style.height = `${input.scrollHeight + 2}px`;
    const rest = LONGEST - input.value.length;
    left.hidden = rest > 200;
    left.textContent = `${input.value.length} / ${LONGEST}`;
  };
  const submit = () => {
    const text = input.value.trim();
    if (!text) return input.focus();
    input.value = "";
    grow();
    on.write(text);
    input.focus();
  };
  send.addEventListener("click", submit);
  input.addEventListener("input", () => {
    grow();
    on.typing(input.value);
  });
  input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  more.addEventListener("click", () => on.open());
  close.addEventListener("click", () => on.close());
  launcher.addEventListener("click", () => on.open());
  notify.addEventListener("click", () => on.notify());
  let sure = 0;
  stop.addEventListener("click", () => {
    if (sure) return on.stop();
    sure = setTimeout(() => {
      sure = 0;
      stop.textContent = words.stop;
    }, 5e3);
    stop.textContent = words.sure;
  });
  root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && !event.isComposing && !box.hidden) on.close();
  });
  // The page's own shortcuts must not answer to what is typed here.
  for (const type of ["keydown", "keyup", "keypress", "input", "paste"])
    root.addEventListener(type, (/** @type {Event} */ event) => event.stopPropagation());

  const fit = () => {
    const seen = window.visualViewport;
    if (!seen) return;
    root.style.setProperty("--height", `${seen.height}px`);
    const hidden = Math.max(0, innerHeight - seen.height - seen.offsetTop);
    root.style.setProperty("--keyboard", `${hidden}px`);
    root.toggleAttribute("data-typing", hidden > 80);
  };
  window.visualViewport?.addEventListener("resize", fit);
  window.visualViewport?.addEventListener("scroll", fit);

  // --- What it shows. ---

  const attach = () => {
    // Some sites replace the whole body when they change the page.
    if (!host.isConnected) (document.body || document.documentElement).append(host);
  };

  const clock = (/** @type {number} */ at) =>
    new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });

  const face = (/** @type {any} */ look, /** @type {any} */ last) => {
    const bot = last?.author === "bot";
    const title = look.title || words.title;
    const shown = last?.author_name || (bot && look.bot_name) || title;
    name.textContent = shown;
    const parts = [bot && words.bot, shown !== title && title];
    about.textContent = parts.filter(Boolean).join(" · ");
    about.hidden = !about.textContent;
    avatar.style.setProperty("--hue", `${hueOf(shown)}`);
    if (last && !bot) avatar.textContent = initials(shown);
    else avatar.replaceChildren(icon(bot ? "bot" : "chat"));
  };

  /** @type {Map<string, any>} */
  const drawn = new Map();
  const piece = (/** @type {string} */ key, /** @type {string} */ kind) => {
    if (!drawn.has(key)) drawn.set(key, element("div", kind, kind[0] === "m" ? { dir: "auto" } : {}));
    return drawn.get(key);
  };
  const say = (/** @type {any} */ part, /** @type {string} */ text) => {
    if (part.textContent !== text) part.textContent = text;
  };

  const lines = (/** @type {any} */ model) => {
    const { list, seenByTeam, status, look } = model;
    /** @type {any[]} */
    const parts = [];
    const now = newestOfTeam(list);
    if (!list.length) {
      const hello = piece("hello", "m");
      say(hello, look.greeting || words.greeting);
      parts.push(hello);
    }
    // Who has answered has read what was there.
    const answered = list.map((/** @type {any} */ one) => one.author).lastIndexOf("agent");
    const told = list.findIndex((/** @type {any} */ one) => one.id === seenByTeam);
    const read = Math.max(answered, told);
    list.forEach((/** @type {any} */ message, /** @type {number} */ at) => {
      const mine = message.author === "visitor";
      const part = piece(message.id, "m");
      part.className = `m${mine ? " mine" : ""}${message === now ? " now" : ""}`;
      say(part, message.text);
      parts.push(part);
      const next = list[at + 1];
      const failed = message.state === "failed";
      if (
        !failed &&
        next?.author === message.author &&
        next.author_name === message.author_name &&
        next.at - message.at < TOGETHER
      )
        return;
      const meta = piece(`${message.id} meta`, "meta");
      meta.className = `meta${mine ? " mine" : ""}${failed ? " failed" : ""}`;
      if (failed) {
        if (!meta.querySelector("button")) {
          const retry = button("retry", "", words.retry);
          retry.addEventListener("click", () => on.retry());
          meta.replaceChildren(`${words.failed}. `, retry);
        }
      } else {
        const isSeen = at <= read && message.state === "sent";
        const state = isSeen ? words.seen : words[message.state];
        say(meta, `${mine ? state : message.author_name || look.bot_name || ""} · ${clock(message.at)}`);
      }
      parts.push(meta);
    });
    if (status === "closed") {
      const note = piece("closed", "note");
      say(note, words.closed);
      parts.push(note);
    }
    return parts;
  };

  const place = (/** @type {any[]} */ parts) => {
    for (const part of [...log.children]) if (!parts.includes(part)) part.remove();
    parts.forEach((part, at) => {
      if (log.children[at] !== part) log.insertBefore(part, log.children[at] || null);
    });
  };

  /** @type {State} */
  let shown = "none";

  const draw = (/** @type {any} */ model) => {
    const { state, list, unread, look, typist } = model;
    if (state === "none") return host.remove();
    attach();
    const low = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    const colour = validColour(look.colour);
    root.style.setProperty("--accent", colour);
    root.style.setProperty("--on-accent", inkOn(colour));
    root.dataset.side = look.side === "left" ? "left" : "right";
    root.dataset.theme = isDarkPage() ? "dark" : "light";
    const isNew = state !== shown;
    shown = root.dataset.state = state;
    box.hidden = state === "bubble";
    launcher.hidden = state !== "bubble";
    if (isNew) fit();

    face(look, newestOfTeam(list));
    badge.hidden = !unread;
    badge.textContent = unread > 9 ? "9+" : `${unread}`;
    launcher.setAttribute("aria-label", unread ? `${words.open}: ${unread}, ${words.unread}` : words.open);
    place(lines(model));
    say(typing, typist ? `${typist} ${words.typing}` : "");

    say(notice, look.privacy_notice || words.kept);
    privacy.hidden = !/^https?:\/\//i.test(`${look.privacy_url}`);
    if (!privacy.hidden) privacy.href = look.privacy_url;
    notify.hidden = !model.mayAsk;
    // Who reads further up is left there.
    if (state === "open" && (isNew || low)) log.scrollTop = log.scrollHeight;
    else if (isNew) log.scrollTop = 0;
  };

  return {
    draw,
    attach,
    /** Whether the visitor's focus is in here. */
    holds: () => !!shadow.activeElement,
    focusInput: () => input.focus({ preventScroll: true }),
    focusLauncher: () => launcher.focus({ preventScroll: true }),
    setDraft: (/** @type {string} */ text) => {
      input.value = text;
      grow();
    },
    remove: () => host.remove(),
  };
};
