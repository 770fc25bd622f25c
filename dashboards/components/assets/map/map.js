// The entry of the map's own parts. Streamlit draws the map; these stand around and over it.

import { Activity } from "./activity.js";
import { feedOf } from "../ground/feed.js";
import { Controls } from "./map_controls.js";
import { MapHead } from "./map_head.js";
import { Popup } from "./map_popup.js";
import { places } from "../ground/places.js";
import { Stats } from "./map_stats.js";
import { Words } from "../ground/words.js";

const PARTS = { map_head: MapHead, map_controls: Controls, map_stats: Stats, map_popup: Popup, activity: Activity };

class Place {
  constructor(root) {
    this.root = root;
  }

  update({ data, setTriggerValue, setStateValue }) {
    const { part, text, language, site, ...rest } = data;
    const props = { ...rest, site, trigger: (name, value) => setTriggerValue(name, value), keep: (name, value) => setStateValue(name, value) };
    const same = this.part && this.site === site.key && this.language === language;
    if (same) return this.part.update(props);
    this.end();
    Object.assign(this, { site: site.key, language, feed: feedOf(site.key) });
    this.root.lang = language;
    this.root.className = `part of-${part}`;
    this.feed.want(language, {});
    this.part = new PARTS[part](this.root, this.feed, new Words(text, language, site.zone), props);
  }

  end() {
    this.part?.destroy();
    this.feed?.release();
    this.root.replaceChildren();
    this.part = this.feed = null;
  }
}

export default places((root) => new Place(root));
