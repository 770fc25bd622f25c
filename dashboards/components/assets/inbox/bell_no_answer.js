// Says when nobody has answered a message that this person sent first.

import { attrs, button, el } from "../ground/dom.js";

const PATIENCE_S = 30;
const SHOWN_MS = 12000;
const MOST = 3;

export class NoAnswer {
  constructor(bell) {
    this.bell = bell;
    this.node = attrs(el("div", "toasts"), { popover: "manual", role: "status", "aria-live": "polite" });
    this.key = `hozir.unanswered.${bell.props.person}.${bell.props.site.key}`;
    // Another page may be opened meanwhile: what is waited for is kept with the tab.
    this.waiting = read(this.key);
    this.onSent = ({ detail }) => this.sent(detail || {});
    addEventListener("hozir:sent", this.onSent);
    this.timer = setInterval(() => this.look(), 1000);
  }

  sent({ conversation_id: id, visitor_name: name }) {
    if (!id) return;
    this.waiting[String(id)] = { name: String(name || ""), until: Date.now() + PATIENCE_S * 1000 };
    this.keep();
  }

  answered(id) {
    if (!(id in this.waiting)) return;
    delete this.waiting[id];
    this.keep();
  }

  look() {
    for (const [id, { name, until }] of Object.entries(this.waiting)) {
      if (Date.now() < until) continue;
      this.answered(id);
      this.show(id, name);
    }
  }

  show(id, name) {
    const { bell, node } = this;
    const { words } = bell;
    const open = button("link", words.say("bell.open"));
    const shut = button("link", words.say("bell.dismiss"));
    const told = words.count("bell.no_answer_sub", PATIENCE_S, { n: PATIENCE_S, name: name || words.say("bell.somebody") });
    const toast = el("div", "toast", el("b", "", words.say("bell.no_answer")), attrs(el("p", "", told), { dir: "auto" }), el("div", "acts", open, shut));
    const gone = () => {
      toast.remove();
      if (!node.children.length && node.matches(":popover-open")) node.hidePopover();
    };
    open.addEventListener("click", () => {
      gone();
      bell.open(id);
    });
    shut.addEventListener("click", gone);
    while (node.children.length >= MOST) node.firstChild.remove();
    if (!node.matches(":popover-open")) node.showPopover();
    node.append(toast);
    setTimeout(() => !toast.matches(":hover, :focus-within") && gone(), SHOWN_MS);
  }

  keep() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.waiting));
    } catch {
      // Private windows may refuse; it is then waited for on this page only.
    }
  }

  destroy() {
    clearInterval(this.timer);
    removeEventListener("hozir:sent", this.onSent);
  }
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) || "{}") || {};
  } catch {
    return {};
  }
}
