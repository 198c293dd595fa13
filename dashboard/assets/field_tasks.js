/* The tasks: each with what, where, until when, and the next step as one large button. What was done without a network
   counts as done here, so that the work goes on; the server has the last word. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  const STEPS = ["accept", "arrive", "report_back"];
  const open = new Map(); // code → whether its card is open, where somebody chose
  const taking = new Set();
  let drawn = "";

  /** A task as it will be when everything that waits has been taken: {state, acts, arrived, waits, photos}. */
  function presumed(task) {
    const its = F.sending.pending().filter((item) => item.code === task.code);
    const acts = its.filter((item) => item.kind === "act").map((item) => item.body.action);
    let state = task.state;
    for (const action of acts) state = F.told.acts[action] ? F.told.acts[action].to : state;
    const allowed = acts.length
      ? Object.entries(F.told.acts).filter(([, act]) => act.own === task.own && act.after.includes(state)).map(([name]) => name)
      : task.acts;
    const waits = F.sending.waiting().filter((item) => item.code === task.code && item.kind === "act").map((item) => item.body.action);
    return {
      state, acts: allowed, arrived: task.arrived || acts.includes("arrive"), waits,
      photos: its.filter((item) => item.kind === "photo"),
    };
  }

  /** Queue a step with its photos; a second tap on the same button is no second step. Whether it was kept. */
  async function send(unit, task, act, action, reason, photos, hours) {
    const tapped = task.code + " " + action;
    if (taking.has(tapped)) return false;
    taking.add(tapped);
    const body = { action, code: task.code, reason, until_h: hours || 0 };
    try {
      const step = { kind: "act", key: F.key(), at: F.now(), code: task.code, title: task.title, said: act.said, body, unit };
      return await F.sending.add(...photos.map((photo) => F.photo.item(task, act.photo, photo, unit)), step);
    } finally {
      taking.delete(tapped);
    }
  }

  /** What a button does: at once, or by way of a sheet where a reason or a photo goes with it. */
  function take(task, action) {
    const act = F.told.acts[action];
    const unit = F.told.unit.code; // whose step it is, though the link may end before it is sent
    if (!act.reason && !act.must && !act.photo) return send(unit, task, act, action, "", []).then(told);
    return F.sheet.step(unit, task, act, (reason, photos, hours) => send(unit, task, act, action, reason, photos, hours).then(told));
  }

  function told(kept) {
    const { online, out } = F.sending.state;
    if (kept) F.toast(F.t(online && !out ? "field.done" : "field.kept"));
    return kept;
  }

  /** Neither the way forward nor a question about time. */
  const givesUp = (act) => !act.leads && !act.spans.length;

  const goes = { accept: "check", report_back: "check", check: "check" };

  function buttons(task, will) {
    const { h, t, icon } = F;
    const unit = F.told.unit.code;
    const left = will.acts.filter((name) => !(name === "arrive" && will.arrived));
    const [first, ...others] = left.sort((a, b) => F.told.acts[b].leads - F.told.acts[a].leads);
    const make = (name, kind) =>
      h("button", { type: "button", class: kind, "data-act": name, onclick: () => take(task, name) }, kind === "main" && goes[name] && icon(goes[name]), h("span", {}, F.told.acts[name].said));
    const parts = first ? [make(first, "main")] : [];
    const more = others.map((name) => make(name, givesUp(F.told.acts[name]) ? "quiet no" : "quiet"));
    if (task.own && will.acts.includes("report_back")) more.unshift(F.photo.button(t("field.photo"), "quiet", (photo) => F.sending.add(F.photo.item(task, "before", photo, unit)).then(told)));
    if (more.length) parts.push(h("div", { class: "more" }, ...more));
    return parts.length ? h("div", { class: "acts" }, ...parts) : null;
  }

  function steps(task, will) {
    const { h, t } = F;
    if (!task.own) return null;
    const done = { accept: !["dispatched"].includes(will.state), arrive: Boolean(will.arrived), report_back: !["dispatched", "handling"].includes(will.state) };
    const line = STEPS.map((name) =>
      h("li", { class: done[name] ? "done" : "", "data-queued": will.waits.includes(name) ? t("field.to_send") : null }, h("i", {}), t("field.step." + name)));
    return h("ol", { class: "steps" }, ...line);
  }

  function photos(task, will) {
    const { h, t } = F;
    const here = will.photos.map((item) => {
      const label = t("photo_stage." + item.body.stage) + " · " + t("field.to_send");
      const img = h("img", { alt: label, src: URL.createObjectURL(new Blob([item.bytes], { type: "image/jpeg" })) });
      img.addEventListener("load", () => URL.revokeObjectURL(img.src));
      return h("span", { class: "thumb", "data-queued": t("field.to_send") }, img, h("small", {}, t("photo_stage." + item.body.stage)));
    });
    const sent = task.photos.map((photo) => {
      const label = t("photo_stage." + photo.stage) + " · " + F.when(photo.at);
      return h("button", { type: "button", class: "thumb", onclick: () => F.sheet.view("/photos/" + photo.id, label) }, F.photo.small(photo.id, label), h("small", {}, t("photo_stage." + photo.stage)));
    });
    return sent.length + here.length ? h("div", { class: "strip", "aria-label": t("field.photo") }, ...sent, ...here) : null;
  }

  function where(task) {
    const { h, t, icon } = F;
    const point = task.lat.toFixed(6) + "," + task.lon.toFixed(6);
    const apple = /iPhone|iPad/.test(navigator.userAgent);
    const go = apple ? "maps:?daddr=" + point : "geo:" + point + "?q=" + point + "(" + encodeURIComponent(task.title) + ")";
    const copy = async () => {
      // Without TLS a browser has no clipboard: the numbers are shown all the same.
      const done = await Promise.resolve(navigator.clipboard && navigator.clipboard.writeText(point).then(() => true)).catch(() => false);
      F.toast((done ? t("field.copied") + " " : "") + point);
    };
    return [
      h("div", { class: "map-box", "data-map": task.code }),
      h("p", { class: "way", "data-way": task.code }),
      h("div", { class: "more" }, h("a", { class: "quiet", href: go }, icon("route"), h("span", {}, t("field.navigate"))),
        h("button", { type: "button", class: "quiet", onclick: copy }, icon("copy"), h("span", {}, t("field.copy")))),
    ];
  }

  function card(task, first) {
    const { h, t, icon } = F;
    const will = presumed(task);
    const waits = task.own && !["dispatched", "handling"].includes(will.state);
    const shown = open.has(task.code) ? open.get(task.code) : first && !waits;
    const turn = () => {
      open.set(task.code, !shown);
      draw(true);
    };
    const head = h("button", { type: "button", class: "head", "aria-expanded": String(shown), onclick: turn },
      h("span", { class: "urgency" }, task.urgency_said),
      h("span", { class: "name" }, task.title),
      h("span", { class: "clock", "data-deadline": waits || task.deadline === null ? null : task.deadline }, waits ? F.told.states[will.state] : task.deadline === null ? t("field.no_deadline") : ""),
      h("span", { class: "place" }, (task.own && !task.lead ? t("field.assists") + " · " : "") + task.where), icon("more"));
    const said = task.said && h("p", { class: "said" }, h("strong", {}, task.said.act + " " + F.when(task.said.at)), " ", task.said.text);
    const body = shown && h("div", { class: "body" },
      task.note && h("p", { class: "note" }, task.note), said, steps(task, will), ...where(task), photos(task, will),
      h("p", { class: "fine" }, t("field.code", { code: task.code }) + (task.deadline === null ? "" : " · " + t("field.until", { time: F.when(task.deadline) }))),
      buttons(task, will));
    return h("article", { class: "task", "data-code": task.code, "data-urgency": task.urgency, "data-state": will.state }, head, body);
  }

  function group(title, tasks, lead) {
    if (!tasks.length) return [];
    return [F.h("h2", {}, title, " ", F.h("span", {}, String(tasks.length))), ...tasks.map((task, i) => card(task, lead && i === 0))];
  }

  /** Draw the tasks where anything about them differs from what is there. */
  function draw(anyhow) {
    const { h, t, at } = F;
    if (!F.told) return drawn || F.sending.state.out ? forget() : undefined;
    const now = JSON.stringify([F.told.tasks, F.sending.pending().filter((i) => i.kind !== "fix").map((i) => i.key), F.sending.waiting().length, F.told.unit && F.told.unit.code]);
    if (now === drawn && !anyhow) return;
    drawn = now;
    const waits = (task) => !["dispatched", "handling"].includes(presumed(task).state);
    const own = F.told.tasks.filter((task) => task.own);
    const work = own.filter((task) => !waits(task));
    const parts = [
      ...group(t("field.tasks"), work, true),
      ...group(t("field.waits"), own.filter(waits), false),
      ...group(t("field.checks"), F.told.tasks.filter((task) => !task.own), !work.length),
    ];
    const none = h("div", { class: "none" }, h("p", {}, t("field.none")), h("p", { class: "fine" }, t("field.none.why")));
    const held = touched();
    at("tasks").replaceChildren(...(work.length || !F.told.unit ? [] : [none]), ...parts);
    if (held) focus(held.code, held.act);
    places();
    tick();
    tidy();
  }

  /** Which button of which task has the focus, so that it can have it again. */
  function touched() {
    const card = document.activeElement && document.activeElement.closest("#tasks .task");
    return card ? { code: card.dataset.code, act: document.activeElement.dataset.act } : null;
  }

  /** Put the focus on a task: on a step, else on the next one, else on its head; on the page's top without the task. */
  function focus(code, act) {
    const card = document.querySelector(`.task[data-code="${CSS.escape(code)}"]`);
    const found = card && ((act && card.querySelector(`[data-act="${act}"]`)) || card.querySelector(".acts .main") || card.querySelector(".head"));
    (found || F.at("unit")).focus({ preventScroll: Boolean(found) });
  }

  /** What belongs to tasks that are gone is let go of. */
  function tidy() {
    const codes = new Set(F.told.tasks.map((task) => task.code));
    for (const code of open.keys()) if (!codes.has(code)) open.delete(code);
    F.photo.only(new Set(F.told.tasks.flatMap((task) => task.photos.map((photo) => photo.id))));
  }

  /** Nothing of a unit stays: neither what is seen nor what is held. */
  function forget() {
    drawn = "";
    open.clear();
    F.photo.only(new Set());
    F.at("tasks").replaceChildren();
  }

  /** Maps and distances, anew when the phone has moved. */
  function places() {
    const { here } = F.place.state;
    for (const task of F.told ? F.told.tasks : []) {
      const box = document.querySelector(`[data-map="${CSS.escape(task.code)}"]`);
      if (!box) continue;
      box.replaceChildren(F.map.draw(task, here));
      const way = here ? F.t("field.way", { way: F.place.way(here, task) }) : F.t("field.no_position");
      document.querySelector(`[data-way="${CSS.escape(task.code)}"]`).textContent = way + (task.placed ? "" : " · " + F.t("field.unplaced"));
    }
  }

  function tick() {
    for (const node of document.querySelectorAll("[data-deadline]")) {
      const left = Number(node.dataset.deadline) - F.now();
      node.classList.toggle("over", left < 0);
      node.classList.toggle("soon", left >= 0 && left < 18e5);
      node.textContent = F.t(left < 0 ? "field.over" : "field.left", { time: F.span(left) });
    }
  }

  F.tasks = { draw, places, tick, presumed, focus, givesUp };
})();
