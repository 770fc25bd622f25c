// The entry of the page that goes back in time. It has no feed: nothing here is of now.

import { places } from "../ground/places.js";
import { Words } from "../ground/words.js";
import { ReplayList } from "./replay_list.js";
import { ReplayTime } from "./replay_time.js";

const PARTS = { replay_time: ReplayTime, replay_list: ReplayList };

class Place {
  constructor(root) {
    this.root = root;
  }

  update({ data, setTriggerValue, setStateValue }) {
    const { part, text, language, site, ...rest } = data;
    const props = { ...rest, trigger: (name, value) => setTriggerValue(name, value), keep: (name, value) => setStateValue(name, value) };
    const spoken = `${site.key} ${language}`;
    if (this.spoken !== spoken) {
      this.end();
      this.spoken = spoken;
      this.root.lang = language;
      this.root.className = `part of-${part}`;
      this.part = new PARTS[part](this.root, new Words(text, language, site.zone));
    }
    this.part.update(props);
  }

  end() {
    this.part?.destroy();
    this.root.replaceChildren();
    this.part = null;
  }
}

export default places((root) => new Place(root));
