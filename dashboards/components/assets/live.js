// The entry: Streamlit calls the default function for each part, again whenever its data changes.

import { feedOf, leave, BASE } from "./feed.js";
import { Head } from "./head.js";
import { List } from "./list.js";
import { Visit } from "./visit.js";
import { Words } from "./words.js";

const PARTS = { head: Head, list: List, visit: Visit };
const YEAR = 365 * 24 * 3600;

const mounted = new WeakMap();

export default function mount(api) {
  dress(api.parentElement);
  if (api.data?.part === "browser") return void browser(api.data);
  let place = mounted.get(api.parentElement);
  if (!place) mounted.set(api.parentElement, (place = new Place(api.parentElement)));
  // A call that was overtaken while the module loaded still ends; only the newest may unmount.
  const token = (place.token = {});
  place.update(api);
  return () => {
    if (place.token !== token) return;
    place.end();
    mounted.delete(api.parentElement);
  };
}

class Place {
  constructor(parent) {
    this.root = parent.querySelector(".part");
  }

  update({ data, setTriggerValue }) {
    const { part, text, language, site, filters, ...rest } = data;
    const props = { ...rest, site, trigger: (name, value) => setTriggerValue(name, value) };
    const same = this.part && this.site === site.key && this.language === language;
    if (!same) {
      this.end();
      Object.assign(this, { site: site.key, language, feed: feedOf(site.key) });
      this.root.lang = language;
      this.root.className = `part of-${part}`;
    }
    if (filters) this.feed.want(language, filters);
    if (same) this.part.props = props;
    else this.part = new PARTS[part](this.root, this.feed, new Words(text, language, site.zone), props);
  }

  end() {
    this.part?.destroy();
    this.feed?.release();
    this.part = this.feed = null;
  }
}

// Streamlit names the theme on its root only; dialogs and menus live beside it and must match.
function dress(parent) {
  const ground = getComputedStyle(parent.host || parent).getPropertyValue("--st-background-color");
  const [r, g, b] = (ground.match(/[0-9a-f]{2}/gi) || []).map((pair) => parseInt(pair, 16));
  if (b === undefined) return;
  document.documentElement.style.colorScheme = 0.3 * r + 0.6 * g + 0.1 * b < 128 ? "dark" : "light";
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
