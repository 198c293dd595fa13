/* The live line of one tab: one socket to /live that reconnects for ever, notices what it missed, knows how old the
   data is by the server's clock, and hands every change to the panels and the map, newest wins.

   window.onescreen.live: sub(address) · on(kind, fn) → off · ready() · stats · state()                              */
(function () {
  "use strict";

  const TICK_MS = 1000;
  const LATE_MS = 5000;
  const DOWN_MS = 30000;
  const OPENING_MAX_MS = 8000;
  const RETRY_MS = [200, 500, 1000, 2000, 4000, 8000];
  const FULL_EVERY_MS = 3000;
  const RELOAD_WITHIN_MS = 20000;
  const PAINT_WITHIN_MS = 250;
  const INBOX_MAX = 200;
  const CLOCK_SAMPLES = 30;
  const SIGNED_OUT = 4401;

  const onescreen = (window.onescreen = window.onescreen || {});
  const stats = {
    opened: 0, closed: 0, frames: 0, fulls: 0, deltas: 0, beats: 0, bytes: 0,
    gaps: 0, bad: 0, refused: 0, asked: 0, sinkErrors: 0, applied: 0, reloads: 0,
  };
  const listeners = new Map();

  let socket = null;
  let tries = 0;
  let retryTimer = 0;
  let openedAt = 0;
  let heardAt = 0;
  let build = null;

  let address = "";
  let number = 0;          // of the newest sub; until the server confirms it, frames are of an older one: not for us
  let confirmed = 0;
  let topic = "";          // of the picture that is held
  let seq = 0;             // of the newest frame taken in; 0 asks for a full frame
  let whole = false;       // whether the picture on the screen is complete
  let refusedNow = false;
  let askedAt = -Infinity;

  let lastAt = 0, lastSrc = 0;
  let clock = [];          // samples of (server epoch ms − performance.now()); the largest has the least delay in it
  let state = "late";
  let stateSince = performance.now();

  /* ---- the clock: ages must be right on a screen whose own clock is wrong ---- */

  function sampleClock(at) {
    clock.push(at - performance.now());
    if (clock.length > CLOCK_SAMPLES) clock.shift();
  }

  function serverNow() {
    return clock.length ? Math.max(...clock) + performance.now() : null;
  }

  /* ---- the socket ---- */

  function open() {
    clearTimeout(retryTimer);
    retryTimer = 0;
    if (socket) return;
    const mine = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/live");
    mine.binaryType = "arraybuffer";
    socket = mine;
    openedAt = performance.now();
    const inbox = [];
    let draining = false;

    async function drain() {
      draining = true;
      while (inbox.length && socket === mine) await take(inbox.shift());
      draining = false;
    }
    mine.onopen = () => {
      stats.opened += 1;
      heardAt = performance.now();
      sayWhere();
    };
    mine.onmessage = (event) => {
      if (socket !== mine) return;
      heardAt = performance.now();
      inbox.push(event.data);
      if (inbox.length > INBOX_MAX) lose();
      else if (!draining) drain();
    };
    mine.onclose = (event) => {
      if (socket !== mine) return;
      if (event.code === SIGNED_OUT) tell("signed_out", { k: "signed_out" });
      lose();
    };
  }

  /* Let go of the socket without waiting for it: a half-open one would take minutes to admit that it is closed. */
  function lose() {
    const old = socket;
    socket = null;
    if (!whole) seq = 0;
    if (old) {
      stats.closed += 1;
      old.onopen = old.onmessage = old.onclose = null;
      old.close();
    }
    if (!retryTimer) {
      const wait = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)];
      tries += 1;
      retryTimer = setTimeout(open, wait * (0.5 + Math.random()));
    }
  }

  function retryNow() {
    if (address && !socket) open();
  }

  function sayWhere() {
    if (!address || !socket || socket.readyState !== WebSocket.OPEN) return;
    number += 1;
    socket.send(JSON.stringify({ k: "sub", view: address, topic: seq ? topic : "", seq: seq, n: number }));
  }

  /* Ask for a full frame: after a gap or a frame that could not be read; not more often than every few seconds. */
  function askFull() {
    whole = false;
    seq = 0;
    if (performance.now() - askedAt < FULL_EVERY_MS) return;
    askedAt = performance.now();
    stats.asked += 1;
    sayWhere();
  }

  /* ---- messages ---- */

  async function take(data) {
    try {
      stats.bytes += typeof data === "string" ? data.length : data.byteLength;
      handle(JSON.parse(typeof data === "string" ? data : await unzip(data)));
    } catch (error) {
      stats.bad += 1;
      askFull();
    }
  }

  function unzip(buffer) {
    return new Response(new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  }

  function handle(message) {
    const kinds = { hello: onHello, on: onConfirmed, full: onFull, delta: onDelta, beat: proof, wait: proof, refused: onRefused };
    const act = kinds[message.k];
    if (!act) throw new Error("unknown message " + message.k);
    act(message);
    tell(message.k, message);
  }

  function onHello(message) {
    sampleClock(message.now);
    if (build === null) build = message.build;
    if (message.build === build) return;
    stats.reloads += 1;
    setTimeout(() => location.reload(), Math.random() * RELOAD_WITHIN_MS);
  }

  function onConfirmed(message) {
    if (message.n !== number) return;
    confirmed = number;
    if (message.topic !== topic) {
      topic = message.topic;
      seq = 0;
      whole = false;
    }
    refusedNow = false;
  }

  function onFull(message) {
    if (confirmed !== number || message.topic !== topic) return;
    pending = emptyPending();
    legend = {};
    merge(message);
    seq = message.seq;
    whole = true;
    stats.fulls += 1;
    arrived(message);
  }

  function onDelta(message) {
    if (confirmed !== number || message.topic !== topic || (seq && message.seq <= seq)) return;
    if (message.seq !== seq + 1) {
      if (seq) stats.gaps += 1;
      askFull();
      return;
    }
    merge(message);
    seq = message.seq;
    stats.deltas += 1;
    arrived(message);
  }

  function onRefused(message) {
    stats.refused += 1;
    refusedNow = true;
    whole = false;
    topic = "";
    seq = 0;
  }

  function arrived(message) {
    stats.frames += 1;
    proof(message);
    schedule();
  }

  /* The server vouches that what we hold was complete at `at`; its own clock says `now` where that is another moment. */
  function proof(message) {
    if (message.k === "beat") stats.beats += 1;
    sampleClock(message.now || message.at);
    lastAt = message.at;
    lastSrc = message.src;
    tries = 0;
  }

  /* ---- what waits to be painted: bounded by what one picture holds, however long the tab is hidden ---- */

  let legend = {};
  let pending = emptyPending();
  let painting = 0;
  let paintBy = 0;

  function emptyPending() {
    return { full: false, sections: {}, marks: {}, traces: {}, legend: false, meta: null };
  }

  function merge(message) {
    const full = message.k === "full";
    pending.full = pending.full || full;
    pending.meta = { at: message.at, src: message.src, topic: message.topic, full: pending.full };
    Object.assign(pending.sections, message.s);
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
    if (onescreen.panels && onescreen.panels.apply) paintPanels(onescreen.panels);
    if (onescreen.map && onescreen.map.applyMarks && onescreen.map.applyTraces) paintMap(onescreen.map);
  }

  function paintPanels(panels) {
    const { sections, meta } = pending;
    pending.sections = {};
    for (const [name, value] of Object.entries(sections)) give(() => panels.apply(name, value, meta));
    if (pending.legend) {
      pending.legend = false;
      give(() => panels.apply("legend", legend, meta));
    }
    pending.full = false;
  }

  function paintMap(map) {
    const { marks, traces } = pending;
    pending.marks = {};
    pending.traces = {};
    for (const [slot, held] of Object.entries(marks)) {
      const change = held.all ? { all: [...held.all.values()] } : { set: [...held.set.values()], gone: [...held.gone] };
      give(() => map.applyMarks(slot, change));
    }
    for (const [slot, props] of Object.entries(traces)) give(() => map.applyTraces(slot, props));
  }

  /* A panel that throws must not stop the others; what it shows is unknown then, so a full frame is asked for. */
  function give(act) {
    try {
      act();
      stats.applied += 1;
    } catch (error) {
      stats.sinkErrors += 1;
      if (stats.sinkErrors <= 3) console.warn("A part of the screen could not take a frame:", error);
      askFull();
    }
  }

  /* ---- liveness, once a second ---- */

  function judge() {
    if (refusedNow || !address) return "down";
    const age = lastAt ? serverNow() - lastAt : performance.now() - openedAt;
    if (whole && socket && age <= LATE_MS) return "live";
    return age > DOWN_MS ? "down" : "late";
  }

  function tick() {
    const now = performance.now();
    if (socket) {
      const opening = socket.readyState === WebSocket.CONNECTING && now - openedAt > OPENING_MAX_MS;
      const silent = socket.readyState === WebSocket.OPEN && now - heardAt > LATE_MS;
      if (opening || silent || socket.readyState > WebSocket.OPEN) lose();
      else if (!whole && !refusedNow && topic && now - askedAt > FULL_EVERY_MS && now - openedAt > FULL_EVERY_MS) askFull();
    } else if (address && !retryTimer) {
      open();
    }
    const next = judge();
    if (next !== state) {
      state = next;
      stateSince = now;
      tell("state", { k: "state", state: state });
    }
    const panels = onescreen.panels;
    if (panels && panels.liveness) give(() => panels.liveness(report()));
    if (!document.hidden) schedule();
  }

  function report() {
    const now = serverNow();
    return {
      state: state,
      ageMs: lastAt && now !== null ? Math.max(0, now - lastAt) : null,
      srcAgeMs: lastSrc && now !== null ? Math.max(0, now - lastSrc) : null,
      sinceMs: performance.now() - stateSince,
      lastAt: lastAt || null,
      serverNow: now,
    };
  }

  function tell(kind, message) {
    for (const fn of listeners.get(kind) || []) {
      try {
        fn(message);
      } catch (error) {
        stats.sinkErrors += 1;
      }
    }
  }

  /* ---- what others use ---- */

  onescreen.live = {
    /* Show the view of this address (path and query) from now on; where it is the same topic, nothing is sent twice. */
    sub(next) {
      if (next === address && !refusedNow) return;
      address = next;
      refusedNow = false;
      askedAt = -Infinity;
      if (socket) sayWhere();
      else open();
    },
    /* Call fn(message) for a kind of message, "state" or "signed_out"; returns a function that stops it. */
    on(kind, fn) {
      if (!listeners.has(kind)) listeners.set(kind, new Set());
      listeners.get(kind).add(fn);
      return () => listeners.get(kind).delete(fn);
    },
    /* A panel or the map came up: what waited for it is painted now. */
    ready: schedule,
    state: report,
    serverNow: serverNow,
    stats: stats,
  };

  setInterval(tick, TICK_MS);
  addEventListener("online", retryNow);
  addEventListener("pageshow", retryNow);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    retryNow();
    tick();
  });
})();
