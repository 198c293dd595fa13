/* The live line of one tab: one socket to /live that reconnects for ever, notices what it missed, knows how old the
   data is by the server's clock (live_age.js), and hands every change to the panels and the map, newest wins.

   window.onescreen.live: sub(address) · on(kind, fn) → off · say(message) · stats · state()                         */
(function () {
  "use strict";

  const TICK_MS = 1000;
  const OPENING_MAX_MS = 8000;
  const RETRY_MS = [200, 500, 1000, 2000, 4000, 8000];   // and half as much again at most
  const FORM = 1;
  const SIZE_MAX = 16e6;
  const FULL_EVERY_MS = 3000;
  const REFUSED_EVERY_MS = 30000;
  const RELOAD_WITHIN_MS = 20000;
  const INBOX_MAX = 200;
  const SIGNED_OUT = 4401;
  const AWAKE_MS = 1500;   // a machine that woke up hears from the server within this, or its line is lost

  const onescreen = (window.onescreen = window.onescreen || {});
  const stats = Object.assign(onescreen.held.stats, {
    opened: 0, closed: 0, frames: 0, fulls: 0, deltas: 0, beats: 0, bytes: 0, gaps: 0, bad: 0, refused: 0, asked: 0, reloads: 0,
  });
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
  let saidAt = -Infinity;  // where we are
  let askedAt = -Infinity; // for a full frame

  let state = "late";

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

  function say(message) {
    if (!socket || socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  function sayWhere() {
    if (!address || !socket || socket.readyState !== WebSocket.OPEN) return;
    saidAt = performance.now();
    number += 1;
    say({ k: "sub", view: address, topic: seq ? topic : "", seq: seq, n: number });
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

  /* What is too large, no JSON, of a form we do not know or without its times is dropped, counted and asked for anew. */
  async function take(data) {
    try {
      const size = typeof data === "string" ? data.length : data.byteLength;
      stats.bytes += size;
      if (size > SIZE_MAX) throw new Error("too large a message");
      handle(JSON.parse(typeof data === "string" ? data : await unzip(data)));
    } catch (error) {
      stats.bad += 1;
      askFull();
    }
  }

  async function unzip(buffer) {
    const reader = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
    const parts = [];
    let size = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      size += part.value.length;
      if (size <= SIZE_MAX) continue;
      reader.cancel();
      throw new Error("too large a message");
    }
    return new Blob(parts).text();
  }

  const KINDS = { hello: onHello, on: onConfirmed, full: onFull, delta: onDelta, beat: proof, wait: proof, refused: onRefused };

  function handle(message) {
    const { k } = message;
    if (!Object.hasOwn(KINDS, k)) throw new Error("unknown message " + k);
    const numbered = k === "full" || k === "delta";
    if (numbered && message.form !== FORM) throw new Error("unknown form " + message.form);
    if (numbered && !Number.isSafeInteger(message.seq)) throw new Error("no number " + message.seq);
    if (k !== "hello" && k !== "on" && k !== "refused") onescreen.age.check(message);
    KINDS[k](message);
    tell(k, message);
  }

  function onHello(message) {
    onescreen.age.begin(message.now);
    if (build === null) build = message.build;
    if (message.build === build) return;
    stats.reloads += 1;
    setTimeout(onescreen.life.reload, Math.random() * RELOAD_WITHIN_MS);
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
    onescreen.held.merge(message);
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
    onescreen.held.merge(message);
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
    onescreen.held.schedule();
  }

  function proof(message) {
    if (message.k === "beat") stats.beats += 1;
    if (!refusedNow) onescreen.age.proof(message); // what stands there is of before
    tries = 0;
    if (state !== "live") look();
  }

  /* ---- liveness, once a second ---- */

  const silentFor = () => performance.now() - heardAt;
  const judge = () => (refusedNow || !address ? "down" : onescreen.age.state(whole && socket !== null));

  function tick() {
    const now = performance.now();
    if (onescreen.age.sleeps()) heardAt = Math.min(heardAt, now + AWAKE_MS - onescreen.age.LATE_MS);
    if (socket) {
      const opening = socket.readyState === WebSocket.CONNECTING && now - openedAt > OPENING_MAX_MS;
      const silent = socket.readyState === WebSocket.OPEN && silentFor() > onescreen.age.LATE_MS;
      if (opening || silent || socket.readyState > WebSocket.OPEN) lose();
      else if (refusedNow && now - saidAt > REFUSED_EVERY_MS) sayWhere(); // an area may come back
      else if (!whole && !refusedNow && topic && now - askedAt > FULL_EVERY_MS && now - openedAt > FULL_EVERY_MS) askFull();
    } else if (address && !retryTimer) {
      open();
    }
    look();
    onescreen.held.give("", () => onescreen.life.tick(report()));
    onescreen.held.mend();
    if (!document.hidden) onescreen.held.schedule();
  }

  function look() {
    const before = state;
    state = judge();
    if (state !== before) tell("state", { k: "state", state: state });
    const { panels, held } = onescreen;
    if (panels && panels.liveness) held.give("", () => panels.liveness(report()));
  }

  function report() {
    const line = socket !== null && silentFor() <= onescreen.age.LATE_MS;
    const why = state === "live" ? "" : line && refusedNow ? "refused" : onescreen.age.why(line, whole);
    return { ...onescreen.age.report(), state, why, build };
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
    /* The picture that is held: its topic and the number of its newest frame, 0 while it is asked for anew. */
    held: () => [topic, seq],
    again: askFull,
    say: say,
    state: report,
    serverNow: () => onescreen.age.now(),
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
