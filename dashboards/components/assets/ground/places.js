// Where Streamlit puts parts: one object for each place, told again when its data changes.

// Returns the function that Streamlit calls, again and again for the same place. `make(root)` gives
// the object of a place: `update(api)` for each call, `end()` when it is taken down.
export function places(make) {
  const mounted = new WeakMap();
  return (api) => {
    const { parentElement } = api;
    let here = mounted.get(parentElement);
    if (!here) mounted.set(parentElement, (here = { place: make(parentElement.querySelector(".part")) }));
    // A call that was overtaken while the module loaded still ends; only the newest may unmount.
    const token = (here.token = {});
    here.place.update(api);
    return () => {
      if (here.token !== token) return;
      here.place.end();
      mounted.delete(parentElement);
    };
  };
}
