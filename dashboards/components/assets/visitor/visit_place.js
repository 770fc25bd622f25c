// Mounts a part that is about one visitor; Streamlit calls again whenever its data changes.

import { feedOf } from "../ground/feed.js";
import { places } from "../ground/places.js";
import { walkable } from "./visit_keys.js";
import { Words } from "../ground/words.js";

export function mounting(Part) {
  return places((root) => new Place(root, Part));
}

class Place {
  constructor(root, Part) {
    Object.assign(this, { root, Part });
  }

  update({ data, setTriggerValue }) {
    const { part, text, language, site, ...rest } = data;
    const props = { ...rest, site, language, trigger: (name, value) => setTriggerValue(name, value) };
    const about = [site.key, language, rest.visitor.id].join(" ");
    if (this.part && this.about === about) return this.part.renew(props);
    this.end();
    this.about = about;
    this.feed = feedOf(site.key);
    // On the live page its filters rule; elsewhere everybody is wanted.
    this.feed.want(language, this.feed.filters);
    this.root.lang = language;
    this.root.className = `part of-${part}`;
    this.unwalk = walkable(this.root.getRootNode());
    this.part = new this.Part(this.root, this.feed, new Words(text, language, site.zone), props);
  }

  end() {
    this.unwalk?.();
    this.part?.destroy();
    this.feed?.release();
    this.part = this.feed = this.unwalk = null;
  }
}
