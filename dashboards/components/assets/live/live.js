// The entry of the live page: Streamlit calls the default function for each part.

import { leave, BASE } from "../ground/feed.js";
import { Head } from "./head.js";
import { List } from "./list.js";
import { dress, entry } from "../ground/part.js";

const YEAR = 365 * 24 * 3600;

const mount = entry({ head: Head, list: List });

export default function live(api) {
  if (api.data?.part !== "browser") return mount(api);
  dress(api.parentElement);
  return void browser(api.data);
}

// Has no looks: does in the browser what the server cannot.
function browser({ language, sign_out: out, leave: away }) {
  if (language) {
    document.cookie = `hozir_lang=${language}; Path=${BASE || "/"}; Max-Age=${YEAR}; SameSite=Lax`;
    document.documentElement.lang = language;
  }
  if (away) return leave();
  if (out) {
    // Signed out or not reached, the gate decides on the next load.
    fetch(`${BASE}/api/v1/session`, { method: "DELETE" }).finally(() => location.reload());
  }
}
