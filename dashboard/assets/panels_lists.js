/* Lists of events (live, longest overdue) and the ranking of the children in five colours. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});

  function eventRow() {
    const { h } = O.dom;
    const parts = {
      mark: h("b", { class: "mark" }), name: h("span", { class: "row-name" }), state: h("span", { class: "row-state" }),
      place: h("span", { class: "row-place" }), time: h("time", {}), left: h("span", { class: "left" }),
    };
    const node = h("a", { class: "row" }, parts.mark, h("span", { class: "row-line" }, parts.name, parts.time, parts.state),
      h("span", { class: "row-line" }, parts.place, parts.left));
    node.parts = parts;
    return node;
  }

  /** The countdown of an open event; the clocks of an ended one stand still. */
  function drawLeft(node, deadline, overdue, now) {
    O.dom.attr(node, "data-deadline", deadline);
    const left = deadline === null ? 0 : deadline - now;
    const late = deadline === null ? Boolean(overdue) : left < 0;
    node.classList.toggle("over", late);
    const time = { time: O.format.span(left) };
    O.dom.text(node, deadline !== null ? O.words.t(late ? "feed.over" : "feed.left", time) : late ? O.words.t("kpi.overdue") : "");
  }

  function drawEvent(node, row) {
    const [code, name, urgency, stateText, state, place, reported, deadline, overdue] = row;
    const { text, attr, link } = O.dom;
    const p = node.parts;
    const now = O.panels.now();
    attr(node, "data-urgency", urgency);
    attr(p.mark, "title", O.words.t("urgency." + urgency));
    text(p.mark, urgency);
    text(p.name, name);
    attr(p.name, "title", name);
    text(p.state, stateText);
    attr(p.state, "data-state", state);
    text(p.place, place.replaceAll(" · ", "·"));
    attr(p.place, "title", place);
    text(p.time, O.format.when(reported, O.panels.zone(), now, true));
    drawLeft(p.left, O.city.states.includes(state) ? deadline : null, overdue, now);
    attr(node, "data-overdue", Boolean(overdue));
    const wall = O.view.parse().page === "wall";
    link(node, wall ? null : O.view.withParam("selected", "event:" + code));
    attr(node, "aria-current", O.view.param("selected") === "event:" + code ? "true" : null);
  }

  function events(name, title, none, aside) {
    sections[name] = {
      box: name,
      draw(list, box) {
        const { text, rows, panel, empty } = O.dom;
        const p = panel(box);
        text(p.title, O.words.t(title));
        aside(p.aside);
        empty(p, list.length ? null : O.words.t(none));
        rows(p.body, list, (row) => row[0], eventRow, drawEvent);
      },
    };
  }

  O.eventRow = { make: eventRow, update: drawEvent };
  events("feed", "feed.title", "feed.empty", (node) => {
    const rate = O.panels.value("rate");
    if (!rate) return;
    if (!node.firstChild) node.append(O.dom.h("a", {}));
    const n = rate.per_min < 10 ? rate.per_min.toFixed(1) : O.format.number(rate.per_min);
    const what = O.words.t("figure.recent") + " " + O.format.number(rate.n);
    O.lists.behind(O.dom.text(node.firstChild, O.words.t("feed.rate", { n })), "recent", { plain: true, what });
  });
  events("worst", "worst.title", "worst.empty", () => {});
  sections.rate = { box: "feed", also: ["feed"], draw() {} };

  const counted = (key) => (n) => O.words.t(key) + " " + n;
  const said = (key) => (n) => O.words.t(key, { n });
  /** By what areas are ranked: what a row opens, and what it says of what was due and what was done. */
  const RANKED = {
    on_time: { opens: "list?figure=month_due", due: counted("figure.month_due"), good: counted("figure.month_on_time"), aside: () => O.words.t("ranking.aside") + O.filters.unfiltered() },
    coverage: { opens: "grids?due=1", due: said("coverage.due"), good: said("coverage.covered"), aside: () => O.words.t("ranking.aside_shift") },
  };

  function rankRow() {
    const { h } = O.dom;
    const parts = { n: h("span", { class: "rank-n" }), name: h("a", { class: "rank-name" }), colour: h("i", {}), value: h("a", { class: "rank-value" }) };
    const node = h("div", { class: "rank" }, parts.n, parts.name, parts.colour, parts.value);
    node.parts = parts;
    return node;
  }

  function drawRank(node, by, [code, name, num, den, colour, small], i) {
    const { text, attr, link } = O.dom;
    const p = node.parts;
    text(p.n, i + 1);
    text(p.name, name);
    attr(p.name, "title", name);
    attr(p.colour, "data-colour", colour);
    attr(p.colour, "hidden", by === "coverage"); // a shift that runs is not judged yet
    const few = small && den > 0;
    attr(p.colour, "data-small", few);
    attr(p.colour, "title", O.words.t("colour." + colour) + (few ? " · " + O.words.t("ranking.small") : ""));
    text(p.value, O.format.percent(num, den) + (den ? "%" : ""));
    link(p.name, O.view.withArea(code));
    const of = RANKED[by];
    O.lists.lead(p.value, of.opens, { area: code, what: [name, of.due(O.format.number(den)), of.good(O.format.number(num))].join(" · ") });
  }

  /** Rows that do not fit wrap into a column that is cut off (panels.css): say how many are to be seen. */
  function shown(p, by, all) {
    const box = p.body.getBoundingClientRect();
    let n = 0;
    for (const node of p.body.children) {
      const r = node.getBoundingClientRect();
      if (r.left < box.right - 1 && r.bottom <= box.bottom + 1) n += 1;
    }
    const cut = n > 0 && n < all && O.view.parse().page === "wall";
    const base = RANKED[by].aside();
    O.dom.text(p.aside, cut ? base + " · " + O.words.t("ranking.shown", { n, all }) : base);
  }

  sections.ranking = {
    box: "ranking",
    draw(ranking, box) {
      const { text, rows, panel, empty } = O.dom;
      const p = panel(box);
      text(p.title, ranking.label);
      const draw = (node, row, i) => drawRank(node, ranking.by, row, i);
      empty(p, ranking.rows.length ? null : ranking.reason || O.words.t("ranking.leaf"));
      rows(p.body, ranking.rows, (row) => row[0], rankRow, draw);
      shown(p, ranking.by, ranking.rows.length);
      if (!box.watched) {
        box.watched = new ResizeObserver(() => {
          const now = O.panels.value("ranking");
          if (now) shown(p, now.by, now.rows.length);
        });
        box.watched.observe(p.body);
      }
    },
  };
})();
