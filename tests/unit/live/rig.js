/* A browser without a screen for live.js, live_age.js, held.js and life.js: time, timers, sockets and fetch are steered by hand. */
"use strict";
const path = require("node:path");

const rig = { ms: 1000, wall: 1_800_000_000_000, off: 0, timers: [], sockets: [], up: true, reloads: 0, fetched: 0, page: () => ({}) };
module.exports = rig;

globalThis.window = globalThis;
Object.defineProperty(globalThis, "performance", { value: { now: () => rig.ms, memory: { usedJSHeapSize: 7 } } });
Date.now = () => rig.wall + rig.ms + rig.off;
Math.random = () => 1 - Number.EPSILON;   // the longest wait there can be
globalThis.document = { hidden: false, documentElement: { dataset: {} }, addEventListener() {}, getElementById: () => null };
globalThis.location = { protocol: "http:", host: "here", href: "http://here/wall/C", reload: () => (rig.reloads += 1) };
globalThis.addEventListener = () => {};
globalThis.requestAnimationFrame = (fn) => setTimeout(fn, 16);
globalThis.cancelAnimationFrame = (n) => clearTimeout(n);
globalThis.AbortSignal = { timeout: (ms) => ({ ended: new Promise((_, fail) => setTimeout(() => fail(new Error("ended")), ms)) }) };
globalThis.fetch = async (url, options) => {
  rig.fetched += 1;
  const { signal } = options || {};
  return signal ? Promise.race([rig.page(rig.fetched, url), signal.ended]) : rig.page(rig.fetched, url);
};
console.warn = () => {};

let names = 0;
const timer = (fn, after, every) => (rig.timers.push({ n: ++names, at: rig.ms + (after || 0), fn, every }), names);
globalThis.setTimeout = (fn, after) => timer(fn, after, 0);
globalThis.setInterval = (fn, every) => timer(fn, every, every);
globalThis.clearTimeout = (n) => (rig.timers = rig.timers.filter((t) => t.n !== n));

/** Let time pass; what is due is done in its order, and promises are settled in between. */
rig.pass = async function (ms) {
  const until = rig.ms + ms;
  for (;;) {
    for (let i = 0; i < 8; i++) await null;
    const next = rig.timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at || a.n - b.n)[0];
    if (!next) break;
    rig.ms = Math.max(rig.ms, next.at);
    if (next.every) next.at += next.every;
    else rig.timers = rig.timers.filter((t) => t !== next);
    next.fn();
  }
  rig.ms = until;
};

globalThis.WebSocket = class {
  static CONNECTING = 0;
  static OPEN = 1;
  constructor() {
    Object.assign(this, { readyState: 0, sent: [], at: rig.ms });
    rig.sockets.push(this);
    setTimeout(() => (rig.up ? this.greet() : this.fail(1006)), 5);
  }
  greet() {
    this.readyState = 1;
    if (this.onopen) this.onopen();
    this.hear({ k: "hello", build: rig.build || "b1", now: rig.server() });
  }
  fail(code) {
    this.readyState = 3;
    if (this.onclose) this.onclose({ code });
  }
  send(text) {
    const message = JSON.parse(text);
    this.sent.push(message);
    if (message.k !== "sub") return;
    if (rig.gone) return void this.hear({ k: "refused", field: "area", value: "C", rule: "known" });
    this.hear({ k: "on", topic: "T", n: message.n });
    this.full();
  }
  full(parts) {
    rig.seq = (rig.seq || 10) + 1;
    this.hear({ k: "full", form: 1, topic: "T", seq: rig.seq, ...rig.proof(), s: { n: rig.seq }, ...parts });
  }
  close() {
    this.readyState = 3;
  }
  hear(message) {
    if (this.onmessage && rig.up && !rig.deaf) this.onmessage({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }
};

rig.server = () => rig.wall + rig.ms;
/** What each message says; a test may hold one of the times still. */
rig.proof = () => ({ at: rig.server(), src: rig.server(), beat: rig.server(), now: rig.server(), ...rig.held });
rig.newest = () => rig.sockets[rig.sockets.length - 1];
rig.beats = () => setInterval(() => rig.sockets.length && rig.newest().readyState === 1 && rig.newest().hear({ k: "beat", ...rig.proof() }), 950);
rig.cut = () => {
  rig.up = false;
  rig.newest().fail(1006);
};

const assets = path.join(__dirname, "../../../dashboard/assets");
for (const name of ["live_age", "life", "held", "live"]) require(path.join(assets, name + ".js"));
rig.live = onescreen.live;
rig.state = () => onescreen.live.state().state;
rig.say = (told) => console.log(JSON.stringify(told));
