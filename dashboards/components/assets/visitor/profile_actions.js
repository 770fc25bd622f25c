// What can be done about a visitor: write, keep as a contact, end the session.

import { attrs, button, el, write } from "../ground/dom.js";
import { BASE, leave } from "../ground/feed.js";

export class Actions {
  constructor(words, props, news) {
    Object.assign(this, { words, props, news });
    const act = (name, look, text, mark) => {
      const node = button(look, words.say(text), mark);
      node.addEventListener("click", () => this.props.trigger(name, Date.now()));
      return node;
    };
    this.message = act("message", "pri", "profile.send", "send");
    this.contact = act("contact", "out", "profile.save", "useradd");
    this.contact.label = this.contact.lastChild;
    this.end = button("quiet", words.say("profile.end"), "power");
    this.sure = this.makeSure();
    this.end.addEventListener("click", () => this.turn(true));
    this.told = attrs(el("p", "note"), { role: "status" });
    this.told.hidden = true;
    this.node = el("div", "acts", el("div", "pair", this.message, this.contact), this.end, this.sure, this.told);
  }

  makeSure() {
    const yes = button("out bad", this.words.say("profile.end_yes"));
    const no = button("ghost", this.words.say("profile.end_no"));
    yes.addEventListener("click", () => this.endSession());
    no.addEventListener("click", () => this.turn(false));
    this.no = no;
    const box = attrs(el("div", "sure", el("p", "", this.words.say("profile.end_sure")), el("div", "pair", yes, no)), { role: "group" });
    box.hidden = true;
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // It takes back the question, not the panel.
      this.turn(false);
    });
    return box;
  }

  turn(asking) {
    this.sure.hidden = !asking;
    this.end.hidden = asking;
    this.told.hidden = true;
    (asking ? this.no : this.end).focus();
  }

  async endSession() {
    const { site, visitor } = this.props;
    this.turn(false);
    const query = new URLSearchParams({ site: site.key });
    const path = `${BASE}/api/v1/visitors/${encodeURIComponent(visitor.id)}/end?${query}`;
    let told = "profile.end_failed";
    try {
      const { ok, status } = await fetch(path, { method: "POST" });
      if (status === 401) return leave();
      if (ok) told = "profile.end_done";
    } catch {
      // Said below.
    }
    this.told.hidden = false;
    write(this.told, this.words.say(told));
    this.news.ask();
  }

  draw(visitor, online) {
    const may = (what) => this.props.may.includes(what);
    this.message.hidden = !may("send_messages") || Boolean(visitor.bot);
    this.contact.hidden = !may("edit_contacts") || Boolean(visitor.bot);
    const label = this.words.say(visitor.contact_id ? "profile.edit" : "profile.save");
    if (this.contact.label.data !== label) this.contact.label.data = label;
    const can = may("end_sessions") && online;
    if (!can) this.sure.hidden = true;
    this.end.hidden = !can || !this.sure.hidden;
  }
}
