// What the message dialog asks of the server, and the draft that this tab keeps.

import { BASE, leave } from "../ground/feed.js";

// Why a message was not taken, by the server's own reason; all else is "failed".
const REASONS = {
  too_many_messages: "too_many", chat_off: "chat_off", unknown_visitor: "unknown",
  forbidden: "forbidden", malformed: "malformed",
};

export async function send(site, visitor, message, as) {
  const query = new URLSearchParams({ site });
  try {
    const response = await fetch(`${BASE}/api/v1/visitors/${encodeURIComponent(visitor)}/message?${query}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ message, as }),
    });
    if (response.status === 401) {
      leave();
      return { refused: "failed" };
    }
    const answer = await response.json();
    if (response.ok) return { sent: answer.data || answer };
    return { refused: REASONS[answer.error?.reason] || "failed" };
  } catch {
    return { refused: "failed" };
  }
}

export async function templates(site) {
  try {
    const response = await fetch(`${BASE}/api/v1/templates?${new URLSearchParams({ site })}`);
    const { data } = response.ok ? await response.json() : {};
    return Array.isArray(data) ? data.filter((each) => typeof each.text === "string") : [];
  } catch {
    return [];
  }
}

// The address of a conversation in the inbox.
export function talkAddress(site, conversation) {
  return `${BASE}/inbox?${new URLSearchParams({ site, conversation })}`;
}

// A draft lasts as long as the tab: nobody else at this computer should find it.
export const draft = {
  read: (site, visitor) => {
    try {
      return JSON.parse(sessionStorage.getItem(key(site, visitor))) || {};
    } catch {
      return {};
    }
  },
  keep: (site, visitor, text, as) => {
    try {
      if (text) sessionStorage.setItem(key(site, visitor), JSON.stringify({ text, as }));
      else sessionStorage.removeItem(key(site, visitor));
    } catch {
      // Private windows may refuse; the text is then kept while the dialog is open.
    }
  },
};

const key = (site, visitor) => `hozir.draft.${site}.${visitor}`;
