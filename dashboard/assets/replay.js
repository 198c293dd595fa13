/* Replay: a view of the past is an address with `at` (local time of the city) and, while it plays, `play`. This file is
   its time bar; the picture itself comes as every other one does, with a section that says when it is of.             */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});
  const root = document.documentElement;
  const PAGES = ["wall", "area", "duty"];
  const SPEEDS = [1, 10, 60, 300, 600];
  const BACK_MS = 36e5;
  const MINUTE_MS = 6e4;
  const DAY_MIN = 1440;
  let bar = null;
  let refused = null;
  let held = false;       // the slider is in somebody's hand
  let speed = "60";

  const at = () => O.view.parse().params.get("at") || "";
  const on = () => Boolean(at()) && PAGES.includes(O.view.parse().page);
  const playing = () => on() && Boolean(O.view.parse().params.get("play"));
  const two = (n) => String(n).padStart(2, "0");

  function localOf(ms) {
    const m = O.format.moment(ms, O.panels.zone());
    return m.date + "T" + m.clock;
  }

  /** The address of this view at an instant ("" for now), playing at a speed or standing still. */
  function address(instant, play) {
    const now = O.view.parse();
    now.params.delete("at");
    now.params.delete("play");
    if (instant) now.params.set("at", instant);
    if (instant && play) now.params.set("play", play);
    return now.path + O.view.query(now.params);
  }

  /** What the newest frame says of its instant; null before the first one of the past. */
  const then = () => (on() ? O.panels.value("then") || null : null);
  /** An instant may be written without its seconds. */
  const whole = (instant) => (/T\d\d:\d\d$/.test(instant) ? instant + ":00" : instant);
  /** Whether the picture is of the instant of the address, or plays on from there. */
  const here = () => then() !== null && (playing() ? then().speed > 0 : then().of === whole(at()));
  /** The instant that is shown: that of the newest frame while it plays, else that of the address. */
  const shown = () => (playing() && here() ? localOf(then().at) : at());
  const go = (instant, play, push) => O.view.go(address(instant, play), { replace: !push });

  const open = () => go(localOf(O.panels.now() - BACK_MS).slice(0, 17) + "00", "", true);
  const live = () => go("", "", true);
  const toggle = () => (on() ? live() : open());
  const pause = () => go(shown(), "");
  const play = () => (playing() ? pause() : go(shown(), speed));

  /** Local times are counted as if there were no zone: what is written is what the city's clocks said. */
  const flat = (instant) => Date.parse(whole(instant) + "Z");
  const written = (ms) => new Date(ms).toISOString().slice(0, 19);
  const shift = (ms) => on() && go(written(flat(shown()) + ms), "");

  function build() {
    const { h, svg } = O.dom;
    const button = (name, act) => {
      const node = h("button", { type: "button", class: "replay-" + name });
      node.addEventListener("click", act);
      return node;
    };
    bar = {
      sign: h("strong", { class: "replay-sign" }),
      when: h("time", { class: "replay-when" }),
      told: h("span", { class: "replay-told", role: "status" }),
      day: h("input", { type: "datetime-local", class: "replay-day", step: "60" }),
      curve: svg("svg", { class: "replay-curve", viewBox: "0 0 24 10", preserveAspectRatio: "none", "aria-hidden": "true" }),
      slide: h("input", { type: "range", class: "replay-slide", min: "0", max: String(DAY_MIN - 1), step: "1" }),
      back: button("back", () => shift(-10 * MINUTE_MS)),
      play: button("play", play),
      fore: button("fore", () => shift(10 * MINUTE_MS)),
      speed: h("select", { class: "replay-speed" }, ...SPEEDS.map((n) => h("option", { value: n }, "×" + n))),
      live: button("live", live),
    };
    bar.speed.value = speed;
    bar.day.addEventListener("change", () => bar.day.value && go(whole(bar.day.value), ""));
    bar.slide.addEventListener("pointerdown", () => (held = true));
    bar.slide.addEventListener("input", () => O.dom.text(bar.when, picked().replace("T", " ")));
    bar.slide.addEventListener("change", () => {
      held = false;
      go(picked(), "");
    });
    bar.speed.addEventListener("change", () => {
      speed = bar.speed.value;
      if (playing()) go(shown(), speed);
    });
    document.getElementById("replay").replaceChildren(
      h("div", { class: "replay-say" }, bar.sign, bar.when, bar.told),
      h("div", { class: "replay-hand" }, bar.day, bar.back, bar.play, bar.fore, bar.speed,
        h("div", { class: "replay-track" }, bar.curve, bar.slide), bar.live));
  }

  /** The instant under the slider's hand, on the day that is shown. */
  function picked() {
    const minute = Number(bar.slide.value);
    return shown().slice(0, 10) + "T" + two(Math.floor(minute / 60)) + ":" + two(minute % 60) + ":00";
  }

  function curve(hours) {
    const most = Math.max(1, ...hours);
    const steps = hours.map((n, k) => `M${k + 0.08} 10V${(10 - (9 * n) / most).toFixed(2)}H${k + 0.92}V10Z`).join("");
    if (!bar.curve.firstChild) bar.curve.append(O.dom.svg("path", {}));
    O.dom.attr(bar.curve.firstChild, "d", steps);
  }

  /** What has to be said of the picture: why there is none, that it is on its way, or what it does not hold. */
  function told() {
    const t = O.words.t;
    if (refused) return t("replay.refused." + refused.why, { value: refused.value.replace("T", " ") });
    if (!here()) return t("replay.preparing");
    const said = [];
    const { at: ms, units_from: units, walks_from: walks } = then();
    for (const [key, first] of [["replay.no_units", units], ["replay.no_walks", walks]])
      if (first !== null && ms < first) said.push(t(key, { time: O.format.when(first, O.panels.zone(), ms) }));
    if (O.view.param("selected")) said.push(t("replay.card"));
    return said.join(" · ");
  }

  function draw() {
    if (!bar) return;
    const { text, attr } = O.dom;
    const t = O.words.t;
    const box = document.getElementById("replay");
    root.classList.toggle("is-replay", on());
    root.classList.toggle("is-refused", on() && Boolean(refused));
    const title = O.panels.value("title");
    const other = Boolean(title) && title.area !== O.view.parse().area;
    attr(root, "data-waiting", other || (on() && !refused && !here()));
    box.hidden = !on();
    if (!on()) return;
    const instant = shown();
    text(bar.sign, t("replay.sign"));
    text(bar.told, told());
    if (!held) {
      text(bar.when, instant.replace("T", " "));
      bar.slide.value = String(Number(instant.slice(11, 13)) * 60 + Number(instant.slice(14, 16)));
    }
    if (document.activeElement !== bar.day) bar.day.value = /^\d{4}(-\d\d){2}T\d\d:\d\d/.test(instant) ? instant.slice(0, 16) : "";
    attr(bar.day, "aria-label", t("replay.day"));
    attr(bar.slide, "aria-label", t("replay.slide"));
    attr(bar.slide, "aria-valuetext", instant.slice(11, 16));
    attr(bar.speed, "aria-label", t("replay.speed"));
    const named = (node, key, sign) => attr(attr(text(node, sign), "aria-label", t(key)), "title", t(key));
    named(bar.back, "replay.back", "−10′");
    named(bar.fore, "replay.fore", "+10′");
    named(bar.play, playing() ? "replay.pause" : "replay.play", playing() ? "❚❚" : "▶");
    text(bar.live, t("replay.live"));
    if (then()) curve(then().hours);
  }

  sections.then = {
    box: "replay",
    also: ["clock", "feed", "worst", "liveness", "kpi", "curve"],
    draw(value) {
      if (!on()) return;
      if (here()) refused = null;
      if (value.speed) speed = bar.speed.value = String(value.speed);
      draw();
    },
  };

  let was = false;

  function changed() {
    refused = null;
    if (on() || was) draw();
    was = on();
  }

  O.replay = {
    on,
    playing,
    toggle,
    play: () => on() && play(),
    shift,
    /** The instant of the picture in epoch ms; null where it is live. */
    now: () => (then() ? then().at : null),
    /** The address to be shared: of the instant that is shown, standing still. */
    href: () => (playing() ? location.origin + address(shown(), "") : location.href),
  };
  (O.mounts = O.mounts || []).push(() => {
    build();
    O.view.onChange(changed);
    O.live.on("wait", draw);
    O.live.on("refused", (message) => {
      if (!on() || !message.why) return;
      refused = message;
      draw();
    });
    changed();
  });
})();
