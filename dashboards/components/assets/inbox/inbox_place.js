// A part of the inbox in its place: made again when site, words or person change.

import { places } from "../ground/places.js";

// Returns the default function of a component. `make(root, props, kept)` builds the part; what
// `destroy()` returns is handed to the next one in the same place.
export function place(make) {
  return places((root) => new Place(root, make));
}

class Place {
  constructor(root, make) {
    Object.assign(this, { root, make });
  }

  update({ data, setTriggerValue }) {
    const props = { ...data, trigger: (name, value) => setTriggerValue(name, value) };
    const identity = `${data.site.key} ${data.language} ${data.person}`;
    if (this.part && this.identity === identity) return void (this.part.props = props);
    const kept = this.part?.destroy();
    this.identity = identity;
    this.root.lang = data.language;
    this.root.className = `part of-${data.part}`;
    this.part = this.make(this.root, props, kept);
  }

  end() {
    this.part.destroy();
  }
}
