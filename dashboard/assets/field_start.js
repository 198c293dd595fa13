/* The page: what the phone kept is shown at once, then the server is asked: when its line says that something is new, and
   now and then while somebody looks. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  const EVERY_MS = 8000; // without a line
  const LINE_MS = 30000; // with one
  const OUT_MS = 60000;
  const FAILED_MS = [8000, 15000, 30000];
  const GIVE_UP_MS = 12000;
  const KEPT_MS = 3000; // so long the server may take to say whose phone this is before what was kept is shown
  const SHAKE_MS = [200, 100, 200];
  let next = 0;
  let due = Infinity;
  let asking = false;
  let failures = 0;
  let installing = null;
  let tag = ""; // of the tasks that are shown: the server answers in a word while nothing is new
  let owner = ""; // the unit whose phone this is, as far as the server has said it

  /** Ask for the tasks, soon; `ms` from now, else when it is time. What is to come earlier stays. */
  function refresh(ms) {
    const at = Date.now() + (ms === undefined ? pause() : ms);
    if (at >= due) return;
    clearTimeout(next);
    due = at;
    next = setTimeout(ask, at - Date.now());
  }

  function pause() {
    const { out, online } = F.sending.state;
    if (out) return OUT_MS;
    if (!online) return FAILED_MS[Math.min(failures, FAILED_MS.length - 1)];
    return F.line.alive() ? LINE_MS : EVERY_MS;
  }

  async function ask() {
    clearTimeout(next);
    due = Infinity;
    if (asking) return refresh(300);
    if (document.hidden && !F.line.alive()) return undefined; // whoever looks again asks again
    asking = true;
    const { state } = F.sending;
    const settled = state.settled.slice();
    const before = state.online;
    try {
      const headers = { accept: "application/json", "if-none-match": tag };
      const answer = await fetch("/field/tasks", { signal: AbortSignal.timeout(GIVE_UP_MS), redirect: "error", cache: "no-store", headers });
      const out = answer.status === 401 || answer.status === 403;
      if (!answer.ok && answer.status !== 304 && !out) throw new Error("what stands before the server answers, not the server");
      state.out = out;
      await (out ? forget() : heard(answer, settled));
      state.online = true;
      failures = 0;
      if (state.known && (!before || state.queue.length)) F.sending.now();
    } catch {
      state.online = false;
      failures += 1;
    } finally {
      asking = false;
    }
    F.line.want(state.known && Boolean(F.told.unit));
    F.changed();
    if (!document.hidden) refresh();
    return undefined;
  }

  /** An answer came: with other tasks, or with none that are new. The server's clock is in it. */
  async function heard(answer, settled) {
    const now = Number(answer.headers.get("x-now"));
    F.offset = now - Date.now();
    if (answer.ok) await renew(await answer.json());
    tag = answer.headers.get("etag") || "";
    F.told.heard = now;
    F.sending.state.known = true;
    F.sending.shown(settled);
    await F.store.tried("told", F.told);
    await F.store.tried("offset", F.offset);
  }

  /** Other tasks, and perhaps of another unit than this phone was of. */
  async function renew(told) {
    const code = unitOf(told);
    const same = F.told && unitOf(F.told) === code;
    F.build.heard(told.build);
    if (!same) clear(code);
    if (code !== owner) {
      const lost = await F.store.belong(code).catch(() => 0);
      if (lost) F.sending.note(F.t("field.former", { n: lost }));
      await F.sending.look();
      owner = code;
    }
    if (same) arrived(told);
    take(told);
  }

  const unitOf = (told) => (told.unit ? told.unit.code : "");

  function arrived(told) {
    const known = new Set(F.told.tasks.map((task) => task.code));
    const come = told.tasks.filter((task) => task.own && !known.has(task.code));
    if (!come.length) return;
    F.toast(F.t("field.new", { what: F.list(come.map((task) => task.title)) }));
    if (navigator.vibrate && navigator.userActivation && navigator.userActivation.hasBeenActive) navigator.vibrate(SHAKE_MS);
  }

  /** The link has ended: what belongs to the unit goes from the phone; what was not sent yet stays. */
  async function forget() {
    clear();
    F.sending.state.known = false;
    await F.store.forget("told");
  }

  /** Nothing of the unit that this phone was of stays on the page: tasks, photos, the way. `unit`: whose it is now. */
  function clear(unit) {
    F.told = null;
    tag = owner = "";
    F.sending.state.settled = [];
    F.sending.state.note = "";
    F.place.follow(false);
    F.sheet.forget(unit);
  }

  function take(told) {
    F.told = told;
    F.zone = told.zone;
  }

  /** What the phone kept, unless the server has said meanwhile what there is. */
  function recall(kept) {
    if (!kept || F.told || F.sending.state.out) return;
    take(kept);
    F.changed();
  }

  function frame() {
    const { h, t, at } = F;
    const { state } = F.sending;
    const n = F.sending.waiting().length;
    if (!n && document.activeElement === at("waiting")) at("unit").focus({ preventScroll: true });
    at("waiting").hidden = !n;
    at("waiting").textContent = t("field.waiting", { n });
    const net = at("net");
    net.hidden = state.online && !state.out;
    net.dataset.out = String(state.out);
    const since = F.told && F.told.heard ? t("field.late", { time: F.when(F.told.heard) }) : "";
    const told = net.hidden ? "" : t(state.out ? "field.signed_out" : "field.offline");
    if (told !== net.dataset.told) F.speak((net.dataset.told = told));
    if (state.out) net.replaceChildren(t("field.signed_out") + " ", h("a", { href: "/login?next=%2Ffield" }, t("field.come_in")));
    else net.replaceChildren(h("strong", {}, t("field.offline")), h("span", {}, t("field.offline.why")), h("small", {}, since));
    const unit = F.told && F.told.unit;
    at("unit").textContent = unit ? unit.call_sign : t("field.title");
    at("home").textContent = unit ? unit.home : at("home").dataset.city;
    const refused = F.told ? state.refused : []; // whose phone this is has to be known first
    const keys = JSON.stringify([state.note, refused.map((item) => item.key)]);
    if (at("refused").dataset.keys !== keys) {
      at("refused").dataset.keys = keys;
      const before = at("refused").childElementCount;
      at("refused").replaceChildren(...(state.note ? [notice(state.note)] : []), ...refused.map(refusal));
      if (at("refused").childElementCount > before) at("refused").scrollIntoView(); // else nobody sees it further down
    }
  }

  function notice(text) {
    const { h, t } = F;
    return h("article", { class: "no" }, h("p", {}, h("strong", {}, text)),
      h("button", { type: "button", class: "quiet", onclick: () => F.sending.note("") }, t("field.dismiss")));
  }

  function refusal(item) {
    const { h, t } = F;
    return h("article", { class: "no" },
      h("p", {}, h("strong", {}, t("field.refused") + " · " + item.said), h("small", {}, F.when(item.at) + " " + (item.title || ""))),
      h("p", {}, item.why),
      h("button", { type: "button", class: "quiet", onclick: () => F.sending.dismiss(item.key) }, t("field.dismiss")));
  }

  function draw() {
    frame();
    F.duty.draw();
    F.tasks.draw(false);
  }

  async function begin() {
    F.onChange(draw);
    F.line.begin();
    F.photo.begin();
    F.sheet.begin();
    F.place.moved = () => {
      F.duty.tick();
      F.tasks.places();
    };
    F.at("waiting").addEventListener("click", F.sheet.waiting);
    F.at("about").addEventListener("click", F.duty.about);
    window.addEventListener("online", () => refresh(0));
    window.addEventListener("offline", () => ((F.sending.state.online = false), F.changed()));
    document.addEventListener("visibilitychange", () => !document.hidden && refresh(0));
    window.addEventListener("beforeinstallprompt", (event) => {
      event.preventDefault();
      installing = event;
      F.at("install").hidden = false;
    });
    F.at("install").addEventListener("click", () => installing && installing.prompt());
    setInterval(() => (F.tasks.tick(), F.duty.tick(), F.line.tick(), F.build.tick()), 1000);
    if ("serviceWorker" in navigator) {
      const build = document.body.dataset.build;
      navigator.serviceWorker.register("/field/worker.js?v=" + encodeURIComponent(build), { scope: "/field" }).catch(() => {});
    }
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
    const first = ask();
    const [offset, kept] = await Promise.all(["offset", "told"].map((name) => F.store.get(name).catch(() => undefined)));
    if (F.offset === undefined) F.offset = offset || 0;
    await F.sending.look();
    await Promise.race([first, new Promise((done) => setTimeout(done, KEPT_MS))]);
    recall(kept);
  }

  F.start = { refresh };
  document.addEventListener("DOMContentLoaded", begin);
})();
