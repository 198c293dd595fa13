/* The panels: keeps the newest value of every section of the live frames and draws what changed, once per frame. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});
  const values = {};
  const dirty = new Set();
  const FLUSH_WITHIN_MS = 250;
  let mounted = false;
  let asked = false;
  let asOf = null;
  let out = false;

  /** The seconds tick before the last script of a slow page has come. */
  const spoken = () => Boolean(O.words && O.words.ready());

  function schedule() {
    if (asked || !mounted) return;
    asked = true;
    if (!document.hidden) requestAnimationFrame(flush);
    setTimeout(flush, document.hidden ? 0 : FLUSH_WITHIN_MS); // a screen that draws no frame must not hold a panel up
  }

  function draw(name) {
    const drawing = sections[name];
    const box = drawing && document.getElementById(drawing.box);
    if (!box || !(name in values)) return;
    if (values[name] !== null) drawing.draw(values[name], box);
    O.life.drew(name);
  }

  function flush() {
    if (!asked) return;
    asked = false;
    const names = Array.from(dirty);
    dirty.clear();
    for (const name of names) {
      try {
        draw(name);
      } catch (error) {
        O.life.broke(name);
        console.error("panel " + name, error);
      }
    }
  }

  function touch(names) {
    for (const name of names) dirty.add(name);
    schedule();
  }

  /** The panels are dimmed while they still show another area than the address. */
  function awaiting() {
    const other = values.title && values.title.area !== O.view.parse().area;
    O.dom.attr(document.documentElement, "data-waiting", Boolean(other));
  }

  const panels = (O.panels = {
    /** Take the newest value of a section; `meta.at` is the server's time of the frame. */
    apply(section, value, meta) {
      if (meta && meta.at) asOf = meta.at;
      values[section] = value;
      if (section === "title") awaiting();
      touch([section].concat((sections[section] && sections[section].also) || []));
    },
    value: (section) => values[section],
    now: () => O.replay.now() ?? O.age.now() ?? Date.now(),
    asOf: () => O.replay.now() ?? asOf,
    zone: () => (values.title ? values.title.zone : "UTC"),
    /** Draw everything again: after a change of language, or of the address that links are made of. */
    refresh() {
      touch(Object.keys(sections));
    },
    /** The layout stands: what came before may be drawn now. */
    mount() {
      if (mounted) return;
      mounted = true;
      for (const fn of O.mounts || []) fn();
      panels.refresh();
      const beat = () => {
        tick();
        setTimeout(beat, 1000 - (panels.now() % 1000));
      };
      beat();
    },
    /** What the server says about the address: {ok: true, …} or {ok: false, field, value}. */
    viewed(answer) {
      if (!answer) return;
      values.lost = answer;
      document.documentElement.toggleAttribute("data-lost", !answer.ok);
      touch(["lost"]);
    },
    /** The session is over, or there is one again. */
    signedOut(over) {
      out = over;
      if (values.liveness) panels.liveness(values.liveness);
    },
    liveness(state) {
      values.liveness = Object.assign({}, state, out ? { state: "down", signedOut: true } : { signedOut: false });
      if (spoken()) O.life.banner(values.liveness);
      touch(["liveness"]);
    },
  });

  /** Each second: the clock, and every countdown on the page. */
  function tick() {
    if (document.hidden || !spoken()) return;
    const now = panels.now();
    for (const node of document.querySelectorAll("[data-deadline]")) {
      const left = Number(node.dataset.deadline) - now;
      O.dom.text(node, O.words.t(left < 0 ? "feed.over" : "feed.left", { time: O.format.span(left) }));
      node.classList.toggle("over", left < 0);
    }
    touch(["clock"]);
  }

  values.clock = true;
  values.controls = true;
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && mounted) tick();
  });
  (O.mounts = O.mounts || []).push(() => {
    O.view.onChange(() => {
      awaiting();
      panels.refresh();
    });
    O.live.on("state", ({ state }) => {
      const lost = values.lost && !values.lost.ok && O.view.parse().known;
      if (state === "live" && lost) panels.viewed({ ok: true }); // it came back
    });
  });
})();
