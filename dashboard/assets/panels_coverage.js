/* Patrol coverage: the rate of the shift that runs, its two numbers, and what is not yet walked; each opens its grids. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});
  const t = (key, values) => O.words.t(key, values);

  function build(body) {
    const { h } = O.dom;
    const parts = {
      rate: h("b", { class: "cover-rate" }), bar: h("i", {}), covered: h("a", {}), due: h("a", {}),
      missing: h("a", { class: "cover-missing" }), later: h("a", {}), none: h("span", { class: "cover-none" }),
    };
    parts.track = h("span", { class: "cover-bar", "aria-hidden": "true" }, parts.bar);
    parts.numbers = h("span", { class: "cover-numbers" }, parts.covered, parts.due, parts.missing, parts.later);
    body.replaceChildren(parts.rate, h("div", { class: "cover-side" }, parts.track, parts.numbers, parts.none));
    body.cover = parts;
    return parts;
  }

  const clock = (ms) => O.format.moment(ms, O.panels.zone()).time.slice(0, 5);

  sections.coverage = {
    box: "coverage",
    draw(now, box) {
      const { text, attr, panel } = O.dom;
      const p = panel(box);
      const parts = p.body.cover || build(p.body);
      const some = now.known && now.due > 0;
      text(p.title, t("coverage.title"));
      text(p.aside, t("coverage.shift", { start: clock(now.from_ms), end: clock(now.to_ms) }));
      attr(box, "title", t("coverage.why"));
      text(parts.rate, some ? O.format.percent(now.covered, now.due) + "%" : O.format.NONE);
      attr(parts.track, "hidden", !some);
      parts.bar.style.width = some ? (100 * now.covered) / now.due + "%" : "0";
      const unknown = O.view.param("at") ? "coverage.unknown_then" : "coverage.unknown";
      text(parts.none, now.known ? (now.due ? "" : t("coverage.none_due")) : t(unknown));
      attr(parts.none, "hidden", some);
      attr(parts.numbers, "hidden", !now.known);
      const lines = [["covered", now.covered, "walk=covered"], ["due", now.due, "due=1"], ["missing", now.due - now.covered, "walk=missing"], ["later", now.later, "walk=later"]];
      for (const [name, n, query] of lines) {
        text(parts[name], t("coverage." + name, { n: O.format.number(n) }));
        O.lists.lead(parts[name], "grids?" + query, { what: parts[name].textContent });
        attr(parts[name], "hidden", name === "later" ? !n : !now.due);
      }
      attr(parts.missing, "data-zero", now.due === now.covered);
    },
  };
})();
