// Short news at the top of the window, outside every dialog, so that it survives a page switch.

import { attrs, button, el, icon } from "../ground/dom.js";

const STAYS = 6000;
const STYLE = `
:host { position: fixed; z-index: 1000100; inset: 16px 16px auto; display: grid; justify-items: center; gap: 8px; pointer-events: none; }
.toast { display: flex; align-items: center; gap: 8px 12px; flex-wrap: wrap; max-width: min(440px, 100%); box-sizing: border-box; padding: 8px 8px 8px 16px; border-radius: 12px; border: 1px solid light-dark(#E4E7F0, #273045); background: light-dark(#FFFFFF, #1B2335); color: light-dark(#111827, #E7EAF3); box-shadow: 0 24px 48px -12px light-dark(rgb(16 24 40 / .25), rgb(0 0 0 / .7)); font: 500 14px/20px Inter, system-ui, sans-serif; pointer-events: auto; animation: in 300ms ease-out; }
.toast span { min-width: 0; overflow-wrap: anywhere; }
.toast small { display: block; font: 400 13px/20px Inter, system-ui, sans-serif; color: light-dark(#566072, #98A2B8); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 300px; }
.i { flex: none; width: 18px; height: 18px; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.ok { color: light-dark(#047857, #6EE7B7); }
a { padding: 8px; color: light-dark(#4F46E5, #A5B4FC); font-weight: 600; text-decoration: none; }
a:hover { text-decoration: underline; }
button { display: grid; place-items: center; width: 36px; height: 36px; padding: 0; border: 0; border-radius: 8px; background: none; color: inherit; cursor: pointer; }
button:hover { background: light-dark(#F0F2F8, #273045); }
:focus-visible { outline: 2px solid light-dark(#4F46E5, #A5B4FC); outline-offset: 2px; }
@media (pointer: coarse) { button { width: 44px; height: 44px; } a { padding: 12px 8px; } }
@keyframes in { from { transform: translateY(-20px); opacity: 0 } }
@media (prefers-reduced-motion: reduce) { .toast { animation: none; } }
`;

let shelf;

// `link`: { address, text } or nothing. Stays a moment longer while somebody is at it.
export function toast({ text, below, mark, link, close }) {
  if (!shelf?.host.isConnected) shelf = makeShelf();
  const shut = attrs(button("", "", "close"), { "aria-label": close });
  const node = el("div", "toast",
    el("i", mark === "check" ? "ok" : "", icon(mark)),
    el("span", "", text, below ? attrs(el("small", "", below), { dir: "auto", title: below }) : null),
    link ? attrs(el("a", "", link.text), { href: link.address }) : null, shut);
  const end = () => node.remove();
  let timer = setTimeout(end, STAYS);
  const hold = () => clearTimeout(timer);
  const again = () => {
    hold();
    timer = setTimeout(end, STAYS);
  };
  node.addEventListener("pointerenter", hold);
  node.addEventListener("focusin", hold);
  node.addEventListener("pointerleave", again);
  node.addEventListener("focusout", again);
  shut.addEventListener("click", end);
  shelf.list.append(node);
}

function makeShelf() {
  const host = document.createElement("div");
  host.className = "hozir-toasts";
  const root = host.attachShadow({ mode: "open" });
  const list = attrs(el("div"), { role: "status", "aria-live": "polite" });
  list.style.cssText = "display: contents";
  root.append(el("style", "", STYLE), list);
  document.body.append(host);
  return { host, list };
}
