/* A map without a browser for map.js, map_gate.js and map_marks.js, under the line of rig.js: what Plotly and MapLibre are asked
   for is noted, and whether they can draw is set by hand. */
"use strict";
const rig = require("./rig.js");
const path = require("node:path");
const O = (globalThis.onescreen = globalThis.onescreen || {});

rig.asked = [];          // of Dash
rig.redraws = [];        // ms of each redraw through Plotly
rig.cameras = [];        // the bounds that were fitted
rig.draws = true;        // whether the browser gives a graphics context at all
rig.kept = new Map();
globalThis.sessionStorage = {
  getItem: (name) => rig.kept.get(name) ?? null, setItem: (name, value) => rig.kept.set(name, String(value)), removeItem: (name) => rig.kept.delete(name),
};
globalThis.ResizeObserver = globalThis.MutationObserver = class {
  observe() {}
  disconnect() {}
};
globalThis.Plotly = { restyle: async () => void rig.redraws.push(rig.ms) };
globalThis.dash_clientside = { set_props: (...told) => rig.asked.push(told), no_update: null };

const box = { clientWidth: 800, clientHeight: 600 };
const source = { setData() {}, updateData() {} };
const map = {
  style: { _loaded: true }, getSource: () => source, getContainer: () => box, on() {}, resize() {}, stop() {}, isMoving: () => false, loaded: () => true,
  cameraForBounds: (bounds) => (rig.cameras.push(bounds), { center: bounds[0], zoom: 9 }), jumpTo() {},
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
document.querySelector = () => null;
document.querySelectorAll = () => [];
document.getElementById = (id) => (id === "map-pane" ? pane : null);

rig.at = "/wall/C";
O.view = {
  address: () => rig.at, several: () => [], onChange() {},
  parse: () => ({ page: "wall", area: rig.at.split("/")[2], params: new URLSearchParams() }),
  go: (address) => {
    rig.at = address;
    O.map.applyView();
    O.panels.refresh();
    rig.live.sub(address);
  },
};
O.words = { ready: () => true, t: (key) => key, list: (texts) => texts.join() };
O.dom = { attr: (node, name, value) => Object.assign(node, { [name]: value }) };
O.format = { when: () => "" };
O.replay = { now: () => null };
O.account = { me: () => ({ screen: true }) };

const assets = path.join(__dirname, "../../../dashboard/assets");
for (const name of ["panels", "map", "map_gate", "map_marks"]) require(path.join(assets, name + ".js"));
O.panels.liveness = () => {};
O.map.look = { scale: () => 1, mount() {}, weigh() {}, visibility() {} };
O.map.pointer = { attach() {}, area() {}, card: () => null, selected() {} };

/** What the server says of an area that is asked for. */
rig.frame = (area) => ({
  s: { title: { area }, extent: { code: area, depth: 1, leaf: false, bbox: [area.length, 29, 107, 30] } },
});
WebSocket.prototype.full = function () {
  rig.seq = (rig.seq || 10) + 1;
  const area = this.sent.filter((m) => m.k === "sub").pop().view.split("/")[2];
  this.hear({ k: "full", form: 1, topic: "T", seq: rig.seq, ...rig.proof(), ...rig.frame(area) });
};
rig.start = async () => {
  O.panels.mount();
  rig.beats();
  rig.live.sub(rig.at);
  await rig.pass(1000);
};
module.exports = rig;
