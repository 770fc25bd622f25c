// Keys that work wherever the focus is on the live page.

export const SEARCH = ".st-key-filter-q input";

// `/` and Ctrl+K lead to the search. So does Ctrl+F, once: pressed again there, it opens the
// browser's own find, which must not be taken from anybody.
export function listenKeys(on) {
  const hear = (event) => {
    const field = document.querySelector(SEARCH);
    const here = event.composedPath()[0];
    const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    const asked = command ? /^[kf]$/i.test(event.key) : event.key === "/" && !event.altKey && !writes(here);
    if (asked && field && !inDialog()) {
      if (here === field && /f/i.test(event.key)) return;
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === "Escape" && !event.defaultPrevented && !inDialog()) {
      if (here === field) field.blur();
      on.escape();
    } else if (event.key === "Escape" && event.isTrusted && inDialog()) {
      giveToDialog(event);
    }
  };
  document.addEventListener("keydown", hear);
  return () => document.removeEventListener("keydown", hear);
}

export const focusSearch = () => document.querySelector(SEARCH)?.focus();

const DIALOG = '[role="dialog"]';

const inDialog = () => Boolean(document.querySelector(DIALOG));

// A dialog that has just opened may not have the focus yet, and then hears no key.
function giveToDialog(event) {
  const dialog = document.querySelector(DIALOG);
  if (event.defaultPrevented || event.composedPath().includes(dialog)) return;
  dialog.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
}

function writes(node) {
  return node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));
}
