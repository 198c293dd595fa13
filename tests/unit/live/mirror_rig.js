/* A desk without a browser for wall_mirror.js: each answer of the server is given by hand. */
"use strict";
const rig = require("./rig.js");
const path = require("node:path");
const O = globalThis.onescreen;

const kept = new Map([["onescreen-desk", "desk1"], ["onescreen-mirrored", "desk1"]]);
globalThis.sessionStorage = { getItem: (name) => kept.get(name) || null, setItem: (name, text) => kept.set(name, text), removeItem: (name) => kept.delete(name) };
globalThis.BroadcastChannel = class {
  constructor() {
    rig.channel = this;
  }
  postMessage() {}
};
globalThis.AbortSignal = { timeout: () => null };

rig.acts = [];
const awaited = [];
globalThis.fetch = (_, { body }) => {
  rig.acts.push(body.get("act"));
  return new Promise((done, failed) => awaited.push({ done, failed }));
};
/** The oldest request is answered; without `screens` it fails. */
rig.answer = async (screens) => {
  const { done, failed } = awaited.shift();
  if (screens === undefined) failed(new Error("no line"));
  else done({ ok: true, json: async () => ({ screens, beyond: 0 }) });
  await rig.pass(10);
};

const node = (...children) => ({ children, lastChild: children[children.length - 1], addEventListener: (_, fn) => (rig.stop = fn) });
O.dom = {
  h: (_tag, _attributes, ...children) => node(...children),
  text: (n) => n,
  attr: (n, name, value) => Object.assign(n, { [name]: value }),
  icon: node,
};
document.getElementById = () => ({ append: (chip) => (rig.chip = chip) });
O.words = { lang: () => "zh", t: (key) => key, list: (parts) => parts.join() };
O.account = { me: () => ({ walls: true }) };
O.view = { address: () => "/area/C", onChange: (fn) => (rig.goes = fn) };
O.mounts = [];

require(path.join(__dirname, "../../../dashboard/assets/wall_mirror.js"));
O.mounts.forEach((fn) => fn());
module.exports = rig;
