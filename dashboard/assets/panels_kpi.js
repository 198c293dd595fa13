/* The figures of the area: today's numbers with what they are compared to, and all its records. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});
  const STAGES = {
    open: "dispatched.handled.handling.reopened.reported.returned.suspended.to_check.to_close.to_dispatch.to_register.to_verify",
    dispatch: "reopened.returned.to_dispatch",
    handle: "dispatched.handling",
  };

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

  const withStates = (states) => O.view.withParam("states", O.view.param("states") === states ? "" : states);

  /** A cell: label, value, unit, tone, note, how the note's second half is told apart, and the address behind it. */
  const CELLS = [
    ["reported", (k) => ({
      value: O.format.number(k.reported.n), unit: t("unit.events"),
      note: k.reported.prev_label || "", more: change(k.reported.n, k.reported.prev),
      href: O.view.withParam("measure", O.view.param("measure") === "reported" ? "" : "reported"),
    })],
    ["open", (k) => ({
      value: O.format.number(k.open.n), unit: t("unit.events"),
      note: t("kpi.open.parts", {
        dispatch: O.format.number(k.open.to_dispatch), handle: O.format.number(k.open.handling),
      }),
      href: withStates(STAGES.open),
    })],
    ["overdue", (k) => ({
      value: O.format.number(k.overdue.n), unit: t("unit.events"), tone: k.overdue.n ? "red" : "",
      note: k.overdue.prev === null || k.overdue.prev === undefined
        ? t("kpi.overdue.share", { share: O.format.percent(k.overdue.n, k.open.n) + (k.open.n ? "%" : "") })
        : t("prev.hour_ago"),
      more: difference(k.overdue.n, k.overdue.prev), worse: k.overdue.n > k.overdue.prev,
      href: O.view.withParam("measure", O.view.param("measure") === "overdue" ? "" : "overdue"),
    })],
    ["due_soon", (k) => ({
      value: O.format.number(k.due_soon.n), unit: t("unit.events"), tone: k.due_soon.n ? "orange" : "",
      note: t("kpi.due_soon.note"),
    })],
    ["on_time", (k) => {
      const month = O.format.percent(k.on_time.month_num, k.on_time.month_den);
      return {
        value: O.format.percent(k.on_time.num, k.on_time.den), unit: k.on_time.den ? "%" : "",
        note: t("kpi.on_time.month", { value: month + (k.on_time.month_den ? "%" : "") }),
      };
    }],
    ["handling", (k) => {
      const mean = O.format.duration(k.handling.n ? k.handling.mean_s : null);
      const median = O.format.duration(k.handling.n ? k.handling.median_s : null);
      return {
        value: mean.value, unit: mean.unit,
        note: t("kpi.handling.median", { value: (median.value + " " + median.unit).trim() }),
      };
    }],
    ["units", (k) => ({
      value: O.format.number(k.units.on), unit: t("unit.units"),
      note: t("kpi.units.note", { total: O.format.number(k.units.total), lost: O.format.number(k.units.lost) }),
      href: O.view.withParam("measure", O.view.param("measure") === "units" ? "" : "units"),
    })],
    ["unplaced", (k) => ({
      value: O.format.number(k.unplaced.n), unit: t("unit.events"), note: t("kpi.unplaced.note"),
    })],
  ];

  function cell() {
    const { h } = O.dom;
    const parts = {
      label: h("span", { class: "kpi-label" }), value: h("b", { class: "kpi-value" }), unit: h("i", { class: "kpi-unit" }),
      note: h("span", {}), more: h("em", {}),
    };
    const node = h("a", { class: "kpi-cell" }, parts.label,
      h("span", { class: "kpi-figure" }, parts.value, parts.unit), h("span", { class: "kpi-note" }, parts.note, parts.more));
    node.parts = parts;
    return node;
  }

  sections.kpi = {
    box: "kpi",
    draw(kpi, box) {
      const { text, attr, rows, panel, link } = O.dom;
      const p = panel(box);
      text(p.title, t("kpi.title"));
      const at = O.panels.asOf();
      text(p.aside, at ? t("kpi.as_of", { time: O.format.moment(at, O.panels.zone()).time }) : "");
      rows(p.body, CELLS, ([name]) => name, cell, (node, [name, read]) => {
        const now = read(kpi);
        text(node.parts.label, t("kpi." + name));
        text(node.parts.value, now.value);
        text(node.parts.unit, now.unit);
        text(node.parts.note, now.note);
        text(node.parts.more, now.more || "");
        attr(node.parts.more, "data-worse", Boolean(now.worse));
        attr(node, "data-tone", now.tone || null);
        link(node, now.href);
      });
    },
  };

  const RECORDS = ["reported", "open", "closed", "on_time", "overdue", "unjudged"];

  sections.all_time = {
    box: "all-time",
    draw(all, box) {
      const { h, text, rows, panel } = O.dom;
      const p = panel(box, "dl");
      const zone = O.panels.zone();
      text(p.title, t("all_time.title"));
      text(p.aside, all.from_ms ? t("all_time.span", {
        start: O.format.moment(all.from_ms, zone).date, end: O.format.moment(all.to_ms, zone).date,
      }) : "");
      rows(p.body, RECORDS, (name) => name, () => h("div", {}, h("dt", {}), h("dd", {})), (node, name) => {
        text(node.firstChild, t("all_time." + name));
        text(node.lastChild, O.format.number(all[name]));
      });
    },
  };
})();
