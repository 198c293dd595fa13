/* Drawings of today: bars per event class, and the day's curve over the same weekday last week. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});
  const W = 240;
  const H = 100;

  function bar() {
    const { h } = O.dom;
    const parts = {
      name: h("span", { class: "bar-name" }), fill: h("i", {}), n: h("b", {}), open: h("span", { class: "bar-open" }),
    };
    const node = h("a", { class: "bar" }, parts.name, h("span", { class: "bar-track" }, parts.fill), parts.n, parts.open);
    node.parts = parts;
    return node;
  }

  sections.classes = {
    box: "classes",
    draw(list, box) {
      const { text, attr, rows, panel, link, empty } = O.dom;
      const p = panel(box);
      text(p.title, O.words.t("classes.title"));
      text(p.aside, O.words.t("classes.aside"));
      empty(p, list.length ? null : O.words.t("panel.none"));
      const chosen = new Set(O.view.several("classes"));
      const quiet = list.every((row) => row[2] === 0);
      const top = Math.max(1, ...list.map((row) => (quiet ? row[3] : row[2])));
      rows(p.body, list, (row) => row[0], bar, (node, [code, name, reported, open]) => {
        text(node.parts.name, name);
        attr(node.parts.name, "title", name);
        node.parts.fill.style.transform = "scaleX(" + ((quiet ? open : reported) / top).toFixed(4) + ")";
        text(node.parts.n, O.format.number(reported));
        text(node.parts.open, O.format.number(open));
        attr(node, "data-chosen", chosen.has(code));
        link(node, O.view.toggled("classes", code));
      });
    },
  };

  const x = (hour) => (((hour + 0.5) / 24) * W).toFixed(1);
  const line = (values, y) => values.map((n, i) => (i ? "L" : "M") + x(i) + " " + y(n)).join("");

  function frame(body) {
    const { h, svg } = O.dom;
    const thin = { "vector-effect": "non-scaling-stroke" };
    const parts = {
      area: svg("path", { class: "curve-area" }), base: svg("path", { class: "curve-base", ...thin }),
      today: svg("path", { class: "curve-today", ...thin }), now: svg("line", { class: "curve-now", y1: 0, y2: H, ...thin }),
      top: h("span", { class: "curve-top" }), tell: h("span", { class: "curve-tell", "aria-live": "off" }),
    };
    const grid = [0, 0.5, 1].map((f) => svg("line", { class: "curve-grid", x1: 0, x2: W, y1: f * H, y2: f * H, ...thin }));
    const plot = svg("svg", { viewBox: "0 0 " + W + " " + H, preserveAspectRatio: "none", "aria-hidden": "true" },
      ...grid, parts.area, parts.base, parts.now, parts.today);
    const hours = h("div", { class: "curve-hours", "aria-hidden": "true" },
      ...["00", "06", "12", "18", "24"].map((n) => h("span", {}, n)));
    parts.plot = h("div", { class: "curve-plot", role: "img" }, plot, parts.top, parts.tell);
    body.replaceChildren(parts.plot, hours);
    parts.plot.addEventListener("pointermove", (e) => tell(body, e.offsetX / parts.plot.clientWidth));
    parts.plot.addEventListener("pointerleave", () => O.dom.text(parts.tell, ""));
    body.curve = parts;
    return parts;
  }

  function say(curve, hour) {
    const two = String(hour).padStart(2, "0");
    const today = hour < curve.today.length ? O.format.number(curve.today[hour]) : O.format.NONE;
    return O.words.t("curve.hour", {
      hour: two, today, base_label: curve.base_label, base: O.format.number(curve.base[hour]),
    });
  }

  function tell(body, share) {
    const curve = O.panels.value("curve");
    const hour = Math.min(23, Math.max(0, Math.floor(share * 24)));
    if (curve) O.dom.text(body.curve.tell, say(curve, hour));
  }

  /** The next round number above the largest: the axis keeps still while the day grows. */
  function nice(most) {
    const size = 10 ** Math.floor(Math.log10(most));
    return [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((f) => f * size).find((n) => n >= most * 1.12 && Number.isInteger(n)) || 2 * most;
  }

  sections.curve = {
    box: "curve",
    draw(curve, box) {
      const { text, attr, h, panel } = O.dom;
      const p = panel(box);
      const c = p.body.curve || frame(p.body);
      text(p.title, O.words.t("curve.title"));
      if (!p.aside.firstChild) {
        p.aside.append(h("span", { class: "key key-today" }), h("span", { class: "key key-base" }));
      }
      text(p.aside.firstChild, O.words.t("curve.today"));
      text(p.aside.lastChild, curve.base_label);
      // The hour that runs is not full yet: the line of today ends with the last whole hour.
      const hour = O.format.moment(O.panels.now(), O.panels.zone()).hour;
      const whole = curve.today.slice(0, Math.floor(hour));
      const top = nice(Math.max(...whole, ...curve.base, 1));
      const y = (n) => (H - (n / top) * H).toFixed(1);
      attr(c.base, "d", curve.base.length ? line(curve.base, y) : "");
      attr(c.today, "d", whole.length ? line(whole, y) : "");
      attr(c.area, "d", whole.length > 1 ? line(whole, y) + "L" + x(whole.length - 1) + " " + H + "L" + x(0) + " " + H + "Z" : "");
      const at = ((hour / 24) * W).toFixed(1);
      attr(c.now, "x1", at);
      attr(c.now, "x2", at);
      text(c.top, O.format.number(top));
      const last = Math.max(0, whole.length - 1);
      attr(c.plot, "aria-label", O.words.t("curve.title") + " · " + say(curve, last));
    },
  };
})();
