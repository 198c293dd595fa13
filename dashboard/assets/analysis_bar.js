/* The bar over the analysis: which days, which filters, and the way back up. All of it lives in the address. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const t = (key, values) => O.words.t(key, values);
  let p = null;

  function build() {
    const { h } = O.dom;
    const day = () => h("input", { type: "date", class: "an-date", min: "1972-01-01", max: "2198-12-31" });
    p = {
      title: h("h2", { class: "an-title", tabindex: "-1" }), picks: h("div", { class: "an-picks", role: "radiogroup" }),
      from: day(), to: day(), chips: h("div", { class: "an-chips" }), up: h("button", { type: "button", class: "an-up" }),
    };
    for (const end of [p.from, p.to]) end.addEventListener("change", between);
    p.up.addEventListener("click", () => O.analysis.leave());
    p.ends = [h("label", {}, h("span", {}), p.from), h("label", {}, h("span", {}), p.to)];
    return h("div", { class: "an-bar" }, p.title, p.picks, h("div", { class: "an-ends" }, ...p.ends), p.chips, h("div", { class: "gap" }), p.up);
  }

  /** Both ends are there, and in their order: these days. */
  function between() {
    const [from, to] = [p.from.value, p.to.value];
    if (from && to && from <= to && p.from.validity.valid && p.to.validity.valid) O.view.go(O.view.withParam("period", from + ".." + to));
  }

  function draw(answer) {
    const { h, text, attr, link, rows } = O.dom;
    const { picks, usual } = O.city.periods;
    const now = O.view.param("period") || usual;
    text(p.title, t("analysis.title"));
    attr(p.picks, "aria-label", t("period.label"));
    rows(p.picks, picks, (pick) => pick, () => h("a", { class: "an-pick", role: "radio" }), (node, pick) => {
      attr(link(text(node, t("period." + pick)), O.view.withParam("period", pick === usual ? "" : pick)), "aria-checked", String(now === pick));
    });
    const own = now.includes("..") ? now.split("..") : null;
    const shown = own || (answer ? answer.whole : ["", ""]);
    [["period.from", p.from], ["period.to", p.to]].forEach(([key, node], i) => {
      text(p.ends[i].firstChild, t(key));
      if (document.activeElement !== node && node.value !== shown[i]) node.value = shown[i];
      attr(node, "data-on", Boolean(own));
    });
    O.filters.chips(p.chips);
    text(p.up, t("analysis.up"));
  }

  O.analysisBar = { build, draw, focus: () => p.title.focus({ preventScroll: true }) };
})();
