/* A map without a browser for map.js, map_gate.js and map_marks.js, under the line of rig.js: what Plotly and MapLibre are asked
   for is noted, and whether they can draw is set by hand. */
"use strict";
const rig = require("./rig.js");
const path = require("node:path");
const O = (globalThis.onescreen = globalThis.onescreen || {});

rig.asked = [];          // of Dash
rig.redraws = [];        // ms of each redraw through Plotly
rig.drawn = 0;           // how often a source of marks was written
rig.cameras = [];        // the bounds that were fitted
rig.draws = true;        // whether the browser gives a graphics context at all
rig.kept = new Map();
rig.doing = "";          // what the wall is at besides its programme
globalThis.sessionStorage = {
  getItem: (name) => rig.kept.get(name) ?? null, setItem: (name, value) => rig.kept.set(name, String(value)), removeItem: (name) => rig.kept.delete(name),
};
globalThis.ResizeObserver = globalThis.MutationObserver = class {
  observe() {}
  disconnect() {}
};
globalThis.Plotly = { restyle: async () => void rig.redraws.push(rig.ms) };
const heard = {};
globalThis.addEventListener = (kind, fn) => (heard[kind] = [...(heard[kind] || []), fn]);
rig.happens = (kind) => (heard[kind] || []).forEach((fn) => fn({}));
globalThis.dash_clientside = { set_props: (...told) => rig.asked.push(told), no_update: null };

Object.assign(document.documentElement, {
  hasAttribute: () => false,
  cloneNode: () => ({ querySelectorAll: () => [], outerHTML: "still" }),
});
const box = { clientWidth: 800, clientHeight: 600 };
const drawn = () => (rig.drawn += 1);
const source = { setData: drawn, updateData: drawn };
const map = {
  style: { _loaded: true }, getSource: () => source, getContainer: () => box, on() {}, resize() {}, stop() {}, isMoving: () => false, loaded: () => true,
  cameraForBounds: (bounds) => (rig.cameras.push(bounds), { center: bounds[0], zoom: 9 }), jumpTo() {},
  triggerRepaint() {}, once: (_, fn) => rig.draws && fn(), getCanvas: () => ({ toDataURL: () => "picture" }),
  getCenter: () => ({ lng: 0, lat: 0 }), getZoom: () => 9, getBearing: () => 0, getPitch: () => 0,
};
const gd = {
  _ev: { listenerCount: () => 1 }, removeAllListeners() {},
  get _fullLayout() { return { map: { _input: {}, _subplot: rig.draws ? { map } : {} } }; },
};
const kit = { build: "made", slots: { "areas/fill": { kind: "trace", index: 0, themes: { dark: {} } } } };
const pane = {
  dataset: { kit: JSON.stringify(kit) }, offsetParent: {}, querySelector: (what) => (what === ".js-plotly-plot" ? gd : {}),
  getBoundingClientRect: () => ({ width: 800, height: 600, top: 0 }), toggleAttribute() {}, append() {},
};
rig.pane = pane;
location.reload = () => {
  rig.reloads += 1;
  rig.timers = [];       // with the page goes what it would have done
};
rig.ours = { ok: true, text: async () => '<div id="react-entry-point">', json: async () => ({ features: [] }) };
rig.page = () => rig.ours;
document.querySelector = () => null;
document.querySelectorAll = () => [];
document.getElementById = (id) => (id === "map-pane" ? pane : null);

rig.at = "/wall/C";
O.view = {
  address: () => rig.at, several: () => [], onChange() {},
  parse: (address) => ({ page: (address || rig.at).split("/")[1], area: rig.at.split("/")[2], params: new URLSearchParams() }),
  go: (address) => {
    rig.at = address;
    O.map.applyView();
    O.panels.refresh();
    rig.live.sub(address);
  },
};
O.words = { ready: () => true, t: (key) => key, list: (texts) => texts.join() };
O.dom = { attr: (node, name, value) => Object.assign(node, { [name]: value }) };
O.format = { when: () => "", moment: (ms) => ({ clock: new Date(ms).toISOString().slice(11, 19) }) };
O.programme = { plan: () => ({ own: "/wall/C" }), doing: () => rig.doing };
O.replay = { now: () => null };
O.account = { me: () => ({ screen: true }) };

const assets = path.join(__dirname, "../../../dashboard/assets");
for (const name of ["panels", "map", "map_gate", "map_marks", "wall_fresh"]) require(path.join(assets, name + ".js"));
O.panels.liveness = () => {};
O.map.look = { scale: () => 1, mount() {}, weigh() {}, visibility() {} };
O.map.pointer = { attach() {}, area() {}, card: () => null, selected() {} };

/** What the server says of an area that is asked for. */
rig.frame = (area) => ({
  s: { title: { area, zone: "UTC" }, extent: { code: area, depth: 1, leaf: false, bbox: [area.length, 29, 107, 30] } },
});
WebSocket.prototype.full = function () {
  rig.seq = (rig.seq || 10) + 1;
  const area = this.sent.filter((m) => m.k === "sub").pop().view.split("/")[2];
  this.hear({ k: "full", form: 1, topic: "T", seq: rig.seq, ...rig.proof(), ...rig.frame(area) });
};
/** At so many hours, of the day on which it began, by the server's clock; and some seconds later. */
rig.hour = async (hours) => {
  rig.wall += Date.UTC(2027, 0, 15) + hours * 3600e3 - rig.server();
  await rig.pass(25000);
};
rig.start = async () => {
  O.panels.mount();
  rig.beats();
  rig.live.sub(rig.at);
  await rig.pass(11000);
};
module.exports = rig;
