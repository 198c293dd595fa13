/* A wall follows its programme by the server's clock, or what a desk makes it show; lets a new alert come between, shows it
   on the map, and returns. A wall that is held stays where it is, whatever comes. Where nothing comes from the server it
   stays where it is: what stands there says its age. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const root = document.documentElement;
  const ASK_MS = 3000;
  const ANSWER_MAX_MS = 8000;
  const KNOWN_MS = 540000;    // nearly as long as the order that the server gives reaches
  const TICK_MS = 500;
  const FADE_MS = 600;
  const FRAME_MAX_MS = 3000;
  const REST_MS = 15000;      // between two alerts the programme is seen
  const TOUCHED_MS = 120000;  // somebody stands before it and looks around
  const SHOWN_MS = 600000;    // the server tells of an alert for two minutes
  const WAY = "wall-way";
  const shown = new Map();    // the alerts that came between: id → when they were raised
  let plan = null;
  let ahead = 0;              // the server's clock minus performance.now()
  let call = null;            // {row, until} while an alert is shown
  let restUntil = 0;
  let touched = -Infinity;
  let refused = false;        // the address leads nowhere: its area is gone, say
  let busy = false;
  let card = null;
  let topic = "";
  let order = "";             // of a desk, so that a new one is told from the one before
  let at = "";                // and where it leads
  let line = null;

  /* The way back outlives a reload: where it was before somebody began to look around and before an alert, "" for nowhere,
     and whether something turned it from its own page. */
  const way = { stood: "", before: "", turned: false };

  function keep(change) {
    Object.assign(way, change);
    sessionStorage.setItem(WAY, JSON.stringify(way));
  }

  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  /* ---- what is to be shown ---- */

  async function ask() {
    try {
      const answer = await fetch("/screen?lang=" + O.words.lang(), { signal: AbortSignal.timeout(ANSWER_MAX_MS) });
      if (answer.ok) take(await answer.json());
    } catch (_) {
      // The line is down: the order that is known goes on, and the page says how old it is.
    }
    setTimeout(ask, ASK_MS * (0.8 + 0.4 * Math.random()));
  }

  function take(answer) {
    plan = answer;
    for (const [id, at] of shown) if (answer.now - at > SHOWN_MS) shown.delete(id);
    ahead = answer.now - performance.now();
    const { shown: by } = answer;
    const newest = by ? [by.kind, by.since].join(" ") : "";
    if (newest !== order || (by && by.address !== at)) touched = -Infinity; // a desk goes before whoever stands there,
    if (newest && newest !== order && call) call.until = -Infinity; // and before the alert that is up
    order = newest;
    at = by ? by.address : "";
    O.kiosk.hang(answer.kiosk);
    light();
  }

  /** An alert and what fails are seen at night, too. */
  function light() {
    O.kiosk.dim(call || O.live.state().state === "down" ? 100 : plan.brightness);
  }

  /** What a desk makes it show, while that stands. */
  function ordered() {
    const by = plan.shown;
    return by && (by.until === null || ahead + performance.now() < by.until) ? by : null;
  }

  const held = () => Boolean(ordered()) && ordered().kind === "hold";

  function wanted() {
    const now = ahead + performance.now();
    if (ordered()) return ordered().address;
    const slot = plan.order.find(([from, to]) => from <= now && now < to);
    if (slot) return slot[2];
    return now < plan.now + KNOWN_MS ? plan.own : O.view.address();
  }

  /* ---- turning ---- */

  /** Resolves when the picture of the address is there, or after a while: nothing stays hidden for want of a frame. */
  function arrived() {
    const was = topic;
    return new Promise((done) => {
      const offs = [O.live.on("full", end), O.live.on("on", (message) => message.topic === was && end())];
      const late = setTimeout(end, FRAME_MAX_MS);
      function end() {
        offs.forEach((off) => off());
        clearTimeout(late);
        done();
      }
    });
  }

  async function show(address) {
    if (address === O.view.address()) return;
    const fade = plan.transition === "fade" && !still();
    root.toggleAttribute("data-turning", fade);
    if (fade) await pause(FADE_MS);
    const there = arrived();
    O.view.go(address, { replace: true });
    await there;
    root.removeAttribute("data-turning");
  }

  /* ---- an alert comes between ---- */

  const next = () => plan.calls.find((row) => !shown.has(row.id));

  function addressOf(row) {
    const now = O.view.parse();
    const area = row.areas.includes(now.area) ? now.area : O.account.me().tops[0];
    const params = new URLSearchParams({ selected: "event:" + row.code });
    for (const name of ["lang", "theme"]) if (now.params.get(name)) params.set(name, now.params.get(name));
    return "/wall/" + encodeURIComponent(area) + O.view.query(params);
  }

  async function begin(row) {
    shown.set(row.id, row.at);
    call = { row, until: performance.now() + plan.hold_ms, stays: held() };
    light();
    drawCard();
    if (call.stays) return;
    await show(addressOf(row));
    if (row.lonlat) await near(row.lonlat);
  }

  /** On the map, once it shows the area of the address: what comes later than that would move it back. */
  async function near(lonlat) {
    const S = O.map.state;
    for (let i = 0; i < 50 && !(S.alive && S.card && S.card.code === O.view.parse().area); i += 1) await pause(100);
    O.map.goTo(...lonlat);
  }

  async function end() {
    const { stays } = call;
    call = null;
    restUntil = performance.now() + REST_MS;
    drawCard();
    light();
    if (!stays) await leave();
    keep({ before: "" });
  }

  /** Back from an alert. */
  async function leave() {
    const area = O.view.parse().area;
    await show(turns() ? wanted() : way.before);
    if (O.view.parse().area === area) O.map.fit();
  }

  function drawCard() {
    const { h, text } = O.dom;
    if (!card) {
      card = h("section", { id: "call", role: "status", hidden: true }, h("strong", {}), h("h2", {}), h("p", {}), h("small", {}));
      document.getElementById("shell").append(card);
    }
    card.hidden = !call;
    if (!call) return;
    const [why, what, place, times] = card.children;
    const { row, until, stays } = call;
    text(why, row.why);
    text(what, row.what);
    text(place, row.place + " · " + row.state);
    const n = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    const since = O.format.when(row.at, O.panels.zone(), O.panels.now(), true);
    const ends = down() ? [] : [O.words.t(stays ? "call.stays" : "call.returns", { n })];
    text(times, [O.words.t("call.since", { time: since }), ...ends].join(" · "));
  }

  /** Who shows what stands there. */
  function drawLine() {
    const by = ordered();
    if (!line) {
      line = O.dom.h("span", { class: "shown-by", hidden: true }, O.dom.icon("show"), O.dom.h("span", {}));
      document.getElementById("shell").append(line);
    }
    O.dom.attr(O.dom.attr(line, "data-kind", by && by.kind), "hidden", !by);
    if (by) O.dom.text(line.lastChild, by.line);
  }

  /* ---- somebody looks around ---- */

  function touch() {
    const begins = performance.now() - touched > TOUCHED_MS && !way.stood && O.view.parse().page === "wall";
    if (begins) keep({ stood: way.before || O.view.address() });
    touched = performance.now();
  }

  /** Whoever left it elsewhere, on another page or in the past, is gone: it goes back to where it was. */
  async function back() {
    const to = turns() ? wanted() : way.stood;
    keep({ stood: "" });
    await show(to);
  }

  /* ---- twice a second ---- */

  const turns = () => plan.programme || Boolean(ordered());
  const down = () => O.live.state().state === "down" && !refused;

  async function step() {
    const now = performance.now();
    if (call) drawCard();
    if (call && now >= call.until) {
      await end();
      return;
    }
    if (call && !call.stays) return;
    if (way.stood && now - touched > TOUCHED_MS) await back();
    if (O.view.parse().page !== "wall") return;
    if (refused && !turns()) await show(plan.own);
    const row = !call && now >= restUntil && next();
    if (row) {
      if (!way.before) keep({ before: O.view.address() });
      await begin(row);
    } else if (way.before && !call) {
      await leave(); // loaded anew during an alert of which the server tells no more
      keep({ before: "" });
    } else if (turns()) {
      if (!way.turned) keep({ turned: true });
      if (now - touched > TOUCHED_MS) await show(wanted());
    } else if (way.turned) {
      keep({ turned: false });
      await show(plan.own);
    }
  }

  async function tick() {
    if (!plan) return;
    light();
    if (busy) return;
    if (down()) return void (call && drawCard());
    busy = true;
    try {
      drawLine();
      await step();
    } finally {
      busy = false;
      root.removeAttribute("data-turning");
    }
  }

  (O.mounts = O.mounts || []).push(() => {
    if (!O.account.me().screen) return;
    Object.assign(way, JSON.parse(sessionStorage.getItem(WAY)));
    O.live.on("on", (message) => {
      topic = message.topic;
      refused = false;
    });
    O.live.on("refused", () => (refused = true));
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, touch, { passive: true, capture: true });
    setInterval(tick, TICK_MS);
    ask();
  });
  /** For whoever looks after the screens: what it is at besides its programme. */
  const doing = () => (call ? "alert" : way.stood ? "touched" : "");

  O.programme = { plan: () => plan, remembered: () => shown.size, doing };
})();
