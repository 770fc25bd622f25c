// The bell of every page: how much is unread, the newest of it, and a sound when a visitor writes.
//
// Data:   language, text (bell., inbox., live.), person (id), site { key, name, zone },
//         inbox (`url_path` of the inbox page; "inbox" if not given).
// Gives:  no triggers. It sets the custom property --hz-inbox (a CSS string, "" for none) on the
//         root of the page, the text of elements with [data-hz-count="inbox"], and the number in
//         the title of the tab.
// Hears:  window event `hozir:sent` { conversation_id, visitor_name }: the person wrote first and
//         wants to know when nobody answers.
// Sends:  window event `hozir:open` { conversation_id } where the inbox is open on the page.

import { NoAnswer } from "./bell_no_answer.js";
import { Menu } from "./bell_menu.js";
import { BASE } from "../ground/feed.js";
import { attrs, el, icon, toggle, write } from "../ground/dom.js";
import { inboxOf } from "./inbox_feed.js";
import { place } from "./inbox_place.js";
import { Days, nameOfVisitor } from "./inbox_words.js";
import { firstTabFor, prepare, ring } from "./sound.js";
import { Words } from "../ground/words.js";

const COUNTED = /^\(\d+\+?\) /;
const MOST = 99;

export default place((...given) => new Bell(...given));

class Bell {
  constructor(root, props) {
    Object.assign(this, { root, props });
    const { site, language, text, person } = props;
    this.words = new Words(text, language, site.zone);
    this.feed = inboxOf(site.key, person);
    this.prefs = readPrefs(person);
    this.pip = el("span", "pip");
    this.button = attrs(el("button", "bell-b", icon("bell"), this.pip), { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false" });
    this.menu = new Menu(this, new Days(this.words, site.zone));
    this.noAnswer = new NoAnswer(this);
    this.button.addEventListener("click", () => this.menu.toggle(this.button));
    root.append(this.button, this.menu.node, this.noAnswer.node);
    this.stop = this.feed.listen((...news) => this.hear(...news));
    this.unprepare = prepare();
    this.title = new MutationObserver(() => this.drawTitle());
    this.title.observe(document.head, { childList: true, subtree: true, characterData: true });
    this.feed.want(language);
    this.draw();
  }

  hear(kind, id, message) {
    if (kind === "reply") this.reply(id, message);
    if (kind === "message" && message.author === "visitor") this.noAnswer.answered(id);
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  async reply(id, message) {
    this.noAnswer.answered(id);
    if (!(await firstTabFor(message.id))) return;
    if (!this.prefs.muted) ring();
    if (this.prefs.desktop && document.visibilityState === "hidden") this.notify(id, message);
  }

  notify(id, message) {
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const name = nameOfVisitor(this.feed.conversations.get(id) || {}, this.words);
    try {
      const note = new Notification(name, { body: String(message.text || "").slice(0, 200), tag: id, renotify: true, silent: true });
      note.onclick = () => {
        focus();
        this.open(id);
        note.close();
      };
    } catch {
      // Some phones allow notifications from workers only.
    }
  }

  address(id) {
    const query = new URLSearchParams({ site: this.props.site.key, lang: this.props.language, ...(id ? { conversation: id } : {}) });
    return `${BASE}/${this.props.inbox || "inbox"}?${query}`;
  }

  // Opens a conversation: in place where the inbox is, else on its page.
  open(id) {
    this.menu.close();
    const there = location.pathname.replace(/\/$/, "") === `${BASE}/${this.props.inbox || "inbox"}`;
    if (there) dispatchEvent(new CustomEvent("hozir:open", { detail: { conversation_id: id } }));
    else location.assign(this.address(id));
  }

  setPref(name, value) {
    this.prefs[name] = value;
    try {
      localStorage.setItem(prefsKey(this.props.person), JSON.stringify(this.prefs));
    } catch {
      // Private windows may refuse; it then lasts as long as the page.
    }
    this.menu.draw();
  }

  get unread() {
    return this.feed.counts.unread || 0;
  }

  get shown() {
    return this.unread > MOST ? `${MOST}+` : String(this.unread);
  }

  draw() {
    const { words, unread } = this;
    write(this.pip, unread ? this.shown : "");
    this.pip.hidden = !unread;
    toggle(this.root, "stale", this.feed.state === "cut");
    const label = words.count("bell.label", unread);
    if (this.button.title !== label) attrs(this.button, { "aria-label": label, title: label });
    document.documentElement.style.setProperty("--hz-inbox", unread ? `"${this.shown}"` : '""');
    for (const node of document.querySelectorAll('[data-hz-count="inbox"]')) write(node, unread ? this.shown : "");
    this.drawTitle();
    this.menu.draw();
  }

  // Streamlit writes the title anew with each page; the number goes before whatever it is.
  drawTitle() {
    const bare = document.title.replace(COUNTED, "");
    const wanted = this.unread ? `(${this.shown}) ${bare}` : bare;
    if (document.title !== wanted) document.title = wanted;
  }

  destroy() {
    this.stop();
    this.unprepare();
    this.title.disconnect();
    cancelAnimationFrame(this.frame);
    this.noAnswer.destroy();
    this.menu.destroy();
    this.feed.release();
    document.title = document.title.replace(COUNTED, "");
    document.documentElement.style.removeProperty("--hz-inbox");
    this.root.replaceChildren();
  }
}

const prefsKey = (person) => `hozir.bell.${person}`;

function readPrefs(person) {
  try {
    const { muted, desktop } = JSON.parse(localStorage.getItem(prefsKey(person)) || "{}") || {};
    return { muted: Boolean(muted), desktop: Boolean(desktop) };
  } catch {
    return { muted: false, desktop: false };
  }
}
