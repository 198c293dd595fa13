/* A screen without a browser for wall_kiosk.js: whether it may stay awake is set by hand, what it asks for is counted. */
"use strict";
const rig = require("./rig.js");
const path = require("node:path");
const O = (globalThis.onescreen = globalThis.onescreen || {});

const heard = {};
const root = document.documentElement;
rig.attributes = new Set();
Object.assign(root, {
  style: { setProperty() {} },
  setAttribute: (name) => rig.attributes.add(name),
  removeAttribute: (name) => rig.attributes.delete(name),
  toggleAttribute: (name, on) => (on ? rig.attributes.add(name) : rig.attributes.delete(name)),
});
document.body = { append() {} };
const hear = (kind, fn) => (heard[kind] = [...(heard[kind] || []), fn]);
document.addEventListener = hear;
globalThis.addEventListener = hear;
rig.happens = (kind, event) => (heard[kind] || []).forEach((fn) => fn(event || {}));

rig.asked = 0;
rig.may = false;
rig.locks = [];
const request = async () => {
  rig.asked += 1;
  if (!rig.may) throw new Error("refused");
  const lock = { released: false, addEventListener: (_, fn) => (lock.end = () => ((lock.released = true), fn())) };
  rig.locks.push(lock);
  return lock;
};
Object.defineProperty(globalThis, "navigator", { value: { wakeLock: { request } }, configurable: true });
O.dom = { h: () => ({ style: {} }) };
O.account = { me: () => ({ screen: true }) };
O.mounts = [];

require(path.join(__dirname, "../../../dashboard/assets/wall_kiosk.js"));
O.mounts.forEach((fn) => fn());
module.exports = rig;
