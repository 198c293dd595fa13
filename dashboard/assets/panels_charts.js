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
      name: h("a", { class: "bar-name" }), fill: h("i", {}), n: h("a", { class: "bar-n" }), open: h("a", { class: "bar-open" }),
    };
    const node = h("div", { class: "bar" }, parts.name, h("span", { class: "bar-track" }, parts.fill), parts.n, parts.open);
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
      // A wall shows what its theme screen counts: of all others it would say that there are none.
      const counted = chosen.size && O.view.parse().page === "wall" ? list.filter((row) => chosen.has(row[0])) : list;
      const quiet = list.every((row) => row[2] === 0);
      const top = Math.max(1, ...list.map((row) => (quiet ? row[3] : row[2])));
      rows(p.body, counted, (row) => row[0], bar, (node, [code, name, reported, open]) => {
        text(node.parts.name, name);
        attr(node.parts.name, "title", name);
        node.parts.fill.style.transform = "scaleX(" + ((quiet ? open : reported) / top).toFixed(4) + ")";
        text(node.parts.n, O.format.number(reported));
        text(node.parts.open, O.format.number(open));
        attr(node, "data-chosen", chosen.has(code));
        link(node.parts.name, O.view.toggled("classes", code));
        for (const [part, figure] of [[node.parts.n, "reported"], [node.parts.open, "open"]]) {
          O.lists.behind(part, figure, { filters: { classes: code }, what: name + " · " + O.words.t("figure." + figure) });
        }
      });
    },
  };

  const two = (hour) => String(hour).padStart(2, "0");
  const x = (hour) => (((hour + 0.5) / 24) * W).toFixed(1);
  /** From point to point; an hour that its day did not have is passed over. */
  const line = (values, y) => values.flatMap((n, i) => (n === null ? [] : [x(i) + " " + y(n)])).map((at, i) => (i ? "L" : "M") + at).join("");

  function frame(body) {
    const { h, svg } = O.dom;
    const thin = { "vector-effect": "non-scaling-stroke" };
    const parts = {
      area: svg("path", { class: "curve-area" }), base: svg("path", { class: "curve-base", ...thin }),
      today: svg("path", { class: "curve-today", ...thin }), now: svg("line", { class: "curve-now", y1: 0, y2: H, ...thin }),
      top: h("span", { class: "curve-top" }), tell: h("span", { class: "curve-tell", "aria-live": "off" }),
      links: h("div", { class: "curve-links", role: "group" }),
    };
    const grid = [0, 0.5, 1].map((f) => svg("line", { class: "curve-grid", x1: 0, x2: W, y1: f * H, y2: f * H, ...thin }));
    parts.drawn = svg("svg", { viewBox: "0 0 " + W + " " + H, preserveAspectRatio: "none", role: "img" },
      ...grid, parts.area, parts.base, parts.now, parts.today);
    const hours = h("div", { class: "curve-hours", "aria-hidden": "true" },
      ...["00", "06", "12", "18", "24"].map((n) => h("span", {}, n)));
    body.replaceChildren(h("div", { class: "curve-plot" }, parts.drawn, parts.top, parts.tell, parts.links), hours);
    for (const name of ["pointerover", "focusin"]) parts.links.addEventListener(name, (e) => tell(body, e.target));
    for (const name of ["pointerleave", "focusout"]) parts.links.addEventListener(name, () => O.dom.text(parts.tell, ""));
    parts.links.addEventListener("keydown", step);
    body.curve = parts;
    return parts;
  }

  /** One stop of the tab key for all hours: the arrows go from hour to hour. */
  function step(event) {
    const all = Array.from(event.currentTarget.children).filter((a) => a.hasAttribute("href"));
    const at = all.indexOf(event.target);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || !all[next]) return;
    all[next].focus();
    for (const a of all) a.tabIndex = a === all[next] ? 0 : -1;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Every hour opens the list of its reports: of today, or of last week where today has not come so far. */
  function drawLinks(box, curve) {
    const { h, attr, rows } = O.dom;
    const last = curve.today.length - 1;
    const ahead = curve.base.length ? "last_week" : null;
    attr(box, "aria-label", O.words.t("curve.title"));
    const stop = Array.from(box.children).find((a) => a.hasAttribute("href") && a.tabIndex === 0);
    rows(box, Array.from({ length: 24 }, (_, hour) => hour), (hour) => hour, () => h("a", { class: "curve-hour" }), (a, hour) => {
      const figure = (hour <= last ? curve.today : curve.base)[hour] === null ? null : hour <= last ? "reported" : ahead;
      if (figure) O.lists.behind(a, figure, { plain: true, filters: { hour: String(hour) }, what: O.words.t("figure." + figure) + " · " + O.words.t("list.hour", { hour: two(hour) }) });
      else O.dom.link(a, null);
      attr(a, "aria-label", say(curve, hour));
      attr(a, "tabindex", a.hasAttribute("href") ? (stop ? a === stop : hour === last) ? 0 : -1 : null);
    });
  }

  function say(curve, hour) {
    const today = hour < curve.today.length ? O.format.number(curve.today[hour]) : O.format.NONE;
    return O.words.t("curve.hour", {
      hour: two(hour), today, base_label: curve.base_label, base: O.format.number(curve.base[hour]),
    });
  }

  function tell(body, link) {
    const curve = O.panels.value("curve");
    if (curve && link.dataset.key) O.dom.text(body.curve.tell, say(curve, Number(link.dataset.key)));
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
      text(p.title, O.words.t("curve.title") + O.filters.unfiltered());
      if (!p.aside.firstChild) {
        p.aside.append(h("a", { class: "key key-today" }), h("a", { class: "key key-base" }));
      }
      O.lists.behind(text(p.aside.firstChild, O.words.t("curve.today")), "reported", { plain: true });
      O.lists.behind(text(p.aside.lastChild, curve.base_label), "last_week");
      drawLinks(c.links, curve);
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
      attr(c.drawn, "aria-label", O.words.t("curve.title") + " · " + say(curve, last));
    },
  };
})();
