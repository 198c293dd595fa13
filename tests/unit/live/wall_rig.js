/* A wall without a browser for wall_programme.js: what it asks of the page is noted, what the server says is set by hand. */
"use strict";
const rig = require("./rig.js");
const path = require("node:path");
const O = (globalThis.onescreen = globalThis.onescreen || {});

globalThis.matchMedia = () => ({ matches: true });
globalThis.AbortSignal = { timeout: () => null };
Object.assign(document.documentElement, { toggleAttribute() {}, removeAttribute() {} });
document.getElementById = () => ({ append() {} });

const heard = {};
globalThis.addEventListener = (kind, fn) => (heard[kind] = fn);
rig.touch = () => heard.pointerdown();

const on = {};
rig.tell = (kind, message) => (on[kind] || []).slice().forEach((fn) => fn(message));
rig.life = "live";
O.live = {
  on: (kind, fn) => {
    (on[kind] = on[kind] || []).push(fn);
    return () => (on[kind] = on[kind].filter((f) => f !== fn));
  },
  state: () => ({ state: rig.life }),
};

rig.at = "/wall/C";
rig.went = [];
rig.gone = new Set();
O.view = {
  address: () => rig.at,
  parse: () => ({ page: rig.at.split("/")[1], area: rig.at.split("/")[2].split("?")[0], params: new URLSearchParams(rig.at.split("?")[1] || "") }),
  query: (params) => "?" + params,
  go: (address) => {
    rig.at = address;
    rig.went.push(address);
    if (rig.gone.has(address)) {
      rig.life = "down";
      rig.tell("refused", {});
    } else {
      rig.life = "live";
      rig.tell("on", { topic: address });
      rig.tell("full", {});
    }
  },
};
const node = () => ({ children: [{}, {}, {}, {}], lastChild: {}, hidden: true });
rig.card = null;
O.dom = {
  h: (tag) => (tag === "section" ? (rig.card = node()) : node()),
  text: (n, value) => Object.assign(n, { text: value }),
  attr: (n, name, value) => Object.assign(n, { [name]: value }),
  icon: node,
};
O.words = { lang: () => "zh", t: (key, values) => key + JSON.stringify(values || {}) };
O.format = { when: () => "" };
O.panels = { zone: () => "UTC", now: () => rig.server() };
O.account = { me: () => ({ screen: true, tops: ["C"] }) };
O.kiosk = { hang() {}, dim: (percent) => (rig.light = percent) };
O.map = { state: {}, goTo() {}, fit() {} };
O.mounts = [];

rig.kept = new Map();
globalThis.sessionStorage = { getItem: (name) => rig.kept.get(name) || null, setItem: (name, text) => rig.kept.set(name, text) };

rig.plan = { programme: false, order: [], calls: [], own: "/wall/C", transition: "cut", hold_ms: 10000, kiosk: {}, brightness: 100, shown: null };
rig.page = () => ({ ok: true, json: async () => ({ ...rig.plan, now: rig.server() }) });
rig.call = (id) => ({ id, code: "E" + id, at: rig.server(), why: "", what: "", place: "", state: "", lonlat: null, areas: ["C"] });

const script = path.join(__dirname, "../../../dashboard/assets/wall_programme.js");
require(script);
rig.start = () => O.mounts.forEach((fn) => fn());
/** The page loads itself anew: what ran is gone, what the tab keeps stays. */
rig.reload = () => {
  rig.timers = [];
  for (const kind of Object.keys(on)) delete on[kind];
  O.mounts.length = 0;
  delete require.cache[script];
  require(script);
  rig.start();
};
module.exports = rig;
