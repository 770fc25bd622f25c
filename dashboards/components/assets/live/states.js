// What stands in place of the list: loading, the first minute, nobody, no match.

import { attrs, button, el, icon, write } from "../ground/dom.js";

export function skeleton(words) {
  const bar = (width, height) => {
    const node = el("i", "skel");
    node.style.cssText = `width:${width};height:${height}px`;
    return node;
  };
  const card = () => el("div", "card skeleton",
    el("div", "card-h", bar("84px", 24), bar("40%", 12), el("span", "grow"), bar("40px", 12)),
    el("div", "who", attrs(el("i", "skel round"), {}), el("div", "grow", bar("60%", 14), bar("40%", 12))),
    bar("100%", 77), el("div", "card-a", bar("76px", 36), el("span", "grow"), bar("70px", 12)));
  return attrs(el("div", "skeletons", ...Array.from({ length: 6 }, card)), { role: "status", "aria-label": words.say("live.loading") });
}

export function noMatch(words, online, onClear) {
  const clear = button("out", words.say("live.no_match_clear"));
  clear.addEventListener("click", onClear);
  return el("div", "box middle", el("h2", "", words.say("live.no_match")),
    online === null ? null : el("p", "muted", words.count("live.no_match_sub", online)), clear);
}

export function nobodyLeft(words, tab) {
  return el("div", "box middle quiet", el("i", "dot off"), el("p", "muted", words.say(`live.none_${tab}`)));
}

export function failed(words, onAgain) {
  const again = button("out", words.say("live.again"));
  again.addEventListener("click", onAgain);
  return attrs(el("div", "box middle", el("h2", "", words.say("live.failed")),
    el("p", "muted", words.say("live.failed_sub")), again), { role: "alert" });
}

// The head says that nobody is here. `onSettings` is given to those who may change the site alone.
export function nobody(words, onSettings) {
  const box = el("div", "box middle quiet", el("i", "dot off"), el("p", "muted", words.say("live.sub_none")));
  if (!onSettings) return box;
  const settings = button("out", words.say("live.nobody_settings"));
  settings.addEventListener("click", onSettings);
  box.append(el("p", "muted", words.say("live.nobody_check")), settings);
  return box;
}

// The newcomer's first minute. `tick` keeps the waiting time.
export function firstMinute(words, site) {
  const since = Date.now();
  const waited = el("p", "muted");
  const node = el("div", "first",
    el("div", "box steps",
      step(icon("check", true), words.say("live.step_site"), [el("p", "muted", [site.name, site.domain].filter(Boolean).join(" · "))], true),
      step("2", words.say("live.step_line"), [el("p", "muted", words.say("live.step_line_how")), code(words, site.snippet)]),
      step("3", words.say("live.step_open"), [el("p", "muted", words.say("live.step_open_how")), ...demo(words, site.demo)])),
    el("div", "box radar",
      attrs(el("span", "ring", el("i"), el("i"), el("i"), el("b")), { "aria-hidden": "true" }),
      el("h2", "", words.say("live.waiting")), waited));
  node.tick = () => write(waited, words.say("live.no_signal", { time: words.length((Date.now() - since) / 1000) }));
  node.tick();
  return node;
}

function step(mark, title, content, done) {
  return el("div", done ? "step done" : "step",
    attrs(el("span", "no", mark), { "aria-hidden": "true" }), el("h2", "", title), el("div", "", ...content));
}

function code(words, snippet) {
  const line = el("code", "", snippet || "");
  const copy = button("", words.say("live.copy"), "copy");
  copy.addEventListener("click", async () => {
    if (!(await toClipboard(snippet, line))) return;
    copy.lastChild.textContent = words.say("live.copied");
    setTimeout(() => (copy.lastChild.textContent = words.say("live.copy")), 2000);
  });
  return el("div", "code", line, copy);
}

// Outside https the clipboard is closed to scripts; then the line is at least selected.
async function toClipboard(text, node) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(node);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  }
}

function demo(words, address) {
  if (!/^https?:\/\//.test(address || "")) return [];
  const link = attrs(el("a", "btn pri l", words.say("live.step_demo")), { href: address, target: "_blank", rel: "noopener" });
  return [el("p", "muted", words.say("live.step_demo_how")), link];
}
