/* The children in their peer groups, best first, by the indicator of the choice; and where the time went. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const panels = (O.analysisPanels = O.analysisPanels || []);
  const t = (key, values) => O.words.t(key, values);

  function row() {
    const { h } = O.dom;
    const p = {
      place: h("span", { class: "rank-n" }), name: h("a", { class: "rank-name" }), colour: h("i", {}), value: h("a", { class: "rank-value" }),
      change: h("span", { class: "an-change" }),
    };
    const node = h("div", { class: "rank" }, p.place, p.name, p.colour, p.value, p.change);
    node.parts = p;
    return node;
  }

  function drawRow(answer, figures) {
    return (node, [code, name, place, value, num, den, colour, small, change, year]) => {
      const { text, attr, link } = O.dom;
      const p = node.parts;
      text(p.place, place === null ? "" : place);
      attr(link(text(p.name, name), O.view.withArea(code)), "title", name);
      attr(p.colour, "data-colour", colour);
      attr(p.colour, "data-small", small && den > 0);
      attr(p.colour, "title", t("colour." + colour) + (small && den > 0 ? " · " + t("analysis.small") : ""));
      const cases = t("analysis.cases", { num: O.format.number(num), den: O.format.number(den) });
      O.lists.behind(text(p.value, O.analysis.share(value)), figures.den_list, { area: code, filters: O.analysis.listed(answer), what: name + " · " + cases });
      const then = change === null ? null : value - change;
      const told = O.analysis.change(value, then, figures);
      const last = year === null ? null : O.analysis.change(value, value - year, figures);
      attr(text(p.change, told ? told.text : ""), "data-way", told ? told.way : null);
      attr(p.change, "title", [told && t("analysis.change", { value: told.text }), last && t("analysis.change_year", { value: last.text })].filter(Boolean).join(" · "));
    };
  }

  panels.push({
    id: "phases", part: "period", title: "phases.title",
    draw(answer, p) {
      const { h, text, attr, rows } = O.dom;
      if (!answer.phases) return t("phases.many");
      const [n, ...sums] = answer.phases;
      if (!p.aside.firstChild) p.aside.append(h("a", {}));
      O.lists.behind(text(p.aside.firstChild, t("analysis.of_cases", { den: O.format.number(n) })), "period_handled", { filters: O.analysis.listed(answer) });
      const all = Math.max(1, sums.reduce((a, b) => a + b, 0));
      const list = ["dispatch", "handle", "close"].map((name, i) => [name, sums[i]]);
      rows(p.body, n ? list : [], (r) => r[0], () => h("div", { class: "an-phase" }, h("span", {}), h("span", { class: "bar-track" }, h("i", {})), h("b", {})), (node, [name, sum]) => {
        text(node.firstChild, t("phases." + name));
        node.children[1].firstChild.style.transform = "scaleX(" + Math.max(0, sum / all).toFixed(4) + ")";
        attr(text(node.lastChild, O.analysis.time(sum / n)), "data-longest", sum === Math.max(...sums));
      });
      return n ? "" : t("phases.none");
    },
  });

  panels.push({
    id: "peers", part: "period", title: "peers.title",
    draw(answer, p) {
      const { h, text, attr, rows } = O.dom;
      if (!p.aside.firstChild) {
        const by = h("select", { class: "an-by" });
        by.addEventListener("change", () => O.view.go(O.view.withParam("rank", by.value === answer.ranks[0][0] ? "" : by.value)));
        p.aside.append(by);
      }
      const by = p.aside.firstChild;
      rows(by, answer.ranks, (r) => r[0], (r) => h("option", { value: r[0] }), (node, r) => text(node, r[1]));
      if (by.value !== answer.rank) by.value = answer.rank;
      attr(by, "aria-label", t("peers.by"));
      const figures = answer.indicators.find((one) => one.id === answer.rank);
      const make = () => h("div", { class: "an-peers" }, h("h3", {}), h("div", {}));
      rows(p.body, answer.peers, (group) => group.id || "all", make, (node, group) => {
        attr(text(node.firstChild, group.name || t("peers.rest")), "hidden", answer.peers.length < 2);
        rows(node.lastChild, group.rows, (r) => r[0], row, drawRow(answer, figures));
      });
      if (!answer.peers.length) return t("peers.leaf");
      return answer.peers.some((group) => group.rows.some((r) => r[5])) ? "" : t("peers.empty");
    },
  });
})();
