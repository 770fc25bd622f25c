// Waits for the answer to a message, and says so once when none came. Survives page switches,
// and a load of the page where a module of this component is loaded again.

import { BASE } from "./feed.js";
import { talkAddress } from "./composer_calls.js";
import { toast } from "./composer_toast.js";

const KEY = "hozir.waits";
const PATIENCE = 30000;

const timers = new Map();

// `wait`: { site, conversation, message, name, say: { none, from, open, close } }
export function waitFor(wait) {
  const until = Date.now() + PATIENCE;
  const others = read().filter((each) => each.conversation !== wait.conversation);
  write([...others, { ...wait, until }]);
  resume();
}

// Takes up what another load of the page has left.
export function resume() {
  for (const wait of read()) {
    if (timers.get(wait.conversation)?.message === wait.message) continue;
    clearTimeout(timers.get(wait.conversation)?.timer);
    const timer = setTimeout(() => look(wait), Math.max(0, wait.until - Date.now()));
    timers.set(wait.conversation, { message: wait.message, timer });
  }
}

async function look(wait) {
  const { site, conversation, message, name, say } = wait;
  timers.delete(conversation);
  write(read().filter((each) => each.message !== message));
  if (await answered(site, conversation, message)) return;
  toast({
    text: say.none, below: say.from.replace("{name}", () => name), mark: "info", close: say.close,
    link: { address: talkAddress(site, conversation), text: say.open },
  });
}

// Where nobody can tell, nothing is said.
async function answered(site, conversation, message) {
  try {
    const path = `${BASE}/api/v1/conversations/${encodeURIComponent(conversation)}/messages`;
    const response = await fetch(`${path}?${new URLSearchParams({ site, limit: 50 })}`);
    if (!response.ok) return true;
    const { data } = await response.json();
    const sent = data.find((each) => each.id === message);
    return data.some((each) => each.author === "visitor" && each.number > (sent?.number || 0));
  } catch {
    return true;
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) || [];
  } catch {
    return [];
  }
}

function write(waits) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(waits));
  } catch {
    // Without it the answer is still waited for, as long as this page lives.
  }
}

resume();
