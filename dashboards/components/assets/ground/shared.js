// What several parts of a page use together: made for the first of them, ended after the last.

const BREATH = 500; // ms: a rerun may unmount one part and mount the next

export class Shared {
  // Each component is served under an address of its own and so has its own copy of a module:
  // what they share lives on the page, under a name.
  constructor(name) {
    this.all = globalThis[Symbol.for(`hozir.${name}`)] ??= new Map();
  }

  // Returns what stands under a key, `make()` if nothing does. It counts its `users`.
  take(key, make) {
    let one = this.all.get(key);
    if (!one) this.all.set(key, (one = Object.assign(make(), { users: 0 })));
    one.users += 1;
    return one;
  }

  release(key, one) {
    one.users -= 1;
    setTimeout(() => {
      if (one.users > 0 || this.all.get(key) !== one) return;
      this.all.delete(key);
      one.end();
    }, BREATH);
  }
}
