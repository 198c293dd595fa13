/* What is open now: the stages it hangs in, departments by area, the worst events, what is supervised or on a placard. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const panels = (O.analysisPanels = O.analysisPanels || []);
  const t = (key, values) => O.words.t(key, values);
  const FEW = 9;   // so many areas fit into one row of panels

  function stageRow() {
    const { h } = O.dom;
    const p = {
      name: h("a", { class: "an-stage-name" }), fill: h("i", {}), n: h("a", { class: "bar-n" }), late: h("a", { class: "an-late" }),
      median: h("span", { class: "an-wait" }), p90: h("span", { class: "an-wait" }), states: h("span", { class: "an-states" }),
    };
    p.track = h("a", { class: "bar-track", tabindex: "-1", "aria-hidden": "true" }, p.fill);
    const node = h("div", { class: "an-stage" }, p.name, p.track, p.n, p.late, p.median, p.p90, p.states);
    node.parts = p;
    return node;
  }

  panels.push({
    id: "funnel", part: "now", title: "funnel.title",
    draw(answer, p) {
      const { text, attr, rows, link, h } = O.dom;
      if (!p.body.list) {
        const heads = ["open", "overdue", "median", "p90"].map((name) => h("span", { "data-name": name }));
        p.body.list = h("div", { class: "an-stages" });
        p.body.replaceChildren(h("div", { class: "an-stage an-heads" }, ...heads), p.body.list);
      }
      for (const head of p.body.firstChild.children) text(head, t("funnel." + head.dataset.name));
      attr(p.body.firstChild, "title", t("funnel.wait"));
      const chosen = new Set(O.view.several("stages"));
      const top = Math.max(1, ...answer.stages.map((s) => s.n));
      const late = Math.max(0, ...answer.stages.map((s) => s.p90_ms || 0));
      const all = answer.stages.reduce((sum, s) => sum + s.n, 0);
      rows(p.body.list, answer.stages, (s) => s.id, stageRow, (node, s) => {
        const n = node.parts;
        const name = t("stage." + s.id);
        const to = O.view.toggled("stages", s.id);
        attr(link(text(n.name, name), to), "title", t("analysis.select", { what: name }));
        link(n.track, to);
        n.fill.style.transform = "scaleX(" + (s.n / top).toFixed(4) + ")";
        attr(node, "data-chosen", chosen.has(s.id));
        attr(node, "data-off", chosen.size > 0 && !chosen.has(s.id));
        const own = { stages: s.id, states: "" };
        O.lists.behind(text(n.n, O.format.number(s.n)), "open", { filters: own, what: name });
        O.lists.behind(text(n.late, s.n ? O.format.number(s.overdue) : ""), "overdue", { filters: own, what: name + " · " + t("figure.overdue") });
        attr(n.late, "data-some", s.overdue > 0);
        text(n.median, O.analysis.time(s.median_ms));
        attr(text(n.p90, O.analysis.time(s.p90_ms)), "data-longest", s.n > 1 && s.p90_ms === late);
        rows(n.states, s.states.length > 1 ? s.states : [], (state) => state[0], () => h("a", {}), (a, [state, count]) => {
          O.lists.behind(text(a, t("state." + state) + " " + O.format.number(count)), "open", { filters: { stages: "", states: state }, what: t("state." + state) });
        });
      });
      return all ? "" : t("funnel.empty");
    },
  });

  /* ---- departments by area ---- */

  function drawCell(node, [open, late, colour, small], at) {
    const { text, attr, link } = O.dom;
    const [pick, n, bad] = node.children;
    const what = at.area + " · " + at.kind;
    attr(node, "data-colour", open ? colour : "none");
    attr(node, "data-small", small && open > 0);
    attr(node, "title", open ? what + (small ? " · " + t("analysis.small") : "") : null);
    attr(link(pick, open ? at.to : null), "aria-label", open ? t("analysis.select", { what }) : null);
    const options = { area: at.code, filters: at.filters };
    if (open) O.lists.behind(text(n, O.format.number(open)), at.direct ? "unplaced" : "open", { ...options, what });
    else O.dom.link(text(n, ""), null);
    if (late && !at.direct) O.lists.behind(text(bad, O.format.number(late)), "overdue", { ...options, what: what + " · " + t("figure.overdue") });
    attr(bad, "hidden", !late || at.direct);
  }

  const cellOf = () => O.dom.h("td", {}, O.dom.h("a", { class: "an-pickable" }), O.dom.h("a", {}), O.dom.h("a", { class: "an-bad" }));

  panels.push({
    id: "matrix", part: "now", title: "matrix.title",
    draw(answer, p) {
      const { h, text, attr, rows, link } = O.dom;
      const { kinds, rows: list } = answer.matrix;
      text(p.aside, t("matrix.aside"));
      if (!p.body.table) {
        const head = h("tr", {});
        const body = h("tbody", {});
        p.body.replaceChildren(h("table", { class: "an-matrix" }, h("thead", {}, head), body));
        p.body.table = { head, body };
      }
      const chosen = new Set(O.view.several("kinds"));
      rows(p.body.table.head, ["area", ...kinds, "sum"], (k) => k, () => h("th", { scope: "col" }, h("a", {})), (node, kind) => {
        const fixed = kind === "area" || kind === "sum";
        const name = t(fixed ? "matrix." + kind : "department." + kind);
        attr(link(text(node.firstChild, name), fixed ? null : O.view.toggled("kinds", kind)), "title", fixed ? null : t("analysis.select", { what: name }));
        attr(node, "data-chosen", chosen.has(kind));
      });
      const home = O.view.parse().area;
      attr(p.body.closest(".an-grid"), "data-few", list.length <= FEW);
      rows(p.body.table.body, list, (row) => row[0], () => h("tr", {}, h("th", { scope: "row" }, h("a", {}))), (tr, [code, area, cells, sum]) => {
        const direct = code === home && !answer.leaf;
        const below = code !== home;
        link(text(tr.firstChild.firstChild, area), below ? O.view.withArea(code) : null);
        const at = (kind) => ({
          code, area, direct, kind: t(kind ? "department." + kind : "matrix.sum"), filters: { kinds: kind },
          to: kind ? (below ? O.analysis.within(code, "kinds", kind) : O.view.withParam("kinds", kind)) : below ? O.view.withArea(code) : null,
        });
        const every = [...kinds.map((kind, i) => [kind, cells[i]]), ["", sum]];
        while (tr.children.length <= every.length) tr.append(cellOf());
        every.forEach(([kind, cell], i) => drawCell(tr.children[i + 1], cell, at(kind)));
      });
      return list.some((row) => row[3][0]) ? "" : t("matrix.empty");
    },
  });

  /* ---- events ---- */

  /** A row of an event leads to it: up to the map, where its card opens. */
  function eventRows(box, list) {
    const make = () => {
      const node = O.eventRow.make();
      node.addEventListener("click", () => window.scrollTo({ top: 0 }));
      return node;
    };
    O.dom.rows(box, list, (row) => row[0], make, O.eventRow.update);
  }

  panels.push({
    id: "longest", part: "now", title: "longest.title",
    draw(answer, p) {
      eventRows(p.body, answer.worst);
      return answer.worst.length ? "" : t("longest.empty");
    },
  });

  panels.push({
    id: "watched", part: "now", title: "watched.title",
    draw(answer, p) {
      const { h, text, attr, rows } = O.dom;
      const make = () => h("div", { class: "an-watched" }, h("p", {}, h("span", {}), h("a", { class: "an-value" }), h("em", {})), h("div", { class: "an-events" }));
      rows(p.body, ["supervised", "placarded"], (name) => name, make, (node, name) => {
        const some = answer[name];
        const [label, n, late] = node.firstChild.children;
        text(label, t("watched." + name));
        O.lists.behind(text(n, O.format.number(some.n)), name);
        attr(text(late, some.overdue ? t("watched.overdue", { n: O.format.number(some.overdue) }) : ""), "hidden", !some.overdue);
        eventRows(node.lastChild, some.rows);
      });
      return answer.supervised.n + answer.placarded.n ? "" : t("watched.empty");
    },
  });
})();
