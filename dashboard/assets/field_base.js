/* What all parts of the field page share: words, the document, times, and who is told when something has changed. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  const SVG = "http://www.w3.org/2000/svg";
  const listeners = [];
  let said = null;
  let clocks = null;

  function t(key, values) {
    if (!said) said = JSON.parse(document.body.dataset.said);
    let text = said[key] === undefined ? key : said[key];
    for (const name of Object.keys(values || {})) text = text.replace("{" + name + "}", () => values[name]);
    return text;
  }

  function build(node, attrs, children) {
    for (const [name, value] of Object.entries(attrs || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children.flat()) if (child !== null && child !== undefined && child !== false) node.append(child);
    return node;
  }

  const h = (tag, attrs, ...children) => build(document.createElement(tag), attrs, children);
  const svg = (tag, attrs, ...children) => build(document.createElementNS(SVG, tag), attrs, children);
  const at = (id) => document.getElementById(id);

  const ICONS = {
    camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
    route: "M12 3l7 17-7-4-7 4z", copy: "M8 8h11v12H8zM5 16V4h11", close: "M6 6l12 12M18 6L6 18",
    check: "M5 12.5l4.5 4.5L19 7.5", more: "M6 9l6 6 6-6",
  };
  const icon = (name) =>
    svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));

  /** Now, by the server's clock as far as it is known. */
  const now = () => Date.now() + (F.offset || 0);
  const two = (n) => String(n).padStart(2, "0");

  /** 14:31 of today, 11-26 14:31 of another day, in the city's zone. */
  function when(ms) {
    const zone = F.zone || "Asia/Shanghai";
    if (!clocks || clocks.zone !== zone) {
      const parts = { timeZone: zone, hourCycle: "h23", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
      clocks = { zone, format: new Intl.DateTimeFormat("en-US", parts) };
    }
    const read = (moment) => Object.fromEntries(clocks.format.formatToParts(moment).map((p) => [p.type, p.value]));
    const [then, today] = [read(ms), read(now())];
    const time = then.hour + ":" + then.minute;
    const same = then.day === today.day && then.month === today.month;
    return same ? time : then.month + "-" + then.day + " " + time;
  }

  /** A countdown: 00:42 below an hour, 11:42:07 below four days, then whole days. */
  function span(ms) {
    const s = Math.floor(Math.abs(ms) / 1000);
    if (s >= 345600) return t("field.days", { n: Math.floor(s / 86400) });
    const rest = two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
    return s >= 3600 ? Math.floor(s / 3600) + ":" + rest : rest;
  }

  function age(ms) {
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s < 60) return t("field.age.s", { n: s });
    return s < 3600 ? t("field.age.min", { n: Math.floor(s / 60) }) : t("field.age.h", { n: Math.floor(s / 3600) });
  }

  /** Names in a row, as the language of the page writes them. */
  const list = (names) => names.join(t("field.list"));

  /** A new name for something that is delivered; the server knows a repeat by it. */
  function key() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  }

  /** For those who do not see it: read aloud. */
  const speak = (text) => (at("spoken").textContent = text);

  let fading = 0;
  function toast(text) {
    const box = at("toast");
    box.textContent = text;
    box.hidden = false;
    speak(text);
    clearTimeout(fading);
    fading = setTimeout(() => (box.hidden = true), 3500);
  }

  Object.assign(F, {
    t, h, svg, at, icon, now, when, span, age, key, list, speak, toast,
    onChange: (listener) => listeners.push(listener),
    changed: () => listeners.forEach((listener) => listener()),
  });
})();
