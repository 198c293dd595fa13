/* The board of units: who is where, what it does since when, how old its fix is, and whether it is where it should be. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const CODE = 0, SIGN = 1, KIND = 2, STATUS = 3, STATE = 4, SINCE = 5, FRESH = 6, FIX = 7, LOAD = 8, HOME = 9, AWAY = 10, ROSTER = 11, LON = 12, LAT = 13;
  const SORTS = ["attention", "fix", "load", "since", "name"];
  const STATUSES = ["on_duty", "en_route", "on_scene", "busy", "break", "off_duty"];
  const FRESHNESS = ["live", "stale", "lost"];
  const KINDS = ["grid_post", "enforcement", "mediation", "emergency", "property"];
  const GROUPS = [["status", STATUSES, "unit_status."], ["fresh", FRESHNESS, "freshness."], ["kind", KINDS, "unit_kind."]];
  const FILTERS = ["status", "fresh", "kind", "roster", "on", "unit"];
  const t = (key, values) => O.words.t(key, values);
  let b = null;
  let p = null;

  const selected = () => O.view.param("selected").replace(/^unit:|^\w+:.*/, "");

  function build() {
    const { h } = O.dom;
    const find = O.board.finder("unit", "units");
    p = {
      title: h("h2", {}), total: h("span", { class: "desk-total" }), clear: h("a", { class: "board-clear" }),
      rate: h("b", { class: "post-rate" }), present: h("a", {}), due: h("a", {}), none: h("span", {}), name: h("span", { class: "post-name" }),
      absent: h("a", { class: "chip post-absent" }), leave: h("a", { class: "chip" }),
      text: find.field, sort: O.board.chooser("sort", SORTS, () => "attention"), save: O.board.exporter("units"),
    };
    p.rated = h("span", { class: "post-of" }, p.present, h("i", {}, " / "), p.due);
    p.post = h("div", { class: "post" }, p.name, p.rate, p.rated, p.none, h("div", { class: "gap" }), p.absent, p.leave);
    p.groups = GROUPS.map(([name]) => h("div", { class: "board-group", role: "group", "data-group": name }));
    b = O.board.board({
      page: "units", height: 4.1, key: (row) => row[CODE], make, update, open, drawHead,
      head: [
        h("div", { class: "desk-head" }, p.title, p.total, h("div", { class: "gap" }), p.clear), p.post, ...p.groups,
        h("div", { class: "desk-tools" }, find.node, p.sort),
      ],
      foot: p.save.node,
    });
  }

  function make() {
    const { h } = O.dom;
    const parts = {
      sign: h("span", { class: "row-name" }), code: h("span", { class: "unit-code" }), state: h("span", { class: "unit-state" }),
      since: h("span", { class: "unit-since" }), place: h("span", { class: "row-place" }), load: h("span", { class: "unit-load" }),
      fix: h("span", { class: "unit-fix" }), roster: h("span", { class: "unit-roster" }),
    };
    const node = h("div", { class: "unit" }, h("i", { class: "unit-mark" }),
      h("div", { class: "row-line" }, parts.sign, parts.code, parts.roster, parts.state, parts.since),
      h("div", { class: "row-line" }, parts.place, parts.load, parts.fix));
    node.parts = parts;
    return node;
  }

  function fixText(row, now) {
    if (!row[FRESH]) return "";
    const word = t("freshness." + row[FRESH]);
    return row[FIX] === null ? t("units.fix.none", { word }) : t("units.fix", { word, age: O.format.age(Math.max(1e4, now - row[FIX])) });
  }

  function update(node, row) {
    const { text, attr } = O.dom;
    const n = node.parts;
    const now = O.panels.now();
    attr(node, "data-status", row[STATE]);
    attr(node, "data-fresh", row[FRESH] || null);
    attr(node, "data-open", row[CODE] === selected());
    attr(node, "data-key", row[CODE]);
    text(n.sign, row[SIGN]);
    text(n.code, row[CODE]);
    text(n.state, row[STATUS]);
    text(n.since, O.format.age(Math.max(1e4, now - row[SINCE])));
    const where = row[KIND] + " · " + row[HOME] + (row[AWAY] ? " · " + t("units.away", { area: row[AWAY] }) : "");
    attr(text(n.place, where), "title", where);
    text(n.load, row[LOAD] ? t("units.load", { n: row[LOAD] }) : "");
    text(n.fix, fixText(row, now));
    text(n.roster, row[ROSTER] ? t("units.roster." + row[ROSTER]) : t("units.unplanned"));
    attr(n.roster, "data-roster", row[ROSTER] || "none");
    attr(node, "aria-label", [row[SIGN], row[STATUS], n.fix.textContent, where, n.roster.textContent].filter(Boolean).join(", "));
  }

  function open(row) {
    O.view.go(O.view.withParam("selected", "unit:" + row[CODE]));
    if (row[LON] !== null) O.map.goTo(row[LON], row[LAT]);
    b.list.refresh();
  }

  /** Who is on post, of whom; null while that is not known. */
  function drawPost(known) {
    const post = known || { rostered: 0, due: 0, present: 0, leave: 0 };
    const { text, attr, link } = O.dom;
    const chosen = O.view.param("roster");
    text(p.name, t("units.post"));
    attr(p.post, "title", t("units.post.why"));
    text(p.rate, post.due ? O.format.percent(post.present, post.due) + "%" : O.format.NONE);
    attr(p.rated, "hidden", !post.rostered);
    text(p.none, !known || post.rostered ? "" : t("units.post.none"));
    const numbers = [[p.present, "present", post.present], [p.due, "due", post.due], [p.absent, "absent", post.due - post.present], [p.leave, "leave", post.leave]];
    for (const [node, roster, n] of numbers) {
      const plain = node === p.present || node === p.due;
      attr(text(node, plain ? O.format.number(n) : t("units.post." + roster, { n: O.format.number(n) })), "title", t("units.roster." + roster));
      attr(link(node, O.view.withParam("roster", chosen === roster ? "" : roster)), "data-on", chosen === roster);
      attr(node, "hidden", !post.rostered);
    }
  }

  function drawGroup(node, [name, values, prefix], counts) {
    const { h, text, attr, link, rows } = O.dom;
    const chosen = new Set(O.view.several(name));
    attr(node, "aria-label", t("units." + name));
    const make = () => h("a", { class: "sort", role: "checkbox" }, h("i", {}), h("span", {}), h("b", {}));
    rows(node, values, (v) => v, make, (a, value) => {
      text(a.children[1], t(prefix + value));
      text(a.children[2], counts ? O.format.number(counts[name][value] || 0) : O.format.NONE);
      attr(a, "data-zero", Boolean(counts) && !counts[name][value]);
      attr(link(a, O.view.toggled(name, value)), "aria-checked", String(chosen.has(value)));
    });
  }

  function drawHead(board) {
    const { text, attr, link } = O.dom;
    const now = board.answer;
    text(p.title, t("units.title"));
    text(p.total, now ? t("units.total", { n: O.format.number(now.total) }) : "");
    const filtered = FILTERS.some((name) => O.view.param(name));
    attr(link(text(p.clear, t("units.clear")), O.view.without(FILTERS)), "hidden", !filtered);
    drawPost(now && now.counts ? now.counts.post : null);
    GROUPS.forEach((group, i) => drawGroup(p.groups[i], group, now && now.counts));
    if (document.activeElement !== p.text) p.text.value = O.view.param("unit");
    attr(attr(p.text, "placeholder", t("units.text")), "aria-label", t("units.text"));
    for (const option of p.sort.children) text(option, t("units.sort." + option.value));
    p.sort.value = O.view.param("sort") || "attention";
    attr(p.sort, "aria-label", t("units.sort"));
    board.list.label(t("units.title"));
    board.say("units.empty", "units.wait");
    p.save.draw(now ? now.total : 0, now && now.export_max);
  }

  (O.boards = O.boards || []).push(build);
})();
