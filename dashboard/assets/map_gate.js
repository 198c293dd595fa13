/* The gate: the few redraws that go through Plotly. A redraw resizes the map and so ends a drag; it waits while a pointer
   is down, the map moves, something was scrolled a moment ago or the tab is hidden. Newest wins, one at a time, none fails loudly. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const M = (O.map = O.map || {});
  const RETRY_MS = 100;
  const FAILED_MS = 4000;
  const LONG_MS = 1500;
  const WHEEL_MS = 250;
  const VALUES_EVERY_MS = 3000;
  const HELD_MAX_MS = 3000;
  const KEPT = 32;
  const OUTLINES_MAX_MS = 20000;   // a slow line takes its time; one that hangs must hold up no redraw

  const S = (M.state = M.state || {});
  const drawn = {};
  const outlines = new Map();
  let pending = {};
  let down = false;
  let wheel = -Infinity;
  let scroll = -Infinity;  // of a list on the page; the map itself only hears the wheel
  let heldAt = 0;          // since when scrolling holds a redraw back; 0: it does not
  let busy = false;
  let timer = 0;
  let last = -Infinity;
  let waits = 0;           // since when something waits to be drawn; 0: nothing does

  // Of a press that opens a menu nobody tells the end.
  addEventListener("pointerdown", (event) => (down = event.button === 0), true);
  for (const name of ["pointerup", "pointercancel", "contextmenu"]) addEventListener(name, () => ((down = false), kick(0)), true);
  addEventListener("wheel", () => (wheel = performance.now()), { capture: true, passive: true });
  addEventListener("scroll", () => (scroll = performance.now()), { capture: true, passive: true });
  document.addEventListener("visibilitychange", () => {
    if (waits) waits = performance.now();
    kick(0);
  });

  const address = (code, which) => `/geo/${S.kit.build}/${which}/${encodeURIComponent(code)}.json`;

  /** The outlines of an area's children, or its own, as GeoJSON, from memory where they are; rejects when they cannot be had. */
  M.outlines = function (code, which = "children") {
    const url = address(code, which);
    let found = outlines.get(url);
    if (!found) {
      found = fetch(url, { signal: AbortSignal.timeout(OUTLINES_MAX_MS) }).then((answer) => {
        if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
        return answer.json();
      });
      found.catch(() => outlines.delete(url));
    }
    outlines.delete(url);
    outlines.set(url, found);
    // Plotly keeps what it once fetched for ever; here the least recently shown areas go first.
    const assets = (window.PlotlyGeoAssets = window.PlotlyGeoAssets || {});
    for (const old of outlines.keys()) {
      if (outlines.size <= KEPT) break;
      outlines.delete(old);
      delete assets[old];
    }
    return found;
  };

  /** Give Plotly the outlines before it asks: it then requests nothing, and no failed request can stop it. */
  async function prepared(props) {
    const out = Object.assign({}, props);
    if (!("geojson" in out)) return out;
    if (!out.geojson) {
      delete out.geojson;
      return out;
    }
    const collection = await M.outlines(out.geojson);
    out.geojson = address(out.geojson, "children");
    window.PlotlyGeoAssets[out.geojson] = collection;
    return out;
  }

  const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

  /** What is scrolled comes first, for a while. */
  function scrolled() {
    if (performance.now() - Math.max(wheel, scroll) >= WHEEL_MS) heldAt = 0;
    else heldAt = heldAt || performance.now();
    return heldAt > 0 && performance.now() - heldAt < HELD_MAX_MS;
  }

  function waiting() {
    return down || document.hidden || !S.alive || S.map.isMoving() || scrolled();
  }

  function kick(after) {
    clearTimeout(timer);
    timer = setTimeout(flush, after);
  }

  /** Colours alone may be a few seconds old (the labels print the number); a new picture may not. */
  const onlyValues = () => Object.values(pending).every((props) => !("locations" in props || "visible" in props || "colorscale" in props));

  async function flush() {
    if (busy || !Object.keys(pending).length || !S.gd) return;
    if (waiting()) {
      M.stats.held += 1;
      if (!document.hidden) kick(RETRY_MS);
      return;
    }
    const rest = last + VALUES_EVERY_MS - performance.now();
    if (rest > 0 && onlyValues()) return void kick(rest);
    busy = true;
    const taken = pending;
    pending = {};
    let next = 0;
    const keep = () => {
      for (const slot of Object.keys(taken)) pending[slot] = Object.assign({}, taken[slot], pending[slot]);
    };
    try {
      if (!(await redraw(taken))) {
        keep();
        next = RETRY_MS;
      }
    } catch (error) {
      M.stats.failed += 1;
      M.stats.lastFailure = String((error && error.message) || error);
      keep();
      next = FAILED_MS;
    } finally {
      busy = false;
      waits = Object.keys(pending).length ? (next && waits) || performance.now() : 0;
      if (waits) kick(next);
    }
  }

  /** One restyle of all trace slots; false when the map began to move while the outlines were on their way. */
  async function redraw(taken) {
    const slots = Object.keys(taken).filter((slot) => S.kit.slots[slot] && S.kit.slots[slot].kind === "trace");
    const changes = await Promise.all(slots.map((slot) => prepared(taken[slot])));
    const update = {};
    const indices = [];
    slots.forEach((slot, i) => {
      const known = drawn[slot] || {};
      for (const [name, value] of Object.entries(changes[i])) {
        if (same(known[name], value)) continue;
        (update[name] = update[name] || new Array(slots.length).fill(undefined))[i] = value;
      }
      indices.push(S.kit.slots[slot].index);
    });
    if (!Object.keys(update).length) return true;
    if (waiting()) return false;
    // Plotly hands its sources over at once; then it waits for a picture without anything on its way, which with
    // marks that move every second may never come.
    const long = new Promise((done) => setTimeout(done, LONG_MS));
    try {
      await Promise.race([window.Plotly.restyle(S.gd, update, indices), long]);
      slots.forEach((slot, i) => (drawn[slot] = Object.assign(drawn[slot] || {}, changes[i])));
    } finally {
      last = performance.now();
      heldAt = 0;
      M.stats.redraws += 1;
      forget();
    }
    return true;
  }

  /** Each redraw leaves listeners for errors behind, which would refuse a later redraw for an earlier tile. */
  function forget() {
    const once = S.map && S.map._oneTimeListeners;
    if (once) for (const name of Object.keys(once)) if (/(^|\.)error$/.test(name)) delete once[name];
  }

  /** From the live push: some or all properties of a trace slot; `geojson` is the code of an area. */
  M.applyTraces = function (slot, props) {
    pending[slot] = Object.assign(pending[slot] || {}, props);
    waits = waits || performance.now();
    kick(0);
  };

  M.gate = {
    waitingMs: () => (waits && !document.hidden ? performance.now() - waits : 0),
    empty: () => !busy && !Object.keys(pending).length,
    scrolling: () => performance.now() - scroll < WHEEL_MS,
    /** A new theme, a new map, a context that came back: everything once more. */
    again() {
      for (const [slot, spec] of Object.entries(S.kit.slots)) {
        if (spec.kind === "trace") M.applyTraces(slot, Object.assign({}, spec.themes[S.view.theme]));
      }
    },
    reset() {
      for (const slot of Object.keys(drawn)) delete drawn[slot];
    },
  };
})();
