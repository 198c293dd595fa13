/* What is selected: an event, a unit or an area, asked from the server by its code and asked again while it is open. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const AGAIN_MS = 5000;
  const STACKED = "(max-width: 820px), (max-aspect-ratio: 1/1)";   // as in shell_phone.css
  let asked = 0;
  let shown = "";
  let again = 0;
  let from = null;
  let contact = 0;

  function ask() {
    clearTimeout(again);
    const selected = O.view.parse().page === "wall" ? "" : O.view.param("selected");
    if (!selected) return close();
    if (selected !== shown) from = document.activeElement;
    if (!document.hidden) {
      asked += 1;
      const question = { selected, n: asked, lang: O.words.lang(), address: O.view.address() };
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
    if (box.parts) O.steps.leave();
    const stays = O.view.parse().page === "duty";
    O.dom.attr(box, "data-empty", stays ? O.words.t("drawer.empty") : null);
    for (const name of ["data-urgency", "aria-label"]) O.dom.attr(box, name, null);
    box.hidden = !stays;
  }

  function value(node, [, kind, raw]) {
    const { text, attr } = O.dom;
    const now = O.panels.now();
    const zone = O.panels.zone();
    if (kind === "event") return void linked(node.children[0], raw);
    if (kind === "listed") return void listed(node.children[0], raw);
    if (kind === "strip") return void strip(node.children[0], raw);
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

  /* Another event: its code is a link to its card. */
  function linked(node, [code, label]) {
    const { h, text, link } = O.dom;
    if (!node.firstElementChild) node.replaceChildren(h("a", {}));
    text(link(node.firstElementChild, O.view.withParam("selected", "event:" + code)), label);
  }

  /* A number of the area that is shown: it opens its list. */
  function listed(node, [n, opens]) {
    const { h, text } = O.dom;
    if (!node.firstElementChild) node.replaceChildren(h("a", {}));
    O.lists.lead(text(node.firstElementChild, O.format.number(n)), opens, { area: shown.slice(shown.indexOf(":") + 1) });
  }

  /* Past shifts as cells, a column for each day: how it was, and in words. */
  function strip(node, cells) {
    const { h, attr, rows } = O.dom;
    node.classList.add("strip");
    const deep = Math.max(1, Math.ceil(cells.length / 30));
    node.style.gridTemplateRows = "repeat(" + deep + ", 1fr)";
    rows(node, cells, (_, i) => i, () => h("i", {}), (cell, [colour, said]) => attr(attr(cell, "data-colour", colour), "title", said));
  }

  function build(box) {
    const { h, icon } = O.dom;
    const p = {
      kind: h("span", { class: "drawer-kind" }), title: h("h2", { tabindex: "-1" }), close: h("a", { class: "tool drawer-close" }, icon("close")),
      note: h("p", { class: "drawer-note" }), list: h("dl", {}),
      contact: h("div", { class: "drawer-contact", hidden: true }, h("button", { type: "button", class: "button" }), h("output", {})),
      steps: O.steps.build(), blocks: h("div", { class: "drawer-blocks" }), photos: O.photos.build(),
      past: h("section", { class: "drawer-past", hidden: true }, h("h3", {}), h("ol", {})), enter: h("a", { class: "button" }),
    };
    box.replaceChildren(h("div", { class: "drawer-head" }, h("div", {}, p.kind, p.title), p.close), p.note, p.list, p.contact, p.steps, p.blocks, p.photos, p.past, p.enter);
    p.contact.firstChild.addEventListener("click", askContact);
    box.parts = p;
    return p;
  }

  /* What happened to it, the newest first: when, what, by whom, and why. */
  function drawPast(box, moments) {
    const { h, text, attr, rows } = O.dom;
    attr(box, "hidden", !moments.length);
    text(box.firstChild, O.words.t("drawer.timeline"));
    const now = O.panels.now();
    const zone = O.panels.zone();
    const make = () => h("li", {}, h("time", {}), h("strong", {}), h("span", {}), h("q", {}));
    rows(box.lastChild, moments.slice().reverse(), (_, i) => moments.length - i, make, (node, [at, what, who, why]) => {
      text(node.children[0], O.format.when(at, zone, now));
      text(node.children[1], what);
      text(node.children[2], who);
      attr(text(node.children[3], why), "hidden", !why);
    });
  }

  /* A reporter's contact is asked for by hand, shown while the card is open, and that it was asked is written down. */
  function askContact() {
    contact += 1;
    const code = shown.slice(shown.indexOf(":") + 1);
    window.dash_clientside.set_props("contact-ask", { data: { code, n: contact } });
  }

  function drawContact(box, answer, fresh) {
    const { text, attr } = O.dom;
    attr(box, "hidden", !answer.contact);
    text(box.firstChild, O.words.t("drawer.contact"));
    attr(box.firstChild, "title", O.words.t("drawer.contact.logged"));
    if (fresh) text(box.lastChild, "");
  }

  function reveal(answer) {
    const box = document.getElementById("drawer");
    if (!answer || answer.n !== contact || shown !== "event:" + answer.code || !box.parts) return;
    O.dom.text(box.parts.contact.lastChild, answer.contact || O.words.t("drawer.contact.none"));
  }

  function drawRows(list, lines) {
    const { h, text, rows } = O.dom;
    const make = () => h("div", {}, h("dt", {}), h("dd", {}, h("span", {}), h("span", { class: "left" })));
    rows(list, lines, (line, i) => i + line[0], make, (node, line) => {
      text(node.firstChild, line[0]);
      value(node.lastChild, line);
    });
  }

  /* What else is on record about an event, part by part. */
  function drawBlocks(box, blocks) {
    const { h, text, rows } = O.dom;
    rows(box, blocks, (b) => b[0], () => h("section", {}, h("h3", {}), h("dl", {})), (node, [title, lines]) => {
      text(node.firstChild, title);
      drawRows(node.lastChild, lines);
    });
  }

  /** The answer: {n, selected, kind, title, urgency, note, rows, enter, contact, steps, timeline, blocks, at, photos}, as callbacks/selection.py has it. */
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
    drawRows(p.list, answer.rows);
    drawBlocks(p.blocks, answer.blocks || []);
    // Seen first, and its title has the focus, before a form within it may take it.
    attr(box, "data-empty", null);
    box.hidden = false;
    const working = document.activeElement && document.activeElement.closest("#desk");
    // Where the card lies below the list, it is brought into sight.
    const stacked = matchMedia(STACKED).matches;
    if (fresh && (stacked || !working)) p.title.focus({ preventScroll: !stacked });
    O.map.advice.see(answer.selected, answer.at, fresh);
    drawContact(p.contact, answer, fresh);
    O.steps.draw(p.steps, O.replay.on() ? Object.assign({}, answer, { steps: null }) : answer, fresh);
    O.photos.draw(p.photos, answer.photos || []);
    drawPast(p.past, answer.timeline || []);
    const enter = answer.enter && answer.enter[0] !== O.view.parse().area ? answer.enter : null;
    text(p.enter, enter ? O.words.t("drawer.enter", { name: enter[1] }) : "");
    attr(link(p.enter, enter ? O.view.withArea(enter[0]) : null), "hidden", !enter);
  }

  O.sections = O.sections || {};
  O.sections.drawer = { box: "drawer", draw };
  O.drawer = { again: ask, reveal, show: (answer) => answer && answer.n === asked && O.panels.apply("drawer", answer) };
  (O.mounts = O.mounts || []).push(() => {
    O.view.onChange(ask);
    ask();
  });
})();
