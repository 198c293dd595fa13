/* The analysis part of the overview, below its first screen: two questions to the server (callbacks/analysis.py), one for
   what is open now and one for what the period says, asked while somebody looks and again each minute.

   A panel says what it is: (onescreen.analysisPanels = … || []).push({ id, part: "now" | "period", title, draw(answer, parts) })
   where parts are {title, aside, body, foot}; draw returns why there is nothing to show, or nothing.                     */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const RENEW_MS = 60000;
  const ANSWER_MAX_MS = 30000;
  const ORDER = ["trend", "by_class", "by_source", "funnel", "peers", "longest", "matrix", "watched", "local", "phases"];
  const PARTS = ["now", "period"];
  const t = (key, values) => O.words.t(key, values);
  const parts = {};
  const panels = {};
  let box = null;
  let seen = false;
  let dirty = false;

  const on = () => O.view.parse().page === "area" && !document.documentElement.hasAttribute("data-lost");
  /** Nothing is asked for an area before its first frame came: it may not be there, or not be in reach. */
  const here = () => (O.panels.value("title") || {}).area === O.view.parse().area;

  /** The part of the address that the answers depend on. */
  function asks() {
    const now = O.view.parse();
    for (const name of ["selected", "theme", "layers", "measure", "piles", "order"]) now.params.delete(name);
    return now.path + "?" + now.params.toString();
  }

  async function read(what, address, signal) {
    const sent = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ address }), signal };
    const answer = await fetch("/analysis/" + what, sent);
    if (answer.ok) return answer.json();
    const told = answer.status === 422 ? await answer.json() : {};
    throw Object.assign(new Error("/analysis/" + what + " answered " + answer.status), { why: told.detail });
  }

  /** Ask for a part; a newer question ends the older one. What is shown stays until the answer is there. */
  function ask(what) {
    const part = parts[what];
    if (part.running) part.running.abort();
    const mine = (part.running = new AbortController());
    const place = asks();
    const late = setTimeout(() => mine.abort(), ANSWER_MAX_MS);
    const end = (then) => (told) => {
      clearTimeout(late);
      if (part.running !== mine) return;
      part.running = null;
      then(told);
      draw();
    };
    part.asked = place;
    part.at = performance.now();
    const took = (answer) => Object.assign(part, { answer, place, failed: null });
    read(what, O.view.address(), mine.signal).then(end(took), end((error) => Object.assign(part, { failed: error })));
    draw();
  }

  function look() {
    if (!seen || document.hidden || !on() || !here() || !O.words.ready()) return;
    for (const what of PARTS) {
      const part = parts[what];
      const old = performance.now() - (part.at === undefined ? -Infinity : part.at) > RENEW_MS;
      if (part.asked !== asks() || (old && !part.running)) ask(what);
    }
  }

  function build(panel) {
    const { h } = O.dom;
    const node = h("section", { class: "panel an an-" + panel.id, "data-key": panel.id, "aria-busy": "true" });
    const title = h("h2", { class: "panel-title" });
    const aside = h("div", { class: "panel-aside" });
    const body = h("div", { class: "panel-body" });
    const said = h("p", { class: "an-said" });
    const again = h("button", { type: "button", class: "button", hidden: true });
    const foot = h("p", { class: "an-foot" });
    again.addEventListener("click", () => ask(panel.part));
    node.append(h("div", { class: "panel-head" }, title, aside), body, h("div", { class: "an-none" }, said, again), foot);
    return Object.assign(panel, { node, parts: { title, aside, body, foot }, said, again });
  }

  function days([first, last]) {
    return first === last ? first : t("analysis.days", { first, last });
  }

  /** As of when, and from which source; and which of the chosen filters a panel does not follow. */
  function source(what, answer) {
    const time = O.format.moment(answer.as_of || answer.at, O.panels.zone()).time;
    if (what === "now") return t("analysis.source.now", { time });
    const said = t("analysis.source.period", { days: days(answer.days), time });
    const ignored = answer.ignored.map((name) => t({ urgencies: "filters.urgency", states: "filters.state", lights: "filters.light", stages: "filters.stage", kinds: "filters.kind" }[name]));
    return said + (ignored.length ? " · " + t("analysis.ignored", { what: O.words.list(ignored) }) : "");
  }

  function drawPanel(panel) {
    const { text, attr } = O.dom;
    const part = parts[panel.part];
    text(panel.parts.title, t(panel.title));
    const failed = part.failed && part.place !== asks() ? part.failed : null;
    let none = failed ? (failed.why ? t("analysis.refused", { why: failed.why }) : t("analysis.failed")) : part.answer ? "" : t("analysis.wait");
    if (part.answer && !failed) none = panel.draw(part.answer, panel.parts) || "";
    attr(panel.node, "aria-busy", String(!part.answer && !failed));
    attr(panel.node, "data-old", Boolean(part.answer) && part.place !== asks());
    attr(panel.node, "data-none", Boolean(none));
    text(panel.said, none);
    attr(text(panel.again, t("analysis.retry")), "hidden", !failed);
    const told = part.answer && !failed ? source(panel.part, part.answer) : "";
    attr(text(panel.parts.foot, told), "title", told || null);
  }

  function draw() {
    if (dirty) return;
    dirty = true;
    requestAnimationFrame(() => {
      dirty = false;
      O.dom.attr(box, "hidden", !on());
      if (!on() || !O.words.ready()) return;
      O.analysisBar.draw(parts.period.answer);
      for (const panel of Object.values(panels)) {
        try {
          drawPanel(panel);
        } catch (error) {
          console.error("analysis " + panel.id, error);
        }
      }
    });
  }

  /** The handle at the foot of the first screen. */
  function handle() {
    const node = O.dom.h("button", { type: "button", class: "an-handle" });
    node.addEventListener("click", enter);
    analysis.foot = node;
    drawHandle();
    return node;
  }

  function drawHandle() {
    if (!analysis.foot) return;
    O.dom.attr(analysis.foot, "hidden", !on());
    O.dom.attr(O.dom.text(analysis.foot, t("analysis.title")), "title", t("analysis.down"));
  }

  function enter() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    box.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
    O.analysisBar.focus();
  }

  function leave() {
    window.scrollTo({ top: 0 });
    document.getElementById("map-pane").focus({ preventScroll: true });
  }

  /** The days and the filters that lists behind figures of the period need: kept lists do not take the page's own. */
  function listed(answer, more) {
    const own = { from: answer.days[0], to: answer.days[1], classes: O.view.param("classes"), sources: O.view.param("sources") };
    return Object.fromEntries(Object.entries(Object.assign(own, more)).filter(([, value]) => value));
  }

  /** A change in words, ▲ or ▼: of shares in points, of times and counts in parts of a hundred; worse or better. */
  function change(now, then, options) {
    if (now === null || then === null || now === undefined || then === undefined) return null;
    const points = options.share;
    if (!points && !then) return null;
    const by = points ? (now - then) * 100 : (now / then - 1) * 100;
    const shown = Math.abs(by).toFixed(1);
    if (shown === "0.0") return { text: t("analysis.no_change"), way: "same" };
    const good = options.better ? (by > 0) === (options.better === "high") : null;
    return { text: (by > 0 ? "▲" : "▼") + shown + (points ? "" : "%"), way: good === null ? "same" : good ? "better" : "worse" };
  }

  const analysis = (O.analysis = {
    handle, enter, leave, listed, change, days, redraw: draw,
    /** The address of an area below, with one parameter set. */
    within(code, name, value) {
      const next = new URL(O.view.withArea(code), location.origin);
      next.searchParams.set(name, value);
      return next.pathname + O.view.query(next.searchParams);
    },
    share: (value) => (value === null || value === undefined ? O.format.NONE : (100 * value).toFixed(1) + "%"),
    time(ms) {
      if (ms === null || ms === undefined) return O.format.NONE;
      const { value, unit } = O.format.duration(ms / 1000);
      return value + (O.words.lang() === "en" ? " " : "") + unit;
    },
  });

  (O.mounts = O.mounts || []).push(() => {
    box = document.getElementById("analysis");
    for (const what of PARTS) parts[what] = { answer: null, place: "", failed: null, running: null };
    for (const panel of O.analysisPanels) panels[panel.id] = build(panel);
    const grid = O.dom.h("div", { class: "an-grid" }, ...ORDER.map((id) => panels[id].node));
    box.replaceChildren(O.analysisBar.build(), panels.kpi.node, grid);
    new IntersectionObserver((entries) => {
      seen = entries[entries.length - 1].isIntersecting;  // a busy page hears of several at once, the newest last
      look();
    }).observe(box);
    O.view.onChange(() => {
      draw();
      look();
    });
    O.sections = O.sections || {};
    O.sections.analysis = { box: "analysis", draw: () => void (draw(), drawHandle(), look()) };
    O.panels.apply("analysis", true);
    setInterval(look, 5000);
    document.addEventListener("visibilitychange", look);
  });
})();
