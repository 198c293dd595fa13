/* The board on the left of the pages "units", "list" and "grids": a head, a windowed list (rows.js), and what both have alike. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const RENEW_MS = 3000;
  const TYPING_MS = 250;
  const FORMATS = [["csv", "CSV"], ["xlsx", "Excel"], ["geojson", "GeoJSON"]];
  const boards = {};
  let box = null;

  const page = () => O.view.parse().page;

  /** The part of the address that a board's rows depend on: what is selected, the theme and the layers are not. */
  function asks() {
    const now = O.view.parse();
    for (const name of ["selected", "theme", "layers", "measure", "piles"]) now.params.delete(name);
    return now.path + "?" + now.params.toString();
  }

  /** The same without what leaves the numbers of the head as they are, or nearly: the order, and a text that is typed. */
  const figures = (place) => place.replace(/([?&])(sort|unit|grid)=[^&]*/g, "$1").replace(/[?&]+/g, "&").replace(/&$/, "");

  /** A board for a page, which is also the name of its windows: {page, height, head: [nodes], key, make, update, open, drawHead}. */
  function board(spec) {
    const { h } = O.dom;
    // `known`: an answer to this very place has come; `answer` may be of another order or text.
    const b = { place: "", answer: null, known: false, failed: false };
    b.rows = h("div", { class: "board-rows" });
    b.empty = h("p", { class: "desk-empty", role: "status" });
    b.node = h("div", { class: "board board-" + spec.page, hidden: true }, ...spec.head,
      h("div", { class: "desk-list" }, b.rows, b.empty), spec.foot || null);
    const ask = O.windows.asker(spec.page, {
      place: () => b.place,
      take(answer) {
        b.answer = answer;
        b.known = true;
        b.failed = false;
        b.list.take(answer);
        b.draw();
      },
      failed(error) {
        b.failed = true;
        b.list.failed(error.refused);
        b.draw();
      },
    });
    b.list = O.rows.list(b.rows, {
      height: spec.height, key: spec.key, make: spec.make, update: spec.update, open: spec.open, ask, ticks: false,
    });
    b.on = () => page() === spec.page;
    b.draw = () => {
      if (!b.on()) return;
      spec.drawHead(b);
      b.list.refresh();
    };
    /** Why there are no rows: none are in the list, they could not be read, or they are on their way. */
    b.say = (none, wait) => {
      const missed = b.failed && !b.known;
      O.dom.attr(b.empty, "hidden", !missed && Boolean(b.answer) && b.answer.total > 0);
      O.dom.text(b.empty, O.words.t(missed ? "list.failed" : b.answer ? none : wait));
    };
    b.change = () => {
      b.node.hidden = !b.on();
      if (!b.on()) return void (b.place = "");
      const next = asks();
      if (next !== b.place) {
        if (figures(b.place) !== figures(next)) b.answer = null;
        b.place = next;
        b.known = b.failed = false;
        b.list.reset();
      }
      b.draw();
    };
    b.tick = () => {
      if (!b.on() || document.hidden) return;
      b.list.renew();
      b.draw();
    };
    boards[spec.page] = b;
    return b;
  }

  /** A search field of a page whose text goes into a parameter of the address while it is typed. */
  function finder(name, of) {
    const { h, icon } = O.dom;
    let typing = 0;
    const field = h("input", { type: "search", class: "desk-text", autocomplete: "off", spellcheck: "false", maxlength: "40" });
    field.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => page() === of && O.view.go(O.view.withParam(name, field.value.trim()), { replace: true }), TYPING_MS);
    });
    return { field, node: h("label", { class: "desk-find" }, icon("search"), field) };
  }

  function chooser(name, values, first) {
    const node = O.dom.h("select", { class: "desk-order" }, ...values.map((v) => O.dom.h("option", { value: v })));
    node.addEventListener("change", () => O.view.go(O.view.withParam(name, node.value === first() ? "" : node.value)));
    return node;
  }

  /** The ways to take the list along; for whoever may. `what` is "list", "units" or "grids". */
  function exporter(what) {
    const { h } = O.dom;
    const links = FORMATS.map(([ending, name]) => h("a", { class: "export-link", "data-format": ending, download: "", target: "_self" }, name));
    const said = h("span", { class: "export-said" });
    const title = h("span", { class: "export-title" });
    const node = h("div", { class: "desk-foot board-foot", hidden: true }, title, ...links, h("div", { class: "gap" }), said);
    function draw(total, most) {
      const { text, attr } = O.dom;
      attr(node, "hidden", !O.account.me().export || !total);
      text(title, O.words.t("export.title"));
      FORMATS.forEach(([ending, name], i) => {
        attr(links[i], "href", "/lists/" + what + "." + ending + "?of=" + encodeURIComponent(O.view.address()));
        attr(links[i], "aria-label", O.words.t("export.format", { format: name }));
      });
      text(said, most && total > most ? O.words.t("export.capped", { n: O.format.number(most) }) : "");
    }
    return { node, draw };
  }

  O.board = { board, finder, chooser, exporter };
  (O.mounts = O.mounts || []).push(() => {
    box = document.getElementById("board");
    for (const make of O.boards || []) make();
    box.replaceChildren(...Object.values(boards).map((b) => b.node));
    const all = (name) => () => Object.values(boards).forEach((b) => b[name]());
    O.view.onChange(all("change"));
    all("change")();
    setInterval(all("tick"), RENEW_MS);
    O.sections = O.sections || {};
    O.sections.board = { box: "board", draw: all("draw") };
    O.panels.apply("board", true);
  });
})();
