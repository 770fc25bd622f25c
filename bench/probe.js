// Runs in every page before all else: tells when something has been painted.

(() => {
  const roots = new Set();
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (how) {
    const root = attach.call(this, how);
    roots.add(root);
    return root;
  };

  const all = (selector) =>
    [document, ...roots].flatMap((root) => [...root.querySelectorAll(selector)]).filter((node) => node.isConnected);

  const shown = (node) =>
    node.getClientRects().length > 0 && getComputedStyle(node).visibility === "visible";

  const afterFrame = () =>
    new Promise((done) =>
      requestAnimationFrame(() => {
        const begun = performance.now();
        // A task of its own: it runs when the frame has been laid out and painted.
        const line = new MessageChannel();
        line.port1.onmessage = () => done([performance.now(), begun]);
        line.port2.postMessage(0);
      }));

  // The moment of the first frame in which it is so. `condition` is told when the frame began.
  async function until(condition, most = 30000) {
    const end = performance.now() + most;
    for (;;) {
      const [at, begun] = await afterFrame();
      if (condition(begun)) return at;
      if (at > end) throw new Error(`not within ${most} ms: ${condition}`);
    }
  }

  const count = (selector) => all(selector).filter(shown).length;
  const there = (...selectors) => selectors.every((selector) => all(selector).some(shown));

  const bench = (globalThis.bench = {
    until, there, count, all,
    snapshot: null, // the newest: { at, bytes, asked }
    asked: 0, // when a filter was last sent
    ticks: [],
    updates: [],
    drawn: [],
  });

  // From the next click (or what it is) on until it is so, in ms.
  bench.from = (kind, condition) => {
    bench.result = new Promise((done, failed) => {
      addEventListener(kind, (event) => {
        bench.acted = event.timeStamp;
        until(condition).then((at) => done(at - event.timeStamp), failed);
      }, { capture: true, once: true });
    });
  };

  // Whether the answer to a filter that was chosen since has been drawn in this frame.
  bench.filtered = (begun) => bench.asked > bench.acted && bench.snapshot.asked === bench.asked && begun > bench.snapshot.at;

  // ── Frames of the live socket ────────────────────────────────────────────────────────────

  const Native = globalThis.WebSocket;
  globalThis.WebSocket = class extends Native {
    constructor(...how) {
      super(...how);
      if (String(how[0]).includes("/api/v1/live")) this.addEventListener("message", ({ data }) => hear(data));
    }

    send(data) {
      if (typeof data === "string" && data.includes('"filter"')) bench.asked = performance.now();
      super.send(data);
    }
  };

  function hear(data) {
    const at = performance.now();
    if (data.startsWith('{"event":"snapshot"')) bench.snapshot = { at, bytes: data.length, asked: bench.asked };
    const title = data.startsWith('{"event":"visitor.') && /"page_title":"(Sinov \d+)"/.exec(data)?.[1];
    if (title) {
      const shows = () => all(".of-list .card .t").some((node) => node.textContent === title);
      until(shows, 5000).then((then) => bench.updates.push(then - at), () => bench.updates.push(NaN));
    }
  }

  // ── The tick of all clocks, with the layout that it makes necessary ──────────────────────

  const later = globalThis.setTimeout;
  globalThis.setTimeout = (task, ms, ...rest) => {
    const ticks = ms > 0 && ms <= 1006 && typeof task === "function" && new Error().stack.includes("List.beat");
    return later(ticks ? () => timed(task) : task, ms, ...rest);
  };

  function timed(task) {
    void document.documentElement.offsetHeight;
    const from = performance.now();
    task();
    void document.documentElement.offsetHeight;
    bench.ticks.push(performance.now() - from);
  }

  // ── Marks on the map ─────────────────────────────────────────────────────────────────────

  for (const name of ["drawArraysInstanced", "drawElementsInstanced"]) {
    const draw = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function (...how) {
      draw.apply(this, how);
      const instances = how[how.length - 1];
      if (!bench.drawn.includes(instances)) bench.drawn.push(instances);
      bench.gl = this;
    };
  }

  // Whether so many things were drawn at once; waits for the drawing, which software does slowly.
  bench.drew = (instances) => {
    if (!bench.drawn.includes(instances)) return false;
    bench.gl.readPixels(0, 0, 1, 1, bench.gl.RGBA, bench.gl.UNSIGNED_BYTE, new Uint8Array(4));
    return true;
  };
})();
