/* Delivery: what was done is first kept, then sent, one after the other in the order in which it was done. What the
   server has taken leaves the queue; what it refuses is shown until somebody has read it; all else waits. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  const PATHS = { act: "/field/act", sign: "/field/sign", photo: "/field/photo", fix: "/field/positions" };
  const AGAIN_MS = [2000, 5000, 10000, 20000];
  const GIVE_UP_MS = 30000;
  const PHOTO_GIVE_UP_MS = 300000; // half a megabyte over a bad line
  const FIXES_AT_ONCE = 120;
  const GOES_ON = new Set([400, 404, 405, 411, 413, 414, 415, 422]); // asking again would not change the answer
  const LOCK = "onescreen-field-sending";
  // ``settled``: taken by the server, but the tasks that are shown were asked for before that. ``known``: the server has
  // said whose phone this is; before that nothing is sent. ``note``: what the holder has to know, until it is read.
  const state = { queue: [], refused: [], settled: [], busy: false, out: false, online: true, known: false, note: "" };
  let failures = 0;
  let again = 0;

  async function look() {
    try {
      [state.queue, state.refused] = await Promise.all([F.store.queue(), F.store.refused()]);
    } catch {
      // A phone that keeps nothing says so when something is to be kept.
    }
    F.changed();
  }

  /** Keep some items, all or none, and send them as soon as that is possible; whether they were kept. */
  async function add(...items) {
    try {
      await F.store.add(items.map((item) => ({ ...item, unit: item.unit || F.told.unit.code })));
    } catch {
      if (items.some((item) => item.kind !== "fix")) note(F.t("field.storage"));
      return false;
    }
    if (state.note === F.t("field.storage")) state.note = "";
    await look();
    const gone = F.place.thinned(state.queue);
    if (gone.length) await F.store.done(gone).catch(() => {}); // the next one thins them; these items are kept
    soon(0);
    return true;
  }

  function note(text) {
    state.note = text;
    F.changed();
  }

  function soon(ms) {
    clearTimeout(again);
    again = setTimeout(deliver, ms);
  }

  /** Send what waits. Of several open pages only one sends at a time. */
  async function deliver() {
    if (state.busy || !state.known) return;
    state.busy = true;
    try {
      if (navigator.locks) await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => lock && all());
      else await all();
    } catch {
      failures += 1; // the phone's own storage failed: the server knows a repeat by its key
    } finally {
      state.busy = false;
      await look();
    }
    if (state.known && state.queue.length) soon(AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]);
  }

  async function all() {
    for (let queue = await F.store.queue(), sent = 0; queue.length; queue = await F.store.queue(), sent += 1) {
      const items = queue[0].kind === "fix" ? leading(queue) : [queue[0]];
      const answer = await post(items);
      if (!answer) {
        failures += 1;
        return;
      }
      failures = 0;
      if (answer.status === "refused" && items[0].kind !== "fix") {
        await F.store.refuse(items[0], answer.said || "");
      } else {
        if (items[0].kind !== "fix") state.settled.push(items[0]);
        await F.store.done(items);
      }
      await look();
      if (items[0].kind !== "fix") F.start.refresh(0);
    }
  }

  /** The positions at the head of the queue: they go together. */
  function leading(queue) {
    const end = queue.findIndex((item) => item.kind !== "fix" || item.unit !== queue[0].unit);
    return queue.slice(0, Math.min(end < 0 ? queue.length : end, FIXES_AT_ONCE));
  }

  function asked(items) {
    const [item] = items;
    if (item.kind === "fix") return { body: JSON.stringify({ unit: item.unit, fixes: items.map((one) => one.body) }), headers: { "content-type": "application/json" } };
    const told = JSON.stringify({ unit: item.unit, key: item.key, at: Math.round(item.at), ...item.body });
    if (item.kind !== "photo") return { body: told, headers: { "content-type": "application/json" } };
    return { body: item.bytes, headers: { "content-type": "image/jpeg", "x-photo": told } };
  }

  /** The server's answer; null where there is none that would stand: it is tried again later. */
  async function post(items) {
    const giveUp = AbortSignal.timeout(items[0].kind === "photo" ? PHOTO_GIVE_UP_MS : GIVE_UP_MS);
    try {
      const answer = await fetch(PATHS[items[0].kind], { method: "POST", signal: giveUp, redirect: "error", ...asked(items) });
      const out = answer.status === 401 || answer.status === 403;
      state.online = answer.ok || out || GOES_ON.has(answer.status);
      if (state.online) state.out = out;
      state.known = state.known && !state.out;
      if (answer.ok) return await answer.json();
      F.build.heard(answer.headers.get("x-build"));
      if (!GOES_ON.has(answer.status) || F.build.old()) return null;
      const told = answer.status === 422 ? await answer.json() : {};
      return { status: "refused", said: told.said || F.t("field.refused.other") };
    } catch {
      state.online = false;
      return null;
    }
  }

  F.sending = {
    state, add, look, note,
    now: () => soon(0),
    dismiss: (key) => F.store.dismiss(key).then(look),
    /** What was done and does not show in the tasks yet. */
    pending: () => {
      const waiting = new Set(state.queue.map((item) => item.key));
      return [...state.settled.filter((item) => !waiting.has(item.key)), ...state.queue];
    },
    /** Tasks came that were asked for when these had been taken. */
    shown: (items) => (state.settled = state.settled.filter((item) => !items.includes(item))),
    /** What waits of what people did; positions come and go by themselves. */
    waiting: () => state.queue.filter((item) => item.kind !== "fix"),
  };
})();
