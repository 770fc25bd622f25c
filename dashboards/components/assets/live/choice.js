// Cards or rows: what this person chose in this browser, else what fits the crowd.

const CROWD = 100;

const listeners = new Set();

export const choice = {
  mode: "cards",
  chosen: false,
  begun: false,

  start(person, online) {
    const kept = read(person);
    this.chosen = Boolean(kept);
    this.turn(kept || (online >= CROWD ? "rows" : "cards"));
  },

  set(person, mode) {
    this.chosen = true;
    try {
      localStorage.setItem(key(person), mode);
    } catch {
      // Private windows may refuse; the choice then lasts as long as the page.
    }
    this.turn(mode);
  },

  turn(mode) {
    if (this.mode === mode) return;
    this.mode = mode;
    for (const listener of [...listeners]) listener(mode);
  },

  listen(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

const key = (person) => `hozir.view.${person}`;

function read(person) {
  try {
    const mode = localStorage.getItem(key(person));
    return mode === "cards" || mode === "rows" ? mode : null;
  } catch {
    return null;
  }
}
