/* The page of walls: its list is asked for anew every few seconds, part by part, so that what is chosen and where the
   focus is stay; ages tick; an area is chosen at once; a desk's page is told that walls mirror it. */
(function () {
  "use strict";
  const ASK_MS = 5000;
  const ANSWER_MAX_MS = 8000;
  const TICK_MS = 1000;
  const SIZES = [["d", 86400000], ["h", 3600000], ["m", 60000], ["s", 1000]];
  const CHANNEL = "onescreen-mirror";
  const read = new WeakMap(); // of an age: when it was told
  let form = null;
  let section = null;
  let chosen = null;

  const boxes = () => [...document.querySelectorAll('input[name="screens"]')];

  /* ---- what is chosen ---- */

  function count() {
    const out = document.getElementById("n-chosen");
    out.value = out.dataset.said.replace("{n}", boxes().filter((box) => box.checked).length);
  }

  /** Which screens hang in an area is told by the server, as options of the select; here all of them are ticked. */
  function chooseWithin(select) {
    const codes = new Set(select.selectedOptions[0].dataset.screens.split(" "));
    for (const box of boxes()) box.checked = codes.has(box.value);
    select.value = "";
    count();
  }

  /** A form has few fields: many ticks go in one; a page that is gone back to may be sent again. */
  function gather() {
    const ticked = boxes().filter((box) => box.checked);
    if (!chosen) {
      chosen = document.createElement("input");
      chosen.type = "hidden";
      chosen.name = "chosen";
      form.append(chosen);
    }
    chosen.value = ticked.map((box) => box.value).join(" ");
    for (const box of ticked) box.disabled = true;
  }

  /* ---- ages ---- */

  function said(ms) {
    const [unit, size] = SIZES.find((row) => ms >= row[1]) || SIZES[SIZES.length - 1];
    return section.getAttribute("data-age-" + unit).replace("{n}", Math.floor(ms / size));
  }

  function tick() {
    for (const node of section.querySelectorAll("[data-age]")) {
      if (!read.has(node)) read.set(node, performance.now());
      const ms = Number(node.dataset.age) + performance.now() - read.get(node);
      node.textContent = node.dataset.said.replace("{age}", said(Math.max(0, ms)));
    }
  }

  /* ---- the list anew ---- */

  const parts = (node) => [...node.querySelectorAll("[data-part]")];

  /** One wall: whatever differs takes the place of what was there; the facts as a whole when it came or went. */
  function renew(old, fresh) {
    const names = (node) => parts(node).map((part) => part.dataset.part).join();
    if (names(old) !== names(fresh)) {
      const facts = (node) => node.querySelector(".wall-facts");
      facts(old).replaceWith(facts(fresh).cloneNode(true));
    }
    parts(old).forEach((part, i) => {
      const next = parts(fresh)[i];
      if (part.isEqualNode(next)) return;
      const held = part.contains(document.activeElement);
      part.replaceWith(next.cloneNode(true));
      if (held) (old.querySelector(`[data-part="${part.dataset.part}"] a`) || old.querySelector("input, a")).focus();
    });
  }

  /** Whether it is our list: a proxy may answer in the server's place. */
  function take(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const found = fresh.querySelector('[data-part="count"]');
    if (!found) return false;
    const list = document.getElementById("walls");
    const old = new Map([...list.children].map((node) => [node.dataset.screen, node]));
    for (const node of [...fresh.querySelectorAll(".wall")]) {
      const held = old.get(node.dataset.screen);
      if (held) renew(held, node);
      else list.append(document.importNode(node, true));
      old.delete(node.dataset.screen);
    }
    for (const node of old.values()) node.remove();
    section.querySelector('[data-part="count"]').textContent = found.textContent;
    count();
    tick();
    return true;
  }

  async function ask() {
    try {
      const lang = document.documentElement.dataset.lang;
      const answer = await fetch("/walls?part=cards&lang=" + lang, { signal: AbortSignal.timeout(ANSWER_MAX_MS) });
      const text = answer.ok && !answer.redirected ? await answer.text() : "";
      section.toggleAttribute("data-old", !take(text));
    } catch (_) {
      section.setAttribute("data-old", "");
    }
    setTimeout(ask, ASK_MS);
  }

  function start() {
    form = document.getElementById("order");
    section = document.querySelector(".hall-list");
    if (!section) return;
    form.addEventListener("submit", gather);
    addEventListener("pageshow", () => boxes().forEach((box) => (box.disabled = false)));
    document.addEventListener("change", (event) => {
      if (event.target.name === "screens") count();
      if (event.target.id === "within" && event.target.value) chooseWithin(event.target);
    });
    if (form.dataset.done === "walls.done.mirror") new BroadcastChannel(CHANNEL).postMessage(form.dataset.desk);
    count();
    tick();
    setInterval(tick, TICK_MS);
    setTimeout(ask, ASK_MS);
  }

  document.addEventListener("DOMContentLoaded", start);
})();
