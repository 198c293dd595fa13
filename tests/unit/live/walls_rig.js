/* The page of walls without a browser for forms_walls.js: its form, its ticks, and the list that the server answers with. */
"use strict";
const rig = require("./rig.js");
const path = require("node:path");

const heard = {};
const hear = (kind, fn) => (heard[kind] = [...(heard[kind] || []), fn]);
rig.happens = (kind) => (heard[kind] || []).forEach((fn) => fn({ target: {} }));
rig.boxes = ["hall-1", "hall-2", "hall-3"].map((value) => ({ value, checked: false, disabled: false }));
rig.walls = rig.boxes.map((box) => ({ dataset: { screen: box.value }, remove: () => (rig.walls = rig.walls.filter((w) => w.dataset.screen !== box.value)) }));
rig.fields = [];
const form = { dataset: {}, addEventListener: hear, append: (field) => rig.fields.push(field) };
const out = { dataset: { said: "{n}" } };
const section = {
  addEventListener: hear,
  querySelector: () => ({}),
  querySelectorAll: () => [],
  toggleAttribute: (_, on) => (rig.old = on),
  setAttribute: () => (rig.old = true),
};
document.documentElement.dataset.lang = "zh";
document.addEventListener = globalThis.addEventListener = hear;
document.createElement = () => ({});
document.querySelector = () => section;
document.querySelectorAll = () => rig.boxes;
document.getElementById = (id) => ({ order: form, "n-chosen": out, walls: { get children() { return rig.walls; } } })[id];
globalThis.AbortSignal = { timeout: () => null };
/** Of a list of ours the count is read and, here, no wall at all; of another page nothing. */
globalThis.DOMParser = class {
  parseFromString(text) {
    return { querySelector: () => (text === "ours" ? { textContent: "0" } : null), querySelectorAll: () => [] };
  }
};
rig.page = () => ({ ok: true, redirected: false, text: async () => rig.told });

require(path.join(__dirname, "../../../dashboard/assets/forms_walls.js"));
rig.happens("DOMContentLoaded");
module.exports = rig;
