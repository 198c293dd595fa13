/* The list of grids: which were walked when, which are due with this shift and until when, and the area's coverage. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const CODE = 0, NAME = 1, KIND = 2, STATE_TEXT = 3, STATE = 4, PLACE = 5, LAST = 6, UNTIL = 7, EVERY = 8, INSIDE = 9, NEED = 10, MET = 11, LON = 12, LAT = 13;
  const SORTS = ["oldest", "due", "code"];
  const STATES = ["missing", "covered", "later", "ahead"];
  const FILTERS = ["walk", "type", "due", "grid"];
  const t = (key, values) => O.words.t(key, values);
  let b = null;
  let p = null;

  const selected = () => O.view.param("selected").replace(/^area:|^\w+:.*/, "");

  function build() {
    const { h } = O.dom;
    const find = O.board.finder("grid", "grids");
    p = {
      title: h("h2", {}), total: h("span", { class: "desk-total" }), clear: h("a", { class: "board-clear" }),
      name: h("span", { class: "post-name" }), rate: h("b", { class: "post-rate" }), covered: h("a", {}), due: h("a", {}), none: h("span", {}),
      missing: h("a", { class: "chip post-absent" }), text: find.field, sort: O.board.chooser("sort", SORTS, () => "oldest"), save: O.board.exporter("grids"),
    };
    p.rated = h("span", { class: "post-of" }, p.covered, h("i", {}, " / "), p.due);
    p.post = h("div", { class: "post" }, p.name, p.rate, p.rated, p.none, h("div", { class: "gap" }), p.missing);
    p.walk = h("div", { class: "board-group", role: "group", "data-group": "walk" });
    p.type = h("div", { class: "board-group", role: "group", "data-group": "type" });
    b = O.board.board({
      page: "grids", height: 4.1, key: (row) => row[CODE], make, update, open, drawHead,
      head: [
        h("div", { class: "desk-head" }, p.title, p.total, h("div", { class: "gap" }), p.clear), p.post, p.walk, p.type,
        h("div", { class: "desk-tools" }, find.node, p.sort),
      ],
      foot: p.save.node,
    });
  }

  function make() {
    const { h } = O.dom;
    const parts = {
      name: h("span", { class: "row-name" }), code: h("span", { class: "unit-code" }), state: h("span", { class: "grid-state" }),
      since: h("span", { class: "grid-since" }), place: h("span", { class: "row-place" }), inside: h("span", { class: "unit-since" }),
      until: h("span", { class: "unit-since" }),
    };
    const node = h("div", { class: "unit grid" }, h("i", { class: "unit-mark" }),
      h("div", { class: "row-line" }, parts.name, parts.code, parts.state, parts.since),
      h("div", { class: "row-line" }, parts.place, parts.inside, parts.until));
    node.parts = parts;
    return node;
  }

  function update(node, row) {
    const { text, attr } = O.dom;
    const n = node.parts;
    const now = O.panels.now();
    attr(node, "data-walk", row[STATE]);
    attr(node, "data-open", row[CODE] === selected());
    attr(node, "data-key", row[CODE]);
    text(n.name, row[NAME]);
    text(n.code, row[CODE]);
    text(n.state, row[STATE_TEXT]);
    text(n.since, row[LAST] === null ? t("grids.never") : t("grids.since", { age: O.format.age(Math.max(1e4, now - row[LAST])) }));
    const where = [row[KIND], row[EVERY], row[PLACE]].filter(Boolean).join(" · ");
    attr(text(n.place, where), "title", where);
    text(n.inside, row[MET] ? "" : t("grids.inside", { n: row[INSIDE], need: row[NEED] }));
    text(n.until, row[MET] ? "" : t("grids.until", { time: O.format.when(row[UNTIL], O.panels.zone(), now) }));
    attr(node, "aria-label", [row[NAME], row[STATE_TEXT], n.since.textContent, where, n.until.textContent].filter(Boolean).join(", "));
  }

  function open(row) {
    O.view.go(O.view.withParam("selected", "area:" + row[CODE]));
    O.map.goTo(row[LON], row[LAT]);
    b.list.refresh();
  }

  /** The address with other states; none of them: all. */
  const only = (state) => O.view.withParam("walk", O.view.param("walk") === state ? "" : state);

  function drawRate(known) {
    const { text, attr, link } = O.dom;
    const now = known || { due: 0, covered: 0, known: false };
    const some = now.known && now.due > 0;
    text(p.name, t("coverage.title"));
    attr(p.post, "title", t("coverage.why"));
    text(p.rate, some ? O.format.percent(now.covered, now.due) + "%" : O.format.NONE);
    attr(p.rated, "hidden", !now.due);
    text(p.none, !known ? "" : !now.known ? t("coverage.unknown") : now.due ? "" : t("coverage.none_due"));
    link(text(p.covered, O.format.number(now.covered)), only("covered"));
    link(text(p.due, O.format.number(now.due)), O.view.withParam("due", O.view.param("due") ? "" : "1"));
    attr(attr(p.due, "data-on", Boolean(O.view.param("due"))), "title", t("grids.due"));
    attr(attr(p.covered, "data-on", O.view.param("walk") === "covered"), "title", t("grids.state.covered"));
    link(text(p.missing, t("coverage.missing", { n: O.format.number(now.due - now.covered) })), only("missing"));
    attr(attr(p.missing, "hidden", !now.due), "data-on", O.view.param("walk") === "missing");
  }

  function drawGroup(node, name, values) {
    const { h, text, attr, link, rows } = O.dom;
    const chosen = new Set(O.view.several(name));
    attr(node, "aria-label", t("grids." + name));
    const make = () => h("a", { class: "sort", role: "checkbox" }, h("i", {}), h("span", {}), h("b", {}));
    rows(node, values, ([value]) => value, make, (a, [value, label, n]) => {
      text(a.children[1], label);
      text(a.children[2], n === null ? O.format.NONE : O.format.number(n));
      attr(a, "data-zero", n === 0);
      attr(link(a, O.view.toggled(name, value)), "aria-checked", String(chosen.has(value)));
    });
  }

  function drawHead(board) {
    const { text, attr, link } = O.dom;
    const now = board.answer;
    const counts = now && now.counts;
    text(p.title, t("grids.title"));
    text(p.total, now ? t("grids.total", { n: O.format.number(now.total) }) : "");
    attr(link(text(p.clear, t("grids.clear")), O.view.without(FILTERS)), "hidden", !FILTERS.some((name) => O.view.param(name)));
    drawRate(counts ? counts.coverage : null);
    drawGroup(p.walk, "walk", STATES.map((s) => [s, t("grids.state." + s), counts ? counts.walk[s] || 0 : null]));
    drawGroup(p.type, "type", counts ? counts.type.filter(([kind]) => kind) : []);
    if (document.activeElement !== p.text) p.text.value = O.view.param("grid");
    attr(attr(p.text, "placeholder", t("grids.text")), "aria-label", t("grids.text"));
    for (const option of p.sort.children) text(option, t("grids.sort." + option.value));
    p.sort.value = O.view.param("sort") || "oldest";
    attr(p.sort, "aria-label", t("grids.sort"));
    board.list.label(t("grids.title"));
    board.say("grids.empty", "grids.wait");
    p.save.draw(now ? now.total : 0, now && now.export_max);
  }

  (O.boards = O.boards || []).push(build);
})();
