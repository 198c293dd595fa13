/* What lies on the map: layer switches, the measure of the colours, filters with their chips, and the legend. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});
  const MEASURES = ["open", "overdue", "reported", "units", "density"];
  const GROUPS = [
    ["classes", "filters.class", () => O.city.classes.map((c) => c[0]), (v) => className(v)],
    ["urgencies", "filters.urgency", () => ["1", "2", "3", "4"], (v) => O.words.t("urgency." + v)],
    ["stages", "filters.stage", () => O.city.stages, (v) => O.words.t("stage." + v)],
    ["lights", "filters.light", () => O.city.lights, (v) => O.words.t("light." + v)],
    ["states", "filters.state", () => (listed() ? O.lists.states() : O.city.states), (v) => O.words.t("state." + v)],
    ["sources", "filters.source", () => O.city.sources, (v) => O.words.t("source." + v)],
    ["kinds", "filters.kind", () => O.city.kinds, (v) => O.words.t("department." + v)],
  ];
  const listed = () => O.view.parse().page === "list";
  let open = false;

  function className(code) {
    const row = O.city.classes.find((c) => c[0] === code);
    return row ? row[O.words.lang() === "en" ? 2 : 1] : O.words.t("classes.unlisted");
  }

  /** The code's own address change redraws this: switches are links with their state. */
  function drawLayers() {
    const { h, text, attr, link, rows } = O.dom;
    const box = document.getElementById("layer-switches");
    attr(box, "aria-label", O.words.t("tools.layers"));
    const on = new Set(O.view.several("layers"));
    rows(box, O.city.layers, (id) => id, () => h("a", { class: "switch", role: "switch" }), (node, id) => {
      attr(link(text(node, O.words.t("layer." + id)), O.view.toggled("layers", id)), "aria-checked", String(on.has(id)));
    });
  }

  function drawMeasure() {
    const { h, text, attr } = O.dom;
    const box = document.getElementById("measure");
    if (!box.firstChild) {
      const select = h("select", { id: "measure-select" }, ...MEASURES.map((m) => h("option", { value: m })));
      select.addEventListener("change", () => O.view.go(O.view.withParam("measure", select.value)));
      box.replaceChildren(h("label", { for: "measure-select" }), select);
    }
    const [label, select] = box.children;
    text(label, O.words.t("tools.measure"));
    for (const option of select.children) text(option, O.words.t("measure." + option.value));
    select.value = O.view.param("measure");
    attr(box, "data-off", !O.view.several("layers").includes("areas"));
  }

  function active() {
    const some = GROUPS.flatMap(([name, , , label]) => O.view.several(name).map((value) => ({ name, value, label: label(value) })));
    const day = O.view.param("day");
    if (day) some.push({ name: "day", value: day, label: O.words.t("filters.day", { day }) });
    const text = O.view.parse().page === "duty" ? O.view.param("text") : "";
    return text ? some.concat({ name: "text", value: text, label: O.words.t("filters.text", { text }) }) : some;
  }

  /** What a panel adds to its title that is of all events, whatever the filters. */
  const unfiltered = () => (active().length ? " · " + O.words.t("panel.unfiltered") : "");

  function drawChips(box) {
    const { h, text, attr, link, rows, icon } = O.dom;
    // A wall names its theme screen; what that counts is no filter of its own.
    const wall = O.view.parse().page === "wall";
    const list = active().filter((chip) => !wall || !O.view.brought(chip.name));
    const make = () => {
      const node = h("a", { class: "chip" }, h("span", {}), icon("close"));
      return node;
    };
    rows(box, list, (c) => c.name + "." + c.value, make, (node, chip) => {
      text(node.firstChild, chip.label);
      attr(link(node, ["text", "day"].includes(chip.name) ? O.view.withParam(chip.name, "") : O.view.toggled(chip.name, chip.value)), "aria-label", O.words.t("filters.remove", { what: chip.label }));
    });
    return list.length;
  }

  function buildFilters(box) {
    const { h, icon } = O.dom;
    const button = h("button", { type: "button", class: "switch", "aria-controls": "filter-panel" }, icon("filter"), h("span", {}));
    const groups = h("div", { class: "filter-groups" });
    const clear = h("a", { class: "filter-clear" });
    const piles = h("a", { class: "option", role: "checkbox" }, h("i", { class: "box" }), h("span", {}));
    const sheet = h("div", { class: "filter-panel", id: "filter-panel", role: "group", hidden: true }, groups,
      h("div", { class: "filter-foot" }, piles, clear));
    button.addEventListener("click", () => show(!open));
    box.replaceChildren(button, sheet);
    box.parts = { button, groups, clear, sheet, piles };
  }

  function show(next) {
    open = next;
    const box = document.getElementById("filters");
    box.parts.sheet.hidden = !open;
    O.dom.attr(box.parts.button, "aria-expanded", String(open));
    if (!open && box.contains(document.activeElement)) box.parts.button.focus();
  }

  /** Of open events; on a list of those behind its figure, null where nobody counted them. */
  function counted(name) {
    const open = (O.panels.value("filters") || {})[name] || {};
    if (name === "kinds") return null;
    if (!listed() || name === "stages" || name === "lights") return open;
    const counts = O.lists.counts();
    return counts ? counts[name] : null;
  }

  function drawGroup(node, [name, key, values, label]) {
    const { h, text, attr, link, rows } = O.dom;
    const counts = counted(name);
    const chosen = new Set(O.view.several(name));
    text(node.firstChild, O.words.t(key));
    const make = () => h("a", { class: "option", role: "checkbox" }, h("i", { class: "box" }), h("span", {}), h("b", {}));
    rows(node.lastChild, values(), (v) => v, make, (option, value) => {
      text(option.children[1], label(value));
      text(option.children[2], counts ? O.format.number(counts[value] || 0) : "");
      attr(option, "data-zero", Boolean(counts) && !counts[value]);
      attr(link(option, O.view.toggled(name, value)), "aria-checked", String(chosen.has(value)));
    });
  }

  function drawFilters() {
    const { h, text, attr, link, rows } = O.dom;
    const box = document.getElementById("filters");
    if (!box.parts) buildFilters(box);
    const n = drawChips(document.getElementById("chips"));
    const p = box.parts;
    text(p.button.lastChild, O.words.t("filters.title") + (n ? " " + n : ""));
    attr(p.button, "aria-expanded", String(open));
    attr(p.button, "data-on", n > 0);
    attr(p.sheet, "aria-label", O.words.t("filters.title"));
    attr(link(text(p.clear, O.words.t("filters.clear")), O.view.without([...GROUPS.map((g) => g[0]), "day", "text"])), "hidden", !n);
    const piles = O.view.param("piles") === "1";
    text(p.piles.lastChild, O.words.t("filters.piles"));
    attr(link(p.piles, O.view.withParam("piles", piles ? "" : "1")), "aria-checked", String(piles));
    rows(p.groups, GROUPS, (g) => g[0], () => h("fieldset", {}, h("legend", {}), h("div", { class: "options" })), drawGroup);
  }

  function drawFit() {
    const fit = document.getElementById("map-fit");
    if (fit) O.dom.attr(O.dom.attr(fit, "aria-label", O.words.t("map.fit")), "title", O.words.t("map.fit"));
  }

  sections.tools = {
    box: "map-tools",
    draw() {
      drawFit();
      drawLayers();
      drawMeasure();
      drawFilters();
    },
  };
  sections.filters = { box: "filters", draw: () => drawFilters() };

  /** The shapes of layers/palette.py on a field of 24 by 24. */
  const SHAPES = {
    diamond: "M12 3l9 9-9 9-9-9Z",
    triangle: "M12 4l9 16H3Z",
    circle: "M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14Z",
    square: "M5.500 5.500h13v13h-13Z",
    caret: "M12 3l7 18-7-5-7 5Z",
    burst: "M12 2l2.300 3.100 3.700-1.300.200 3.900 3.800 1.100-2.100 3.200 2.100 3.200-3.800 1.100-.200 3.900-3.700-1.300L12 22l-2.300-3.100-3.700 1.300-.200-3.900L2 15.200 4.100 12 2 8.800l3.800-1.100.200-3.900 3.700 1.300Z",
    ramp: "M1 6h22v12H1Z",
  };
  const ALIKE = { target: "circle", hollow: "circle", outlined: "diamond" };

  function swatch(item) {
    const { svg } = O.dom;
    const path = SHAPES[ALIKE[item.shape] || item.shape];
    const box = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", "data-shape": item.shape });
    box.style.color = item.color;
    if (path) box.append(svg("path", { d: path }));
    if (item.shape === "target") box.append(svg("circle", { cx: 12, cy: 12, r: 11 }));
    return box;
  }

  const opens = (node, list, what) => O.lists.lead(node, list, { what });

  function drawItem(node, item) {
    const { text, attr } = O.dom;
    const looks = item.shape + " " + item.color;
    if (node.dataset.looks !== looks) {
      node.replaceChild(swatch(item), node.firstChild);
      node.dataset.looks = looks;
    }
    const many = item.count === null || item.count === undefined ? "" : O.format.number(item.count);
    const [count, of] = node.children[2].children;
    text(node.children[1], item.text);
    opens(text(count, many), item.opens, item.text);
    opens(text(of, item.of ? O.format.number(item.of) : ""), item.of_opens, item.text);
    opens(text(node.children[3].firstChild, item.note || ""), item.note_opens, item.note);
    attr(node, "data-note", Boolean(item.note));
  }

  sections.legend = {
    box: "legend",
    draw(legend, box) {
      const { h, attr, rows } = O.dom;
      attr(box, "aria-label", O.words.t("legend.title"));
      const items = O.city.layers.flatMap((id) => (legend[id] || []).map((item) => ({ ...item, id: id + "." + item.key })));
      // A note that the next line repeats stands only once, under the last of them.
      items.forEach((item, i) => {
        if (i + 1 < items.length && items[i + 1].note === item.note) item.note = "";
      });
      const make = () => h("div", { class: "legend-item" }, h("i", {}), h("span", {}), h("b", {}, h("a", {}), h("a", { class: "legend-of" })), h("small", {}, h("a", {})));
      rows(box, items, (item) => item.id, make, drawItem);
      attr(box, "hidden", !items.length);
    },
  };

  O.filters = { show, isOpen: () => open, redraw: drawFilters, chips: drawChips, active, unfiltered };
  (O.mounts = O.mounts || []).push(() => {
    O.panels.apply("tools", true);
    document.addEventListener("pointerdown", (e) => {
      if (open && !e.target.closest("#filters, #chips")) show(false);
    });
  });
})();
