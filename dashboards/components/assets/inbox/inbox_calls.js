// The API as the inbox asks it. Every answer says whether it came, and if not, why not.

import { BASE, leave } from "../ground/feed.js";

const PATIENCE_MS = 10000;

// Returns { ok, status, reason, data, meta }: `status` 0 means that nobody answered.
export async function call(path, { site, query = {}, method = "GET", body } = {}) {
  const asked = new URLSearchParams({ ...(site ? { site } : {}), ...query });
  const headers = { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}) };
  try {
    const response = await fetch(`${BASE}/api/v1/${path}?${asked}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.status === 401) leave();
    const answer = await response.json().catch(() => null);
    const { status, ok } = response;
    const whole = answer && typeof answer === "object" && !Array.isArray(answer) ? answer : {};
    return { ok, status, reason: whole.error?.reason || "", data: whole.data ?? answer, meta: whole.meta || {} };
  } catch {
    return { ok: false, status: 0, reason: "", data: null, meta: {} };
  }
}

// A random id of our own. Outside https browsers offer no randomUUID.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `m_${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")}`;
}

export const path = (id, what = "") => `conversations/${encodeURIComponent(id)}${what ? `/${what}` : ""}`;
