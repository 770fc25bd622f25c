// What every entry does: one object for each part on the page, with the feed of its site.

import { feedOf } from "./feed.js";
import { places } from "./places.js";
import { Words } from "./words.js";

// Returns the function that Streamlit calls, again and again for the same place.
export function entry(parts) {
  const mount = places((root) => new Place(root, parts));
  return (api) => {
    dress(api.parentElement);
    return mount(api);
  };
}

class Place {
  constructor(root, parts) {
    Object.assign(this, { root, parts });
  }

  update({ data, setTriggerValue, setStateValue }) {
    const { part, text, language, site, filters, ...rest } = data;
    // Of two triggers of one part at once Streamlit keeps the last; what is kept stands apart.
    const props = { ...rest, site, trigger: (name, value) => setTriggerValue(name, value), keep: (name, value) => setStateValue(name, value) };
    const same = this.part && this.site === site.key && this.language === language;
    if (!same) {
      this.end();
      Object.assign(this, { site: site.key, language, feed: feedOf(site.key) });
      this.root.lang = language;
      this.root.className = `part of-${part}`;
    }
    if (filters) this.feed.want(language, filters);
    else this.feed.watch(language);
    if (same) this.part.props = props;
    else this.part = new this.parts[part](this.root, this.feed, new Words(text, language, site.zone), props);
  }

  end() {
    this.part?.destroy();
    this.feed?.release();
    this.part = this.feed = null;
  }
}

// Streamlit names the theme on its root only; dialogs and menus live beside it and must match.
export function dress(parent) {
  const ground = getComputedStyle(parent.host || parent).getPropertyValue("--st-background-color");
  const [r, g, b] = (ground.match(/[0-9a-f]{2}/gi) || []).map((pair) => parseInt(pair, 16));
  if (b === undefined) return;
  document.documentElement.style.colorScheme = 0.3 * r + 0.6 * g + 0.1 * b < 128 ? "dark" : "light";
}
