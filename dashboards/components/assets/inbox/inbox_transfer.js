// Whose the conversation shall be: a dialog with the team.

import { attrs, button, el, hue, icon, initials, write } from "../ground/dom.js";

export class Transfer {
  constructor(feed, id, words, on) {
    Object.assign(this, { feed, id, words, on });
    const owner = feed.conversations.get(id)?.assignee;
    const title = el("h2", "", words.say("inbox.transfer_title"));
    title.id = "ix-transfer";
    const shut = button("ghost ib", icon("close"));
    attrs(shut, { "aria-label": words.say("inbox.cancel"), title: words.say("inbox.cancel") });
    const cancel = button("ghost", words.say("inbox.cancel"));
    this.go = button("pri", words.say("inbox.transfer"), "swap");
    this.go.type = "submit";
    this.told = attrs(el("p", "ix-told"), { role: "alert" });
    this.told.hidden = true;
    const rows = feed.team.map((who) => this.row(who, owner));
    rows.push(this.row({ id: "", name: words.say("inbox.nobody"), role: "" }, owner));
    this.form = el("form", "",
      el("header", "", title, shut),
      attrs(el("div", "team", ...rows), { role: "radiogroup", "aria-labelledby": title.id }),
      this.told, el("footer", "", cancel, this.go));
    this.node = attrs(el("dialog", "ix-dialog", this.form), { "aria-labelledby": title.id });
    for (const each of [shut, cancel]) each.addEventListener("click", () => this.node.close());
    this.node.addEventListener("close", () => on.done());
    this.node.addEventListener("click", (event) => event.target === this.node && this.node.close());
    this.node.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.assign();
    });
    this.form.addEventListener("change", () => (this.go.disabled = false));
    this.go.disabled = true;
  }

  row({ id, name, role }, owner) {
    const { words, feed } = this;
    const pick = attrs(el("input"), { type: "radio", name: "owner", value: String(id) });
    pick.checked = String(owner?.id ?? "") === String(id);
    pick.disabled = pick.checked;
    const face = attrs(el("span", "av small", id === "" ? icon("person") : initials(name || "") || icon("person")), { "aria-hidden": "true" });
    face.style.setProperty("--h", hue(String(id)));
    const mine = feed.me && String(feed.me.id) === String(id);
    const about = [mine ? words.say("inbox.it_is_you") : "", role ? words.say(`role.${role}`) : "", pick.checked && id !== "" ? words.say("inbox.owner_now") : ""];
    return el("label", "mate", pick, face, el("span", "grow", attrs(el("b", "clip", name), { dir: "auto" }), el("small", "clip", about.filter(Boolean).join(" · "))));
  }

  async assign() {
    const value = new FormData(this.form).get("owner");
    if (value === null) return;
    const id = value === "" ? null : this.feed.team.find((each) => String(each.id) === value)?.id;
    if (id === undefined) return;
    this.go.disabled = true;
    const answer = await this.feed.act(this.id, "assign", { user_id: id });
    if (answer.ok) return this.node.close();
    this.go.disabled = false;
    this.told.hidden = false;
    write(this.told, this.words.say(`inbox.refused_${answer.reason}`) || this.words.say("inbox.transfer_failed"));
  }

  open() {
    this.node.showModal();
    (this.form.querySelector("input:not(:disabled)") || this.go).focus();
  }
}
