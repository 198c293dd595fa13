/* What is selected: an event, a unit or an area, asked from the server by its code and asked again while it is open. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const AGAIN_MS = 5000;
  let asked = 0;
  let shown = "";
  let again = 0;
  let from = null;

  function ask() {
    clearTimeout(again);
    const selected = O.view.parse().page === "wall" ? "" : O.view.param("selected");
    if (!selected) return close();
    if (selected !== shown) from = document.activeElement;
    if (!document.hidden) {
      asked += 1;
      const question = { selected, n: asked, lang: O.words.lang() };
      window.dash_clientside.set_props("selection-ask", { data: question });
    }
    again = setTimeout(ask, AGAIN_MS);
    return undefined;
  }

  function close() {
    clearTimeout(again);
    const box = document.getElementById("drawer");
    if (shown && from && from.isConnected && box.contains(document.activeElement)) from.focus();
    shown = "";
    box.hidden = true;
  }

  function value(node, [, kind, raw]) {
    const { text, attr } = O.dom;
    const now = O.panels.now();
    const zone = O.panels.zone();
    const written = {
      text: () => raw || O.format.NONE,
      time: () => (raw === null ? O.format.NONE : O.format.when(raw, zone, now)),
      number: () => O.format.number(raw),
      ago: () => (raw === null ? O.format.NONE : O.format.when(raw, zone, now) + " · " + O.format.age(now - raw)),
      deadline: () => (raw === null ? O.format.NONE : O.format.when(raw, zone, now)),
    };
    text(node.children[0], written[kind]());
    attr(node.children[1], "data-deadline", kind === "deadline" ? raw : null);
    if (kind !== "deadline" || raw === null) return void text(node.children[1], "");
    const left = raw - now;
    node.children[1].classList.toggle("over", left < 0);
    text(node.children[1], O.words.t(left < 0 ? "feed.over" : "feed.left", { time: O.format.span(left) }));
  }

  function build(box) {
    const { h, icon } = O.dom;
    const p = {
      kind: h("span", { class: "drawer-kind" }), title: h("h2", { tabindex: "-1" }), close: h("a", { class: "tool drawer-close" }, icon("close")),
      note: h("p", { class: "drawer-note" }), list: h("dl", {}), enter: h("a", { class: "button" }),
    };
    box.replaceChildren(h("div", { class: "drawer-head" }, h("div", {}, p.kind, p.title), p.close), p.note, p.list, p.enter);
    box.parts = p;
    return p;
  }

  /** The answer: {n, selected, found, kind, title, urgency, note, rows: [[label, kind, value]…], enter: [code, name]|null}. */
  function draw(answer, box) {
    if (answer.selected !== O.view.param("selected")) return;
    const { h, text, attr, link, rows } = O.dom;
    const p = box.parts || build(box);
    const fresh = shown !== answer.selected;
    shown = answer.selected;
    text(p.kind, answer.kind);
    text(p.title, answer.title);
    text(p.note, answer.note);
    attr(p.note, "hidden", !answer.note);
    attr(box, "data-urgency", answer.urgency || null);
    attr(box, "aria-label", O.words.t("drawer.title"));
    attr(link(p.close, O.view.withParam("selected", "")), "aria-label", O.words.t("drawer.close"));
    const make = () => h("div", {}, h("dt", {}), h("dd", {}, h("span", {}), h("span", { class: "left" })));
    rows(p.list, answer.rows, (r) => r[0], make, (node, row) => {
      text(node.firstChild, row[0]);
      value(node.lastChild, row);
    });
    const enter = answer.enter && answer.enter[0] !== O.view.parse().area ? answer.enter : null;
    text(p.enter, enter ? O.words.t("drawer.enter", { name: enter[1] }) : "");
    attr(link(p.enter, enter ? O.view.withArea(enter[0]) : null), "hidden", !enter);
    box.hidden = false;
    if (fresh) p.title.focus({ preventScroll: true });
  }

  O.sections = O.sections || {};
  O.sections.drawer = { box: "drawer", draw };
  O.drawer = { show: (answer) => answer && answer.n === asked && O.panels.apply("drawer", answer) };
  (O.mounts = O.mounts || []).push(() => {
    O.view.onChange(ask);
    if (O.view.param("selected")) ask();
  });
})();
