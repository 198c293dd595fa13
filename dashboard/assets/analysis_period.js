/* What the period says: indicators beside what they were, the trend, classes and sources, what was resolved locally. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const panels = (O.analysisPanels = O.analysisPanels || []);
  const t = (key, values) => O.words.t(key, values);
  const W = 600;
  const H = 100;

  function changed(node, now, then, options, key) {
    const { text, attr } = O.dom;
    const told = O.analysis.change(now, then, options);
    attr(text(node, told ? (key ? t(key, { value: told.text }) : told.text) : ""), "data-way", told ? told.way : null);
    attr(node, "hidden", !told);
  }

  /** The value of an indicator as text. */
  function value(row) {
    if (row.value === null) return O.format.NONE;
    return row.share ? O.analysis.share(row.value) : O.analysis.time(row.value * 1000);
  }

  function cell() {
    const { h } = O.dom;
    const parts = {
      label: h("span", { class: "an-label" }), value: h("b", { class: "an-value" }), cases: h("span", { class: "an-cases" }, h("a", {}), h("i", {}), h("a", {})),
      before: h("span", { class: "an-change" }), year: h("span", { class: "an-change" }),
    };
    const node = h("div", { class: "an-cell" }, parts.label, h("span", { class: "an-line" }, parts.value, parts.cases), parts.before, parts.year);
    node.parts = parts;
    return node;
  }

  function drawCell(answer) {
    return (node, row) => {
      const { text, attr } = O.dom;
      const n = node.parts;
      const options = { filters: O.analysis.listed(answer) };
      attr(text(n.label, row.name), "title", [row.why, row.error ? t("analysis.within", { n: (100 * row.error).toFixed(1) }) : ""].filter(Boolean).join(" · "));
      text(n.value, value(row));
      attr(n.value, "data-small", row.small && row.den > 0);
      attr(n.value, "title", row.small ? t("analysis.small") : null);
      const [num, slash, den] = n.cases.children;
      attr(num, "hidden", row.num === null);
      attr(slash, "hidden", row.num === null);
      if (row.num !== null) O.lists.behind(text(num, O.format.number(row.num)), row.num_list, options);
      text(slash, "/");
      O.lists.behind(text(den, O.format.number(row.den)), row.den_list, options);
      changed(n.before, row.value, row.then, row, "analysis.change");
      changed(n.year, row.value, row.year, row, "analysis.change_year");
    };
  }

  panels.push({
    id: "kpi", part: "period", title: "analysis.kpi",
    draw(answer, p) {
      const { text, rows } = O.dom;
      const { days } = O.analysis;
      const told = (key, of) => t("analysis.kpi." + key, { days: of ? days(of) : t("analysis.kpi.unknown") });
      text(p.aside, told("before", answer.before) + " · " + told("year", answer.year));
      const [now, then, year] = answer.reported;
      const first = { id: "reported", name: t("analysis.reported"), count: [now, then, year] };
      rows(p.body, [first, ...answer.indicators], (row) => row.id, cell, (node, row) => {
        if (!row.count) return drawCell(answer)(node, row);
        const n = node.parts;
        text(n.label, row.name);
        n.value.replaceChildren(n.value.firstElementChild || O.dom.h("a", {}));
        O.lists.behind(text(n.value.firstElementChild, O.format.number(now)), "period_reported", { filters: O.analysis.listed(answer) });
        O.dom.attr(n.cases, "hidden", true);
        changed(n.before, now, then, {}, "analysis.change");
        return changed(n.year, now, year, {}, "analysis.change_year");
      });
    },
  });

  /* ---- trend ---- */

  function frame(body) {
    const { h, svg } = O.dom;
    const thin = { "vector-effect": "non-scaling-stroke" };
    const grid = [0, 0.5, 1].map((f) => svg("line", { class: "curve-grid", x1: 0, x2: W, y1: f * H, y2: f * H, ...thin }));
    const c = {
      bars: svg("g", { class: "an-bars" }), line: svg("path", { class: "an-rate", ...thin }), links: h("div", { class: "an-points", role: "group" }),
      top: h("span", { class: "curve-top" }), full: h("span", { class: "an-full" }), ends: h("div", { class: "an-axis" }, h("span", {}), h("span", {})),
      tell: h("p", { class: "an-tell" }, h("b", {}), h("a", {}), h("a", {})),
    };
    c.drawn = svg("svg", { viewBox: "0 0 " + W + " " + H, preserveAspectRatio: "none", "aria-hidden": "true" }, ...grid, c.bars, c.line);
    body.replaceChildren(h("div", { class: "an-plot" }, c.drawn, c.top, c.full, c.links), c.ends, c.tell);
    for (const name of ["pointerover", "focusin"]) c.links.addEventListener(name, (e) => {
      const at = Number(e.target.dataset && e.target.dataset.at);
      if (Number.isInteger(at) && c.answer) tell(c, at);
    });
    body.trend = c;
    return c;
  }

  /** Of one point: its days, how many were reported and closed on time, each with its list. */
  function tell(c, at) {
    const { text } = O.dom;
    const [first, last, reported, good, due] = c.answer.trend[at];
    const [label, count, rate] = c.tell.children;
    const filters = O.analysis.listed(c.answer, { from: first, to: last });
    text(label, O.analysis.days([first, last]));
    O.lists.behind(text(count, t("trend.reported") + " " + O.format.number(reported)), "period_reported", { filters });
    const said = due ? O.format.percent(good, due) + "% (" + t("analysis.cases", { num: O.format.number(good), den: O.format.number(due) }) + ")" : O.format.NONE;
    O.lists.behind(text(rate, t("trend.on_time") + " " + said), "period_due", { filters });
  }

  /** The paths of a trend: bars of counts, and a line of rates that breaks where nothing was due. Pure. */
  function paths(points, top) {
    const step = W / Math.max(1, points.length);
    const bars = points.map(([, , n], i) => {
      const height = (n / top) * H;
      return { x: i * step + step * 0.14, width: step * 0.72, y: H - height, height };
    });
    let line = "";
    let pen = false;
    points.forEach(([, , , good, due], i) => {
      if (due) line += (pen ? "L" : "M") + ((i + 0.5) * step).toFixed(1) + " " + (H - (good / due) * H).toFixed(1);
      pen = Boolean(due);
    });
    return { bars, line };
  }

  panels.push({
    id: "trend", part: "period", title: "trend.title",
    draw(answer, p) {
      const { h, svg, text, attr, link, rows } = O.dom;
      const c = p.body.trend || frame(p.body);
      if (!p.aside.firstChild) p.aside.append(h("span", { class: "an-key" }), h("span", { class: "an-key an-key-rate" }));
      text(p.aside.firstChild, t("trend.reported"));
      text(p.aside.lastChild, t("trend.on_time"));
      const points = answer.trend;
      if (!points.some(([, , n, , due]) => n || due)) return t("trend.empty");
      c.answer = answer;
      const top = Math.max(1, ...points.map((point) => point[2]));
      const { bars, line } = paths(points, top);
      const chosen = O.view.param("day");
      rows(c.bars, bars, (_, i) => points[i][0], () => svg("rect", {}), (node, bar, i) => {
        for (const name of ["x", "y", "width", "height"]) attr(node, name, bar[name].toFixed(2));
        attr(node, "data-off", Boolean(chosen) && points[i][0] !== chosen);
      });
      attr(c.line, "d", line);
      text(c.top, O.format.number(top));
      text(c.full, "100%");
      text(c.ends.firstChild, points[0][0]);
      text(c.ends.lastChild, points.length > 1 ? points[points.length - 1][1] : "");
      attr(c.links, "aria-label", t("trend.title"));
      c.links.style.gridTemplateColumns = "repeat(" + points.length + ", minmax(0, 1fr))";
      rows(c.links, points, (point) => point[0], () => h("a", { class: "an-point" }), (a, [first, last, n], i) => {
        const to = first === last ? O.view.withParam("day", chosen === first ? "" : first) : O.view.withParam("period", first + ".." + last);
        attr(link(a, to), "aria-label", t("analysis.select", { what: O.analysis.days([first, last]) + " · " + t("trend.reported") + " " + O.format.number(n) }));
        attr(a, "data-at", i);
        attr(a, "aria-current", chosen === first ? "true" : null);
      });
      const at = points.findIndex(([first]) => first === chosen);
      if (!c.links.matches(":hover, :focus-within")) tell(c, at < 0 ? points.length - 1 : at);
      return "";
    },
  });

  /* ---- classes and sources ---- */

  function bar() {
    const { h } = O.dom;
    const parts = { name: h("a", { class: "bar-name" }), fill: h("i", {}), n: h("a", { class: "bar-n" }), change: h("span", { class: "an-change" }) };
    parts.track = h("a", { class: "bar-track", tabindex: "-1", "aria-hidden": "true" }, parts.fill);
    const node = h("div", { class: "bar an-bar-row" }, parts.name, parts.track, parts.n, parts.change);
    node.parts = parts;
    return node;
  }

  function breakdown(id, name, title) {
    panels.push({
      id, part: "period", title,
      draw(answer, p) {
        const { text, attr, rows, link } = O.dom;
        const list = answer[name].filter((row) => row[2] || row[3] || row[4]);
        text(p.aside, t("by.aside"));
        const chosen = new Set(O.view.several(name));
        const top = Math.max(1, ...list.map((row) => row[2]));
        rows(p.body, list, (row) => row[0], bar, (node, [code, label, n, then]) => {
          const parts = node.parts;
          const to = O.view.toggled(name, code);
          attr(link(text(parts.name, label), to), "title", t("analysis.select", { what: label }));
          link(parts.track, to);
          parts.fill.style.transform = "scaleX(" + (n / top).toFixed(4) + ")";
          attr(node, "data-chosen", chosen.has(code));
          attr(node, "data-off", chosen.size > 0 && !chosen.has(code));
          O.lists.behind(text(parts.n, O.format.number(n)), "period_reported", {
            filters: O.analysis.listed(answer, { [name]: code }), what: label + " · " + t("figure.period_reported"),
          });
          changed(parts.change, n, then, {}, null);
        });
        return list.length ? "" : t("by.empty");
      },
    });
  }
  breakdown("by_class", "classes", "by.classes");
  breakdown("by_source", "sources", "by.sources");

  panels.push({
    id: "local", part: "period", title: "local.title",
    draw(answer, p) {
      O.dom.rows(p.body, answer.local, (row) => row.id, cell, drawCell(answer));
      return answer.local.some((row) => row.den) ? "" : t("local.empty");
    },
  });

  O.analysisPaths = paths;
})();
