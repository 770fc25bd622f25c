// Light, dark, or as the system is. Streamlit reads its own choice once, at the start of a page,
// under a key that ends in the page's path; so the choice is written for each of our pages.

import { BASE } from "../ground/feed.js";

const KEY = "hozir.theme";
const NAMES = { light: "Light", dark: "Dark", system: "System" };

export function themeOf() {
  try {
    const kept = localStorage.getItem(KEY);
    return kept in NAMES ? kept : "system";
  } catch {
    return "system";
  }
}

export function turnTheme(theme, paths) {
  try {
    localStorage.setItem(KEY, theme);
    for (const path of new Set([location.pathname, ...paths.map((one) => `${BASE}/${one}`)])) {
      localStorage.setItem(`stActiveTheme-${path}-v2`, JSON.stringify(NAMES[theme]));
    }
  } catch {
    return; // A private window that keeps nothing follows the system.
  }
  location.reload();
}
