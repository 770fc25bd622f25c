// Tab through a part inside a dialog: the dialog's own focus trap does not look into shadow roots.

const OPENING = 3000; // ms in which a dialog settles
const STOPS = "a[href], button, input, select, textarea, [tabindex]";

// The dialog is given one stop, the host; which of ours it means is decided here.
export function walkable(root) {
  const { host } = root;
  if (!host?.closest("[role=dialog]")) return () => {};
  let tab = null; // How the key that is being handled walks.

  const note = (event) => {
    if (event.key !== "Tab") return;
    tab = event.shiftKey ? "back" : "on";
    setTimeout(() => (tab = null));
  };
  const walk = (event) => {
    if (event.key !== "Tab") return;
    const stops = stopsOf(root);
    const at = stops.indexOf(root.activeElement);
    const edge = event.shiftKey ? at <= 0 : at === stops.length - 1;
    if (!edge) event.stopPropagation(); // The browser knows the way from here to the next of ours.
  };
  const enter = () => {
    if (!tab || root.activeElement) return;
    const stops = stopsOf(root);
    (tab === "back" ? stops[stops.length - 1] : stops[0])?.focus();
  };
  host.tabIndex = 0;
  document.addEventListener("keydown", note, true);
  root.addEventListener("keydown", walk);
  host.addEventListener("focus", enter);
  return () => {
    host.removeAttribute("tabindex");
    document.removeEventListener("keydown", note, true);
    root.removeEventListener("keydown", walk);
    host.removeEventListener("focus", enter);
  };
}

function stopsOf(root) {
  return [...root.querySelectorAll(STOPS)].filter(
    (node) => node.tabIndex >= 0 && !node.disabled && node.checkVisibility() && (node.type !== "radio" || node.checked),
  );
}

// Begins at `node`, as soon as its style lets it be seen, and also where the dialog, still opening,
// takes the focus to itself. Whoever has gone elsewhere meanwhile is left there.
export function beginAt(node) {
  const root = node.getRootNode();
  const until = Date.now() + OPENING;
  const step = () => {
    const at = root.activeElement || document.activeElement;
    const free = !at || at === document.body || at === root.host || at.matches("[role=dialog]");
    if (free) node.focus();
    if (node.isConnected && (free || at === node) && Date.now() < until) requestAnimationFrame(step);
  };
  step();
}
