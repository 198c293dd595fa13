/* The figures of the area: today's numbers with what they are compared to, and all its records. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});
  const t = (key, values) => O.words.t(key, values);

  /** "−3.1%" against what it was; nothing where there is nothing to compare. */
  function change(n, prev) {
    if (prev === null || prev === undefined) return "";
    const diff = n - prev;
    if (!prev) return diff ? "+" + O.format.number(diff) : "±0";
    const share = (100 * diff) / prev;
    return (share > 0 ? "+" : share < 0 ? "−" : "±") + Math.abs(share).toFixed(1) + "%";
  }

  function difference(n, prev) {
    if (prev === null || prev === undefined) return "";
    return n === prev ? "±0" : (n > prev ? "+" : "−") + O.format.number(Math.abs(n - prev));
  }

  const share = (num, den) => O.format.percent(num, den) + (den ? "%" : "");
  const of = (what, num, den) => what + " " + O.format.number(num) + " / " + O.format.number(den);

  /** A cell: value, unit, tone, the list behind it (and, where the figure's name does not say enough, what that is);
      notes below it, each a text and maybe a list of its own; and a comparison, with the list of what it compares with. */
  const CELLS = [
    ["reported", (k) => ({
      value: O.format.number(k.reported.n), unit: t("unit.events"), opens: "list?figure=reported",
      notes: [[k.reported.prev_label || ""]], more: change(k.reported.n, k.reported.prev), than: "list?figure=yesterday",
      whatThan: t("figure.yesterday") + " " + O.format.number(k.reported.prev),
    })],
    ["open", (k) => ({
      value: O.format.number(k.open.n), unit: t("unit.events"), opens: "list?figure=open",
      notes: [["dispatch", k.open.to_dispatch], ["handle", k.open.handling]].map(([stage, n]) => [
        t("kpi.open." + stage, { n: O.format.number(n) }), n ? "list?figure=open&stages=" + stage : "",
        t("figure.open") + " · " + t("stage." + stage),
      ]),
    })],
    ["overdue", (k) => ({
      value: O.format.number(k.overdue.n), unit: t("unit.events"), tone: k.overdue.n ? "red" : "", opens: "list?figure=overdue",
      notes: [[k.overdue.prev === null || k.overdue.prev === undefined
        ? t("kpi.overdue.share", { share: share(k.overdue.n, k.open.n) }) : t("prev.hour_ago")]],
      more: difference(k.overdue.n, k.overdue.prev), than: "list?figure=overdue_before",
      whatThan: t("figure.overdue_before") + " " + O.format.number(k.overdue.prev), worse: k.overdue.n > k.overdue.prev,
    })],
    ["due_soon", (k) => ({
      value: O.format.number(k.due_soon.n), unit: t("unit.events"), tone: k.due_soon.n ? "orange" : "",
      opens: "list?figure=due_soon", notes: [[t("kpi.due_soon.note")]],
    })],
    ["on_time", (k) => ({
      value: O.format.percent(k.on_time.num, k.on_time.den), unit: k.on_time.den ? "%" : "", opens: "list?figure=judged",
      what: of(t("figure.on_time"), k.on_time.num, k.on_time.den),
      notes: [[t("kpi.on_time.month", { value: share(k.on_time.month_num, k.on_time.month_den) }), k.on_time.month_den ? "list?figure=month_due" : "",
        of(t("figure.month_on_time"), k.on_time.month_num, k.on_time.month_den)]],
    })],
    ["handling", (k) => {
      const mean = O.format.duration(k.handling.n ? k.handling.mean_s : null);
      const median = O.format.duration(k.handling.n ? k.handling.median_s : null);
      return {
        value: mean.value, unit: mean.unit, opens: "list?figure=timed", what: t("figure.timed") + " " + O.format.number(k.handling.n),
        notes: [[t("kpi.handling.median", { value: (median.value + " " + median.unit).trim() })]],
      };
    }],
    ["units", (k) => ({
      value: O.format.number(k.units.on), unit: t("unit.units"), opens: "units?on=1", what: t("kpi.units"),
      notes: k.units.due
        ? [[t("kpi.units.post", { rate: share(k.units.present, k.units.due) }), "units?roster=due",
          of(t("units.post"), k.units.present, k.units.due)]]
        : [[t("kpi.units.total", { n: O.format.number(k.units.total) }), "units?"],
          [t("kpi.units.lost", { n: O.format.number(k.units.lost) }), "units?fresh=lost", t("freshness.lost")]],
    })],
    ["unplaced", (k) => ({
      value: O.format.number(k.unplaced.n), unit: t("unit.events"), opens: "list?figure=unplaced",
      notes: [[t("kpi.unplaced.note")]],
    })],
  ];

  function cell() {
    const { h } = O.dom;
    const parts = {
      label: h("span", { class: "kpi-label" }), value: h("b", { class: "kpi-value" }), unit: h("i", { class: "kpi-unit" }),
      notes: h("span", {}), than: h("a", {}),
    };
    parts.more = h("em", {}, parts.than);
    parts.main = h("a", { class: "kpi-main" }, parts.label, h("span", { class: "kpi-figure" }, parts.value, parts.unit));
    const node = h("div", { class: "kpi-cell" }, parts.main, h("span", { class: "kpi-note" }, parts.notes, parts.more));
    node.parts = parts;
    return node;
  }

  sections.kpi = {
    box: "kpi",
    draw(kpi, box) {
      const { h, text, attr, rows, panel } = O.dom;
      const p = panel(box);
      text(p.title, t("kpi.title"));
      const at = O.panels.asOf();
      text(p.aside, at ? t("kpi.as_of", { time: O.format.moment(at, O.panels.zone()).time }) : "");
      rows(p.body, CELLS, ([name]) => name, cell, (node, [name, read]) => {
        const now = read(kpi);
        text(node.parts.label, t("kpi." + name));
        text(node.parts.value, now.value);
        text(node.parts.unit, now.unit);
        O.lists.lead(text(node.parts.than, now.more || ""), now.more ? now.than : "", { what: now.whatThan });
        attr(node.parts.more, "data-worse", Boolean(now.worse));
        attr(node, "data-tone", now.tone || null);
        O.lists.lead(node.parts.main, now.opens, { what: now.what });
        rows(node.parts.notes, now.notes, (_, i) => i, () => h("a", {}), (note, [said, opens, what]) => {
          O.lists.lead(text(note, said), opens, { what });
        });
      });
    },
  };

  /** A number of all records, and the figure behind it; `<name>_now` tells of today, or of what is open. */
  const RECORDS = [
    ["reported", "all"], ["open", "open"], ["closed", "all_closed"], ["on_time", "all_on_time"], ["overdue", "all_overdue"],
    ["unjudged", "all_unjudged"], ["dropped", "all_dropped"], ["suspended", "suspended"],
    ["forced", "all_forced"], ["reopened", "all_reopened"], ["to_reply", "to_reply"],
  ];

  sections.all_time = {
    box: "all-time",
    draw(all, box) {
      const { h, text, attr, rows, panel } = O.dom;
      const p = panel(box, "dl");
      const zone = O.panels.zone();
      text(p.title, t("all_time.title") + O.filters.unfiltered());
      text(p.aside, all.from_ms ? t("all_time.span", {
        start: O.format.moment(all.from_ms, zone).date, end: O.format.moment(all.to_ms, zone).date,
      }) : "");
      rows(p.body, RECORDS, (r) => r[0], () => h("div", {}, h("dt", {}), h("dd", {}, h("a", {}), h("a", { class: "kpi-now", hidden: true }))), (node, [name, figure]) => {
        text(node.firstChild, t("all_time." + name));
        const what = t("all_time.title") + " · " + t("all_time." + name);
        O.lists.behind(text(node.lastChild.firstChild, O.format.number(all[name])), figure, { plain: true, what });
        const now = all[name + "_now"];
        const more = attr(node.lastChild.lastChild, "hidden", !now);
        if (now) O.lists.behind(text(more, t("all_time." + name + "_now", { n: O.format.number(now) })), name, { plain: true });
      });
    },
  };
})();
