/* The alerts that ask who looks at this desk: pinned over the right column until somebody answers, here or elsewhere. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});
  const SHOWN = 4;
  const ANSWERED = 2;
  const ANSWER_MAX_MS = 10000;
  const HEARD_MS = 5000;     // after an answer the frames tell that it ended
  const SHAPES = { red_event: "●", joint: "✚", yellow: "▲", red: "■", dark: "◆" };
  const waiting = new Map();
  const failed = new Map();
  const heard = new Set();   // what rang and was said
  let parts = null;
  let beat = 0;

  const me = () => Object.assign({ roles: [], unit: null }, O.account.me());
  const answers = () => me().roles.length > 0 && !me().screen && O.view.parse().page !== "wall";

  const mine = (roles) => roles.some((role) => me().roles.includes(role));
  const byRole = (row) => mine(row.asked.map(([role]) => role));
  const byUnit = (row) => row.unit !== null && row.unit === me().unit;

  /** Whether an alert asks this account; the service has the last word. */
  const asks = (row) => byRole(row) || byUnit(row);

  function own() {
    const value = O.panels.value("alerts");
    const rows = value ? value.rows.filter(asks) : [];
    return { standing: rows.filter((row) => !row.end), ended: rows.filter((row) => row.end) };
  }

  /** How many alerts stand, and how many of them ask this account, shown or not. */
  function counted(kinds, standing) {
    const sum = (some) => some.reduce((n, kind) => n + kind[2], 0);
    return { all: sum(kinds), own: sum(kinds.filter(([, roles]) => mine(roles))) + standing.filter((row) => !byRole(row)).length };
  }

  /* Answer one alert; every desk hears of it with the next frame. */
  async function acknowledge(id) {
    if (waiting.has(id)) return;
    waiting.set(id, true);
    failed.delete(id);
    redraw();
    let refused = "";
    try {
      const answer = await window.fetch("/api/v1/alerts/" + id + "/acknowledge", { method: "POST", signal: AbortSignal.timeout(ANSWER_MAX_MS) });
      if (!answer.ok) refused = answer.status === 403 || answer.status === 404 ? "alert.refused" : "alert.failed";
    } catch (_) {
      refused = "alert.failed";
    }
    if (refused) {
      waiting.delete(id);
      failed.set(id, refused);
    } else setTimeout(() => waiting.delete(id) && redraw(), HEARD_MS);
    redraw();
  }

  /** Answer what stands at the top. */
  function acknowledgeFirst() {
    const first = own().standing.find((row) => !waiting.has(row.id));
    if (first) acknowledge(first.id);
  }

  function build(box) {
    const { h } = O.dom;
    parts = {
      title: h("h2", {}), n: h("a", { class: "alerts-n", hidden: true }), bell: h("button", { type: "button", class: "bell" }),
      rows: h("ol", { class: "alerts-rows" }), ended: h("ul", { class: "alerts-ended", "aria-live": "polite" }),
      // Rows count seconds: what is to be heard at once, once, is said beside them.
      told: h("p", { class: "alerts-told", "aria-live": "assertive" }),
      note: h("span", {}), every: h("a", { class: "alerts-every" }), past: h("a", { class: "alerts-past", href: "/alerts" }), desk: O.alertsDesk.build(),
    };
    parts.bell.addEventListener("click", () => {
      if (O.bell.state() === "blocked") O.bell.wake();
      else if (!O.bell.justWoken()) parts.desk.hidden = !parts.desk.hidden;
      redraw();
    });
    box.replaceChildren(
      h("div", { class: "alerts-head" }, parts.title, parts.n, h("span", { class: "gap" }), parts.bell), parts.desk, parts.told,
      parts.rows, parts.ended, h("div", { class: "alerts-foot" }, parts.note, parts.every, parts.past)
    );
  }

  function makeRow() {
    const { h } = O.dom;
    const p = {
      shape: h("b", { class: "alert-shape", "aria-hidden": "true" }), name: h("a", { class: "alert-name" }), time: h("time", {}),
      place: h("span", { class: "alert-place" }), asked: h("span", { class: "alert-asked" }), said: h("span", { class: "alert-said", role: "status" }),
      button: h("button", { type: "button", class: "button alert-button" }),
    };
    const node = h("li", { class: "alert" }, h("div", { class: "alert-line" }, p.shape, p.name, p.time),
      h("div", { class: "alert-line" }, p.place, p.button), p.asked, p.said);
    p.button.addEventListener("click", () => acknowledge(Number(node.dataset.key)));
    node.parts = p;
    return node;
  }

  function askedOf(row, now) {
    const names = row.asked.map(([, name]) => name);
    if (row.unit !== null) names.unshift(O.words.t("alert.unit"));
    const asked = O.words.t("alert.asked", { who: O.words.list(names) });
    if (!row.next) return asked;
    const time = O.format.span(Math.max(0, row.next[1] - now));
    return asked + " · " + O.words.t("alert.next", { time, who: O.words.list(row.next[0].map(([, name]) => name)) });
  }

  const called = (row) => O.words.t(row.trigger === "red_event" ? "urgency." + row.urgency : "alert.trigger." + row.trigger) + " · " + row.what;

  /* What begins to ring is said once; the row beneath has the rest. */
  function tell(ringing) {
    const fresh = ringing.filter((row) => !heard.has(row.id));
    for (const row of fresh) heard.add(row.id);
    if (fresh.length) O.dom.text(parts.told, fresh.map((row) => called(row) + " · " + row.place).join("; "));
    else if (!ringing.length) O.dom.text(parts.told, "");
  }

  function drawRow(node, row, i) {
    const { text, attr, link } = O.dom;
    const p = node.parts;
    const now = O.panels.now();
    attr(node, "data-trigger", row.trigger);
    text(p.shape, SHAPES[row.trigger]);
    text(p.name, called(row));
    attr(link(p.name, O.view.withParam("selected", "event:" + row.code)), "title", row.what + " · " + row.code);
    text(p.time, O.format.span(Math.max(0, now - row.at)));
    attr(text(p.place, row.place.replaceAll(" · ", "·")), "title", row.place);
    const asked = askedOf(row, now);
    attr(text(p.asked, asked), "title", asked);
    text(p.said, failed.has(row.id) ? O.words.t(failed.get(row.id)) : "");
    text(p.button, O.words.t(waiting.has(row.id) ? "alert.waiting" : "alert.acknowledge"));
    p.button.disabled = waiting.has(row.id);
    attr(p.button, "data-key-hint", i === 0 && !waiting.has(row.id) ? "A" : null);
    attr(p.button, "aria-keyshortcuts", i === 0 ? "a" : null);
  }

  function drawEnded(node, row) {
    const [at, how, who] = row.end;
    const time = O.format.when(at, O.panels.zone(), O.panels.now());
    O.dom.text(node.firstChild, row.what);
    const said = O.words.t("alert.by", { who, how: O.words.t("alert.answer." + how), time });
    O.dom.attr(O.dom.text(node.lastChild, said), "title", said);
  }

  function drawBell() {
    const { text, attr } = O.dom;
    const state = O.bell.state();
    attr(parts.bell, "data-state", state);
    attr(parts.bell, "aria-expanded", state === "blocked" ? null : String(!parts.desk.hidden));
    attr(text(parts.bell, O.words.t("bell." + state)), "title", O.words.t(state === "blocked" ? "bell.blocked.why" : "bell.title"));
    O.alertsDesk.draw(parts.desk);
  }

  /** The way from a number to its alerts. */
  function record(node, which) {
    O.dom.attr(node, "href", "/alerts?" + new URLSearchParams({ which, area: O.view.parse().area }));
    O.dom.attr(node, "title", O.words.t("alert.open." + which));
  }

  function draw(value, box) {
    const { h, text, attr, rows } = O.dom;
    const here = answers();
    if (!parts) build(box);
    const { standing, ended } = own();
    box.hidden = !here;
    for (const id of waiting.keys()) if (!standing.some((row) => row.id === id)) waiting.delete(id);
    const ringing = here ? standing.filter((row) => row.rings) : [];
    const loud = ringing.length > 0;
    attr(box, "data-ringing", String(loud));
    O.bell.ring(loud);
    clearTimeout(beat);
    tell(ringing);
    if (!here) return;
    text(parts.title, O.words.t("alert.title"));
    attr(box, "aria-label", O.words.t("alert.title"));
    const { all, own: asked } = counted(value.standing, standing);
    text(parts.n, O.format.number(asked));
    parts.n.hidden = !asked;
    record(parts.n, "mine");
    drawBell();
    rows(parts.rows, standing.slice(0, SHOWN), (row) => row.id, makeRow, drawRow);
    rows(parts.ended, ended.slice(0, ANSWERED), (row) => row.id, () => h("li", {}, h("span", {}), h("span", {})), drawEnded);
    const elsewhere = all > asked && me().read_alerts;
    const notes = [asked || elsewhere ? "" : O.words.t("alert.none")];
    if (asked > SHOWN) notes.push(O.words.t("alert.more", { n: O.format.number(asked - SHOWN) }));
    const note = notes.filter(Boolean).join(" · ");
    attr(text(parts.note, note), "title", note).hidden = !note;
    text(parts.every, O.words.t("alert.every", { n: O.format.number(all) }));
    parts.every.hidden = !elsewhere;
    record(parts.every, "standing");
    text(parts.past, O.words.t("alert.past"));
    parts.past.hidden = !me().read_alerts;
    beat = setTimeout(redraw, 1000);
  }

  /** Once more, with what the frames said last. */
  function redraw() {
    const box = document.getElementById("alerts");
    const value = O.panels.value("alerts");
    if (box && value && O.words.ready()) draw(value, box);
    else if (box && !value) box.hidden = true;
  }

  sections.alerts = { box: "alerts", draw };
  O.alerts = { redraw, answers, acknowledgeFirst };
  (O.mounts = O.mounts || []).push(() => O.view.onChange(redraw));
})();
