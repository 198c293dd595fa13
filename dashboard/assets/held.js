/* What is held until it is painted: the newest of every part of a picture, bounded by what one picture holds, however long
   the tab is hidden. Hands it to the panels and the map, and names a part that cannot take it. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const PAINT_WITHIN_MS = 250;
  const SINK_EVERY_MS = [3000, 60000];
  const LAYER = "layer:";
  const stats = { sinkErrors: 0, applied: 0 };

  let sinkEvery = SINK_EVERY_MS[0];
  let sankAt = -Infinity;
  const sunk = new Set();  // parts that could not take what was given to them last
  let legend = {};
  let pending = emptyPending();
  let painting = 0;
  let paintBy = 0;

  function emptyPending() {
    return { full: false, sections: {}, marks: {}, traces: {}, legend: false, meta: null };
  }

  function merge(message) {
    const full = message.k === "full";
    if (full) {
      pending = emptyPending();
      legend = {};
    }
    pending.full = pending.full || full;
    pending.meta = { at: message.at, src: message.src, topic: message.topic, full: pending.full };
    Object.assign(pending.sections, message.s);
    if (full || message.fails) O.life.fails(message.fails || {}, full);
    for (const [slot, change] of Object.entries(message.marks || {})) mergeMarks(slot, change);
    for (const [slot, props] of Object.entries(message.traces || {})) {
      pending.traces[slot] = Object.assign(pending.traces[slot] || {}, props);
    }
    if (message.legend) {
      Object.assign(legend, message.legend);
      pending.legend = true;
    }
  }

  function mergeMarks(slot, change) {
    if (change.all) {
      pending.marks[slot] = { all: new Map(change.all.map((feature) => [feature[0], feature])) };
      return;
    }
    const held = (pending.marks[slot] = pending.marks[slot] || { set: new Map(), gone: new Set() });
    for (const feature of change.set || []) {
      (held.all || held.set).set(feature[0], feature);
      if (held.gone) held.gone.delete(feature[0]);
    }
    for (const id of change.gone || []) {
      (held.all || held.set).delete(id);
      if (held.gone) held.gone.add(id);
    }
  }

  /* Paint with the next frame of the screen; a hidden tab paints when it is shown again. */
  function schedule() {
    if (document.hidden || painting) return;
    painting = requestAnimationFrame(paint);
    paintBy = setTimeout(paint, PAINT_WITHIN_MS);
  }

  function paint() {
    cancelAnimationFrame(painting);
    clearTimeout(paintBy);
    painting = 0;
    if (document.hidden) return;
    if (O.panels && O.panels.apply) paintPanels(O.panels);
    if (O.map && O.map.applyMarks && O.map.applyTraces) paintMap(O.map);
  }

  function paintPanels(panels) {
    const { sections, meta } = pending;
    pending.sections = {};
    for (const [name, value] of Object.entries(sections)) give(name, () => panels.apply(name, value, meta));
    if (pending.legend) {
      pending.legend = false;
      give("legend", () => panels.apply("legend", legend, meta));
    }
    pending.full = false;
  }

  function paintMap(map) {
    const { marks, traces } = pending;
    pending.marks = {};
    pending.traces = {};
    for (const [slot, held] of Object.entries(marks)) {
      const change = held.all ? { all: [...held.all.values()] } : { set: [...held.set.values()], gone: [...held.gone] };
      give(layerOf(slot), () => map.applyMarks(slot, change));
    }
    for (const [slot, props] of Object.entries(traces)) give(layerOf(slot), () => map.applyTraces(slot, props));
  }

  const layerOf = (slot) => LAYER + slot.split("/")[0];

  /* A part that throws must not stop the others; it is named, and what it shows is unknown, so a full frame is asked for:
     again and again while it goes on throwing, but ever more seldom. The others are whole, and stay live. */
  function give(part, act) {
    try {
      act();
      stats.applied += 1;
      sunk.delete(part);
      if (part.startsWith(LAYER)) O.life.drew(part);
    } catch (error) {
      stats.sinkErrors += 1;
      if (part) {
        sunk.add(part);
        O.life.broke(part);
      }
      if (stats.sinkErrors <= 3) console.warn("A part of the screen could not take a frame:", error);
    }
  }

  /* Once a second. */
  function mend() {
    if (!sunk.size) sinkEvery = SINK_EVERY_MS[0];
    else if (performance.now() - sankAt > sinkEvery) {
      sankAt = performance.now();
      O.live.again();
      sinkEvery = Math.min(2 * sinkEvery, SINK_EVERY_MS[1]);
    }
  }

  O.held = { merge, schedule, give, mend, stats };
})();
