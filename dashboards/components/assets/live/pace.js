// How often the list takes over what has come: chosen by the person, kept in this browser.

export const PACES = { live: 0, 5: 5, 10: 10, 30: 30, paused: Infinity };

const key = (person) => `hozir.pace.${person}`;

export function paceOf(person) {
  try {
    const kept = localStorage.getItem(key(person));
    return kept in PACES ? kept : "live";
  } catch {
    return "live";
  }
}

export function keepPace(person, pace) {
  try {
    localStorage.setItem(key(person), pace);
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
}
