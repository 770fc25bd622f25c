// Keys that work wherever the focus is on the live page.

const SEARCH = ".st-key-filter-q input";

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
    }
  };
  document.addEventListener("keydown", hear);
  return () => document.removeEventListener("keydown", hear);
}

export const focusSearch = () => document.querySelector(SEARCH)?.focus();

const inDialog = () => Boolean(document.querySelector('[role="dialog"]'));

function writes(node) {
  return node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));
}
