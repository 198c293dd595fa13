/* Proof of life: says on the page when it is not what it should be, and tells the server how it is. A banner over the full
   width when all of it stands still, a line on each part that stands still alone; and a way to load anew that does not end
   on a proxy's error page. Needs the words and nothing else of the panels, so that it still speaks when they do not. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const ECHO_MS = { screen: 5000, desk: 30000 };  // screens are looked after; desks are many
  const PROBE_MS = [2000, 60000];
  const ANSWER_MAX_MS = 8000;
  const MAP_LATE_MS = 30000;
  const MAP_RELOAD_MS = [300000, 86400000];
  const MAP_WELL_MS = 1800000;
  const MAP_TRIES = "map_tries";
  const OURS = "react-entry-point";

  const RAISED = "raised";
  let told = {};           // from the frames: part → [why, as of]
  const broken = {};       // found here: part → as of
  const drawnAt = {};
  const marked = new Set();
  let echoedAt = -Infinity;
  let state = "";
  let firstHeap = null;
  let loaded = null;       // when the page was, by the server's clock
  let reloading = false;
  let mapSince = 0;        // since when the map stands still although the line is well; 0: it does not

  const now = () => O.age.now() ?? Date.now();

  /* ---- the whole page ---- */

  function banner(live) {
    const root = document.documentElement;
    root.dataset.life = live.state;
    const box = document.getElementById("banner");
    if (!box) return;
    box.hidden = live.state !== "down";
    if (box.hidden) return;
    const { h, text } = O.dom;
    if (!box.firstChild) box.replaceChildren(h("strong", { role: "status" }), h("span", {}));
    text(box.firstChild, O.words.t(live.signedOut ? "live.signed_out" : "live.banner"));
    const known = live.lastAt && { time: O.format.when(live.lastAt, O.panels.zone(), now()), age: O.format.age(live.ageMs) };
    if (live.signedOut) {
      const last = known ? [O.words.t("live.banner.last", known)] : [];
      return void text(box.lastChild, [O.words.t("live.signed_out.do"), ...last].join(" · "));
    }
    const since = O.words.t(known ? "live.banner.since" : "live.banner.never", known || {});
    text(box.lastChild, (live.why ? [O.words.t("live.why." + live.why), since] : [since]).join(" · "));
  }

  /* ---- its parts ---- */

  /** A part was drawn; one that could not be drawn is named with the time at which it was drawn last. */
  function drew(part) {
    drawnAt[part] = now();
    delete broken[part];
  }

  function broke(part) {
    if (!(part in broken)) broken[part] = drawnAt[part] || 0;
  }

  function boxOf(part) {
    const section = O.sections && O.sections[part];
    return document.getElementById(section ? section.box : "map-pane");
  }

  /** What raised stands still as a whole; where a source was not read in time, only what is made of it. */
  function said(part, [why, asOf]) {
    const name = part.startsWith("layer:") ? O.words.t("layer." + part.slice(6)) : "";
    const time = asOf ? O.format.when(asOf, O.panels.zone(), now()) : "";
    const text = why === RAISED
      ? O.words.t(asOf ? "life.part" : "life.part.never", { time })
      : O.words.t(asOf ? "life.source" : "life.source.never", { time });
    return name ? O.words.t("life.layer", { name, text }) : text;
  }

  /** The map is a part, too: it has stood still when what should be on it waits for too long, whatever the reason. */
  function watchMap(live) {
    const pane = document.getElementById("map-pane");
    const seen = pane && pane.offsetParent && !document.hidden;
    const behind = seen ? (O.map && O.map.behindMs ? O.map.behindMs() : performance.now()) : 0;
    if (behind > MAP_LATE_MS) broken.map = broken.map || now() - behind;
    else delete broken.map;
    if (O.account && O.account.me().screen) mendMap(live);
  }

  /** A screen whose map stands still although its line is well loads itself anew, which nobody else would do; ever more seldom
      while that does not help, and not while somebody follows something. */
  function mendMap(live) {
    const at = performance.now();
    if (!broken.map || live.state === "down") mapSince = 0;
    else mapSince = mapSince || at;
    if (!mapSince && at > MAP_WELL_MS) sessionStorage.removeItem(MAP_TRIES);
    const tries = Number(sessionStorage.getItem(MAP_TRIES));
    const wait = Math.min(MAP_RELOAD_MS[0] * 2 ** tries, MAP_RELOAD_MS[1]);
    if (!mapSince || at - mapSince < wait || live.state !== "live" || reloading || doing()) return;
    sessionStorage.setItem(MAP_TRIES, tries + 1);
    reload();
  }

  /** All parts that do not show what they should: part → [why, as of], 0 where there never was anything good. */
  function parts() {
    const all = { ...told };
    for (const [part, asOf] of Object.entries(broken)) all[part] = [RAISED, asOf];
    return all;
  }

  function mark() {
    const lines = new Map();
    for (const [part, fate] of Object.entries(parts())) {
      const box = boxOf(part);
      if (box) lines.set(box, [...(lines.get(box) || []), said(part, fate)]);
    }
    for (const box of marked) if (!lines.has(box)) O.dom.attr(box, "data-failed", null);
    marked.clear();
    for (const [box, texts] of lines) {
      O.dom.attr(box, "data-failed", O.words.list([...new Set(texts)]));
      marked.add(box);
    }
  }

  /** From a frame: what fails, and null for what is well again; a full frame names everything that fails. */
  function fails(changed, full) {
    told = full ? { ...changed } : { ...told, ...changed };
    for (const part of Object.keys(told)) if (told[part] === null) delete told[part];
  }

  /* ---- back to the server ---- */

  /** What a wall is at besides its programme. */
  const doing = () => (O.programme ? O.programme.doing() : "");

  function echo(live) {
    const at = performance.now();
    const every = O.account && O.account.me().screen ? ECHO_MS.screen : ECHO_MS.desk;
    if (at - echoedAt < every && live.state === state) return;
    const heap = performance.memory ? performance.memory.usedJSHeapSize : null;
    firstHeap = firstHeap ?? heap;
    if (loaded === null && live.serverNow) loaded = Math.round(live.serverNow - at);
    const told = { beat: live.beat, state: live.state, build: live.build || "", heap, heap0: firstHeap, loaded, doing: doing() };
    if (O.live.say({ k: "echo", ...told })) {
      echoedAt = at;
      state = live.state;
    }
  }

  /** Once a second, from the line. */
  function tick(live) {
    echo(live);
    watchMap(live);
    if (O.words && O.words.ready()) mark();
  }

  /* ---- loading anew ---- */

  /** Load the page anew, once the server answers with a page of ours: an error page would stay for ever. */
  async function reload() {
    if (reloading) return;
    reloading = true;
    for (let wait = PROBE_MS[0]; !(await answers()); wait = Math.min(2 * wait, PROBE_MS[1])) {
      await new Promise((done) => setTimeout(done, wait * (0.5 + Math.random() / 2)));
    }
    location.reload();
  }

  /** Whether the server has a page of ours for this address now. */
  async function answers() {
    try {
      const signal = AbortSignal.timeout(ANSWER_MAX_MS);
      const answer = await fetch(location.href, { cache: "no-store", headers: { accept: "text/html" }, signal });
      return answer.ok && (await answer.text()).includes(OURS);
    } catch (error) {
      return false;
    }
  }

  O.life = { banner, drew, broke, fails, parts, tick, answers, reload };
  (O.mounts = O.mounts || []).push(() => (O.started = true));
})();
