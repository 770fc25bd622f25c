// A short, soft sound, made on the spot; and the rule that only one tab of several makes it.

const NOTES = [[659.3, 0], [880, 0.11]]; // hertz, seconds
const LENGTH_S = 0.32, LOUDNESS = 0.07;
const TURN_MS = { watched: 0, visible: 80, hidden: 200 };
const CLAIM = "hozir.rang";
const KEPT = 20;
const SETTLE_MS = 60;

let audio = null;

// Browsers let a page sound only after it was touched; so the first touch prepares it.
export function prepare() {
  const wake = () => {
    audio ??= window.AudioContext ? new AudioContext() : null;
    if (audio?.state === "suspended") audio.resume().catch(() => {});
  };
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake, { capture: true, passive: true });
  return () => {
    for (const touch of ["pointerdown", "keydown"]) removeEventListener(touch, wake, { capture: true });
  };
}

export function ring() {
  if (audio?.state !== "running") return false;
  for (const [pitch, after] of NOTES) {
    const at = audio.currentTime + after;
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.type = "sine";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + LENGTH_S);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + LENGTH_S);
  }
  return true;
}

// Resolves to true in one tab only: the one that is looked at, if any is.
export async function firstTabFor(id) {
  const turn = document.visibilityState !== "visible" ? "hidden" : document.hasFocus() ? "watched" : "visible";
  await new Promise((resolve) => setTimeout(resolve, TURN_MS[turn]));
  if (navigator.locks) return navigator.locks.request(CLAIM, () => claim(id, ""));
  // Outside https there are no locks: each writes its name, and the last one to do so has it.
  const tab = String(Math.random());
  if (!claim(id, tab)) return false;
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return claims()[id] === tab;
}

function claim(id, tab) {
  const claimed = claims();
  if (id in claimed) return false;
  try {
    localStorage.setItem(CLAIM, JSON.stringify(Object.fromEntries([...Object.entries(claimed), [id, tab]].slice(-KEPT))));
  } catch {
    // Private windows may refuse to keep it: then each tab sounds for itself.
    mine = { [id]: tab };
  }
  return true;
}

let mine = null;

function claims() {
  try {
    return mine || JSON.parse(localStorage.getItem(CLAIM) || "{}") || {};
  } catch {
    return {};
  }
}
