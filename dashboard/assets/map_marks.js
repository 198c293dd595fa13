/* Marks: what moves. Each slot is a GeoJSON source of our own; a delta changes only what moved, and what cannot be drawn
   now (hidden tab, lost context, no map yet, a list that is scrolled) is kept and drawn at once when it can. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const M = (O.map = O.map || {});
  const S = (M.state = M.state || {});
  const PULSES_MAX = 12;
  const HELD_MAX_MS = 3000;
  const LOOK_MS = 100;
  const slots = new Map();
  const stale = new Set();
  let heldAt = 0;          // since when a scrolled list holds marks back; 0: it does not

  const store = (slot) => slots.get(slot) || slots.set(slot, new Map()).get(slot);

  function feature([id, lon, lat, props]) {
    return { type: "Feature", id, geometry: { type: "Point", coordinates: [lon, lat] }, properties: Object.assign({ id }, props) };
  }

  const source = (slot) => S.alive && S.map.getSource("onescreen/" + slot);
  const drawable = (slot) => !document.hidden && !held() && !stale.has(slot) && source(slot);

  /** A list that is scrolled comes first, for a while: without a graphics card a map takes a processor to be drawn. */
  const holds = () => M.gate.scrolling() && (!heldAt || performance.now() - heldAt < HELD_MAX_MS);

  function held() {
    const now = holds();
    if (now && !heldAt) {
      heldAt = performance.now();
      setTimeout(release, LOOK_MS);
    }
    return now;
  }

  function release() {
    if (holds()) return void setTimeout(release, LOOK_MS);
    heldAt = 0;
    flush();
  }

  function setAll(slot) {
    stale.delete(slot);
    source(slot).setData({ type: "FeatureCollection", features: Array.from(store(slot).values()) });
  }

  /** Draw what was kept; `all` puts every slot on the map again. */
  function flush(all) {
    if (document.hidden || !S.map) return;
    for (const slot of slots.keys()) {
      const own = S.map.getSource("onescreen/" + slot);
      if (own && (all || stale.has(slot))) {
        stale.delete(slot);
        own.setData({ type: "FeatureCollection", features: Array.from(store(slot).values()) });
        follow(slot);
      }
    }
  }

  /** The ring around what is selected goes with it. */
  const follow = (slot) => S.alive && /^(event|unit):/.test(S.view.selected) && /^(events|units)\//.test(slot) && M.pointer.selected();

  /** From the live push: {all: [feature…]} or {set: [feature…], gone: [id…]}; a feature is [id, lon, lat, {props}]. */
  M.applyMarks = function (slot, change) {
    const now = store(slot);
    if (change.all) {
      now.clear();
      for (const mark of change.all) now.set(mark[0], feature(mark));
      if (source(slot) && !document.hidden && !held()) setAll(slot);
      else stale.add(slot);
      follow(slot);
      return;
    }
    const add = (change.set || []).map(feature);
    const fresh = add.filter((f) => !now.has(f.id));
    for (const id of change.gone || []) now.delete(id);
    for (const f of add) now.set(f.id, f);
    if (!drawable(slot)) return void stale.add(slot);
    source(slot).updateData({ remove: change.gone || [], add });
    follow(slot);
    const spec = S.kit.slots[slot];
    if (spec && spec.pulse && S.view.layers.has(spec.layer) && fresh.length <= PULSES_MAX) fresh.forEach(pulse);
  };

  /** One ring around a new event, once, at its place also while the map moves; still for who wants no motion. */
  function pulse(mark) {
    const style = (S.kit.pulse[S.view.theme] || [])[(mark.properties.u || 4) - 1];
    const ring = document.createElement("div");
    ring.className = "map-pulse";
    ring.style.color = style;
    const place = () => {
      const at = S.map.project(mark.geometry.coordinates);
      ring.style.transform = `translate(${at.x}px, ${at.y}px)`;
    };
    const map = S.map;
    place();
    map.on("move", place);
    S.pane.append(ring);
    M.stats.pulses += 1;
    setTimeout(() => {
      map.off("move", place);
      ring.remove();
    }, 1800);
  }

  /** The mark of a slot that lies nearest to a place, of those between two corners; null where none does. */
  function nearest(slot, low, high, at) {
    let best = null;
    let least = Infinity;
    for (const mark of store(slot).values()) {
      const [lon, lat] = mark.geometry.coordinates;
      if (lon < low.lng || lon > high.lng || lat < low.lat || lat > high.lat) continue;
      const away = (lon - at.lng) ** 2 + (lat - at.lat) ** 2;
      if (away <= least) [best, least] = [mark, away];
    }
    return best;
  }

  M.marks = {
    flush,
    nearest,
    get: (slot, id) => (slots.get(slot) || new Map()).get(id),
    count: (slot) => (slots.get(slot) || new Map()).size,
  };
})();
