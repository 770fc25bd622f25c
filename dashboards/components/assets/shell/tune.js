// Language and theme, for this person in this browser.

import { attrs, button, el, icon } from "../ground/dom.js";
import { BASE } from "../ground/feed.js";
import { Menu } from "./menu.js";
import { themeOf, turnTheme } from "./theme.js";

const THEMES = { system: "system", light: "sun", dark: "moon" };

export class Tune {
  constructor(root, feed, words, props) {
    Object.assign(this, { root, words, props });
    root.append(el("div", "tune", ...this.makeLanguage(), ...this.makeTheme()));
  }

  makeLanguage() {
    const { words, props } = this;
    const code = words.language.toUpperCase();
    const open = button("ghost", code);
    open.append(icon("down", true));
    attrs(open, { "aria-label": `${code}, ${words.say("shell.language")}: ${props.languages[words.language]}` });
    const menu = new Menu(open, words.say("shell.language"), { chosen: (language) => this.speak(language) });
    menu.fill(Object.entries(props.languages).map(([code, name]) => {
      const item = attrs(el("button", "item", el("span", "grow", name), icon("check", true)), { lang: code });
      return Object.assign(item, { type: "button", value: code, chosen: code === words.language });
    }));
    return [open, menu.node];
  }

  makeTheme() {
    const { words } = this;
    const now = themeOf();
    const open = button("ghost", "", THEMES[now]);
    attrs(open, { "aria-label": `${words.say("shell.theme")}: ${words.say(`shell.theme_${now}`)}` });
    const menu = new Menu(open, words.say("shell.theme"), { chosen: (theme) => turnTheme(theme, this.props.paths) });
    menu.fill(Object.keys(THEMES).map((theme) => {
      const name = el("span", "grow", words.say(`shell.theme_${theme}`));
      const item = el("button", "item", icon(THEMES[theme], true), name, icon("check", true));
      return Object.assign(item, { type: "button", value: theme, chosen: theme === now });
    }));
    return [open, menu.node];
  }

  // The account remembers it for other browsers; without an answer this one still does.
  async speak(language) {
    if (language === this.words.language) return;
    const body = JSON.stringify({ language });
    const headers = { "Content-Type": "application/json" };
    await fetch(`${BASE}/api/v1/session`, { method: "PATCH", headers, body }).catch(() => {});
    this.props.trigger("language", language);
  }

  destroy() {
    this.root.replaceChildren();
  }
}
