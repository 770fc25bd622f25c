// The left column: who waits, who is in conversation, who is done.

import { attrs, button, el, icon, write } from "../ground/dom.js";
import { ConversationRow } from "./inbox_row.js";
import { nameOfVisitor, plain } from "./inbox_words.js";

const GROUPS = ["waiting", "active", "closed"];
const SCOPES = ["all", "me", "none"];
const STEP = 50; // Rows of a group before "more".
const FETCH = 100;
const TYPING_PAUSE_MS = 250;

export class ConversationList {
  constructor(feed, words, days, on) {
    Object.assign(this, { feed, words, days, on });
    this.scope = "all";
    this.q = "";
    this.found = null; // Ids that the server found for `q`.
    this.shown = Object.fromEntries(GROUPS.map((group) => [group, STEP]));
    this.spent = new Set(); // Groups of which the server has nothing more.
    this.rows = new Map();
    this.order = Object.fromEntries(GROUPS.map((group) => [group, []]));
    this.makeTools();
    this.groups = Object.fromEntries(GROUPS.map((group) => [group, this.makeGroup(group)]));
    this.state = attrs(el("div", "ix-state"), { role: "status" });
    this.fresh = button("newer", "");
    this.fresh.hidden = true;
    this.box = el("div", "ix-list", this.state, ...GROUPS.map((group) => this.groups[group].node));
    this.node = el("section", "ix-l", this.tools, el("div", "rail", this.fresh), this.box);
    this.node.setAttribute("aria-label", words.say("inbox.list"));
    this.fresh.addEventListener("click", () => this.draw(true));
    this.box.addEventListener("pointerenter", (event) => (this.held = event.pointerType === "mouse"));
    this.box.addEventListener("pointerleave", () => {
      this.held = false;
      this.draw();
    });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => {
      const row = event.target.closest?.(".cv");
      if (row) this.on.open(row.conversation, false);
    });
  }

  makeTools() {
    const { words } = this;
    this.search = attrs(el("input"), {
      type: "search", placeholder: words.say("inbox.search"), "aria-label": words.say("inbox.search"),
      autocomplete: "off", maxlength: "100",
    });
    this.search.addEventListener("input", () => {
      clearTimeout(this.typed);
      this.typed = setTimeout(() => this.filter(), TYPING_PAUSE_MS);
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.search.value) {
        this.search.value = "";
        this.filter();
        event.stopPropagation();
      } else if (event.key === "ArrowDown") {
        this.focusRow(0);
        event.preventDefault();
      }
    });
    const seg = attrs(el("div", "seg full"), { role: "radiogroup", "aria-label": words.say("inbox.scope") });
    this.scopes = SCOPES.map((scope) => {
      const item = attrs(el("button", "", words.say(`inbox.scope_${scope}`)), { role: "radio", type: "button" });
      item.addEventListener("click", () => this.choose(scope));
      seg.append(item);
      return item;
    });
    seg.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const at = (SCOPES.indexOf(this.scope) + step + SCOPES.length) % SCOPES.length;
      this.choose(SCOPES[at]);
      this.scopes[at].focus();
      event.preventDefault();
    });
    this.tools = el("div", "ix-tools", el("label", "field", icon("search", true), this.search), seg);
    this.drawScopes();
  }

  makeGroup(group) {
    const { words } = this;
    const number = el("span", `pill ${{ waiting: "er", active: "on" }[group] || ""}`);
    const title = el("h2", "gr", words.say(`inbox.group_${group}`), " ", number);
    title.id = `ix-${group}`;
    const list = attrs(el("div", "ix-rows"), { role: "listbox", "aria-labelledby": title.id });
    const more = button("ghost ix-more", words.say("inbox.more"));
    more.addEventListener("click", () => this.more(group));
    return { node: el("div", "ix-group", title, list, more), list, number, more };
  }

  choose(scope) {
    this.scope = scope;
    this.drawScopes();
    this.filter();
  }

  drawScopes() {
    this.scopes.forEach((item, at) => {
      const on = SCOPES[at] === this.scope;
      attrs(item, { "aria-checked": String(on) });
      item.tabIndex = on ? 0 : -1;
    });
  }

  async filter() {
    this.q = this.search.value.trim();
    this.found = null;
    this.spent.clear();
    for (const group of GROUPS) this.shown[group] = STEP;
    this.draw(true);
    if (!this.q && this.scope === "all") return;
    const [q, scope] = [this.q, this.scope];
    const found = await this.feed.search(this.asked());
    if (q !== this.q || scope !== this.scope) return;
    this.found = q && found ? new Set(found) : null;
    this.draw(true);
  }

  asked(more = {}) {
    const query = { limit: FETCH, ...more };
    if (this.q) query.q = this.q;
    if (this.scope !== "all") query.assigned = this.scope;
    return query;
  }

  // Shows more of a group: first what is here, then what the server has before it.
  async more(group) {
    const all = this.order[group];
    this.shown[group] += STEP;
    if (this.shown[group] > all.length && !this.spent.has(group)) {
      const oldest = all.reduce((at, each) => (!at || each.last_at < at.last_at ? each : at), null);
      const found = await this.feed.search(this.asked({ status: group, ...(oldest ? { before: oldest.id } : {}) }));
      if (found && !found.some((id) => !all.some((each) => each.id === id))) this.spent.add(group);
      if (found && this.found) for (const id of found) this.found.add(id);
    }
    this.draw(true);
  }

  matches(conversation) {
    const { me } = this.feed;
    if (this.scope === "me" && (!me || String(conversation.assignee?.id) !== String(me.id))) return false;
    if (this.scope === "none" && conversation.assignee) return false;
    if (!this.q || this.found?.has(conversation.id)) return true;
    const wanted = plain(this.q);
    const { visitor, last_message: last } = conversation;
    const said = [nameOfVisitor(conversation, this.words), visitor?.email, last?.text];
    return said.some((text) => plain(text).includes(wanted));
  }

  // The order as it should be now.
  sorted() {
    const groups = Object.fromEntries(GROUPS.map((group) => [group, []]));
    for (const each of this.feed.conversations.values()) {
      if (this.matches(each)) (groups[each.status] || groups.active).push(each);
    }
    const at = (stamp) => Date.parse(stamp) || 0;
    groups.waiting.sort((a, b) => at(a.waiting_since || a.last_at) - at(b.waiting_since || b.last_at));
    for (const group of ["active", "closed"]) groups[group].sort((a, b) => at(b.last_at) - at(a.last_at));
    return groups;
  }

  // Nothing changes its place under the pointer; what has changed waits for it to go. A pointer
  // left lying while somebody writes an answer holds nothing.
  draw(now = false) {
    const wanted = this.sorted();
    const drawn = GROUPS.flatMap((group) => this.order[group]).length;
    const moved = GROUPS.some((group) => wanted[group].some((each, at) => each.id !== this.order[group][at]?.id)
      || wanted[group].length !== this.order[group].length);
    const wait = this.held && moved && !now && drawn > 0 && !this.on.writing();
    if (!wait) this.order = wanted;
    const before = new Set(GROUPS.flatMap((group) => this.order[group]).map((each) => each.id));
    const newcomers = wait ? GROUPS.flatMap((group) => wanted[group]).filter((each) => !before.has(each.id)).length : 0;
    this.fresh.hidden = !newcomers;
    if (newcomers) write(this.fresh, this.words.count("inbox.newer", newcomers));
    const seen = new Set();
    for (const group of GROUPS) this.drawGroup(group, seen);
    for (const [id, row] of this.rows) if (!seen.has(id)) this.drop(id, row);
    this.rove();
    this.drawState();
  }

  drawGroup(group, seen) {
    const { node, list, number, more } = this.groups[group];
    const all = this.order[group];
    const cut = all.slice(0, this.shown[group]);
    const total = this.q || this.scope !== "all" ? all.length : Math.max(all.length, this.feed.counts[group] || 0);
    const focused = this.focusedId();
    cut.forEach((each, at) => {
      const conversation = this.feed.conversations.get(each.id) || each;
      let row = this.rows.get(each.id);
      if (!row) this.rows.set(each.id, (row = new ConversationRow(conversation, this.words, this.days)));
      row.fill(conversation, this.feed);
      row.select(each.id === this.selected);
      seen.add(each.id);
      if (list.children[at] !== row.node) list.insertBefore(row.node, list.children[at] || null);
    });
    if (focused) this.rows.get(focused)?.keepFocus(this.focusedId());
    write(number, this.words.number(total));
    node.hidden = !cut.length;
    more.hidden = cut.length >= all.length && (this.spent.has(group) || all.length >= total);
  }

  drop(id, row) {
    row.node.remove();
    this.rows.delete(id);
  }

  drawState() {
    const { feed, words } = this;
    const any = GROUPS.some((group) => this.order[group].length);
    const narrowed = this.q || this.scope !== "all";
    const state = any ? "" : feed.state === "loading" ? "loading" : narrowed ? "no_match" : feed.heardAt ? "empty" : "unknown";
    if (this.state.shown === state) return;
    this.state.shown = state;
    this.state.replaceChildren();
    if (state === "loading") this.state.append(...skeletons(words));
    else if (state) {
      this.state.append(el("h2", "", words.say(`inbox.${state}`)), el("p", "muted", words.say(`inbox.${state}_sub`)));
      if (state === "no_match") {
        const clear = button("out", words.say("inbox.no_match_clear"));
        clear.addEventListener("click", () => {
          this.search.value = "";
          this.choose("all");
        });
        this.state.append(clear);
      }
    }
  }

  select(id) {
    this.rows.get(this.selected)?.select(false);
    this.selected = id;
    this.rows.get(id)?.select(true);
    this.rove();
  }

  tick() {
    for (const row of this.rows.values()) row.tick(this.feed);
  }

  // One row is in the tab order: the one of the focus, else the open one, else the first.
  rove() {
    const rows = this.visible();
    const current = rows.find((row) => row.tabIndex === 0 && row === this.focused());
    const chosen = current || this.rows.get(this.selected)?.node || rows[0];
    for (const row of rows) {
      const index = row === chosen ? 0 : -1;
      if (row.tabIndex !== index) row.tabIndex = index;
    }
  }

  visible() {
    return [...this.box.querySelectorAll(".cv")];
  }

  focused() {
    const found = this.node.getRootNode().activeElement;
    return found?.classList?.contains("cv") ? found : null;
  }

  focusedId() {
    return this.focused()?.conversation;
  }

  focusRow(at) {
    const rows = this.visible();
    const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
    if (!row) return;
    for (const each of rows) each.tabIndex = each === row ? 0 : -1;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  // Back from the conversation to its row.
  focusSelected() {
    const at = this.visible().findIndex((row) => row.conversation === this.selected);
    this.focusRow(Math.max(0, at));
  }

  key(event) {
    const row = event.target.closest?.(".cv");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = this.visible();
    const at = rows.indexOf(row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (to !== undefined) this.focusRow(to);
    else if (event.key === "Enter" || event.key === " ") this.on.open(row.conversation, true);
    else return;
    event.preventDefault();
  }

  destroy() {
    clearTimeout(this.typed);
  }
}

function skeletons(words) {
  const bar = (width, height) => {
    const node = el("i", "skel");
    node.style.cssText = `width:${width};height:${height}px`;
    return node;
  };
  const row = () => el("div", "cv", el("i", "skel round"), el("span", "skel-lines", bar("60%", 13), bar("85%", 12)));
  return [el("span", "sr", words.say("inbox.loading")), ...Array.from({ length: 7 }, row)];
}
