// Mounts a part that is about one visitor; Streamlit calls again whenever its data changes.

import { feedOf } from "../ground/feed.js";
import { walkable } from "./visit_keys.js";
import { Words } from "../ground/words.js";

export function mounting(Part) {
  const mounted = new WeakMap();
  return (api) => {
    let place = mounted.get(api.parentElement);
    if (!place) mounted.set(api.parentElement, (place = new Place(api.parentElement, Part)));
    // A call that was overtaken while the module loaded still ends; only the newest may unmount.
    const token = (place.token = {});
    place.update(api);
    return () => {
      if (place.token !== token) return;
      place.end();
      mounted.delete(api.parentElement);
    };
  };
}

class Place {
  constructor(parent, Part) {
    this.root = parent.querySelector(".part");
    this.Part = Part;
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
