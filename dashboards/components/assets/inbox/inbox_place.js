// Where Streamlit puts a part: one instance for each place, made again when site or words change.

const mounted = new WeakMap();

// Returns the default function of a component. `make(root, props, kept)` builds the part; what
// `destroy()` returns is handed to the next one in the same place.
export function place(make) {
  return function mount({ data, parentElement, setTriggerValue }) {
    let here = mounted.get(parentElement);
    if (!here) mounted.set(parentElement, (here = { root: parentElement.querySelector(".part") }));
    // A call that was overtaken while the module loaded still ends; only the newest may unmount.
    const token = (here.token = {});
    const props = { ...data, trigger: (name, value) => setTriggerValue(name, value) };
    const identity = `${data.site.key} ${data.language} ${data.person}`;
    if (here.part && here.identity === identity) {
      here.part.props = props;
    } else {
      const kept = here.part?.destroy();
      here.identity = identity;
      here.root.lang = data.language;
      here.root.className = `part of-${data.part}`;
      here.part = make(here.root, props, kept);
    }
    return () => {
      if (here.token !== token) return;
      here.part.destroy();
      mounted.delete(parentElement);
    };
  };
}
