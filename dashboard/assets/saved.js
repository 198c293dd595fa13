/* Saved views of the queue: opened by a click or their digit, saved by a name, deleted where they stand. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const DIGITS = 9;
  let views = [];          // [name, address]
  let asked = 0;
  let naming = false;
  let saving = 0;          // the question that saves what is being named
  let parts = null;

  function ask(action, name) {
    asked += 1;
    if (action === "save") saving = asked;
    const data = { n: asked, action, name: name || "", address: O.view.address(), lang: O.words.lang() };
    window.dash_clientside.set_props("views-ask", { data });
  }

  /** The views as they are now: {n, views, told}. */
  function take(answer) {
    if (!answer || answer.n !== asked) return;
    views = answer.views;
    if (parts) {
      O.dom.attr(O.dom.text(parts.told, answer.told), "hidden", !answer.told);
      if (!answer.told && answer.n === saving) named();
      const here = parts.list.contains(document.activeElement);
      draw();
      if (here && !parts.list.contains(document.activeElement)) O.queue.focus(); // it was removed under the hand
    }
  }

  /** The address of a saved view, in the language and the theme of the page. */
  function addressOf(view) {
    const url = new URL(view[1], location.origin);
    for (const kept of ["lang", "theme"]) {
      const value = O.view.parse().params.get(kept);
      if (value) url.searchParams.set(kept, value);
    }
    return url.pathname + url.search;
  }

  function open(n) {
    if (views[n - 1]) O.view.go(addressOf(views[n - 1]));
  }

  function name(yes) {
    naming = yes;
    parts.field.value = "";
    draw();
    if (yes) parts.field.focus();
  }

  /** By hand, which goes on in the queue; where the field was only left, the focus is elsewhere already. */
  function named() {
    name(false);
    O.queue.focus();
  }

  function build(box) {
    const { h } = O.dom;
    parts = {
      list: h("div", { class: "views-list" }), field: h("input", { type: "text", class: "views-name", maxlength: "32", autocomplete: "off", hidden: true }),
      save: h("button", { type: "button", class: "views-save" }), told: h("p", { class: "views-told", role: "status", hidden: true }),
    };
    box.replaceChildren(parts.list, parts.field, parts.save, parts.told);
    parts.save.addEventListener("click", () => name(true));
    parts.field.addEventListener("blur", () => naming && !parts.field.value && name(false));
    parts.field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") named();
      else if (event.key === "Enter" && !event.isComposing && parts.field.value.trim()) ask("save", parts.field.value.trim());
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  function makeView() {
    const { h, icon } = O.dom;
    const node = h("span", { class: "view" }, h("a", {}, h("kbd", { "aria-hidden": "true" }), h("span", {})), h("button", { type: "button" }, icon("close")));
    node.lastChild.addEventListener("click", () => ask("forget", node.dataset.key));
    node.firstChild.addEventListener("keydown", (event) => event.key === "Delete" && ask("forget", node.dataset.key));
    return node;
  }

  function draw() {
    const { text, attr, link, rows } = O.dom;
    const here = O.queue.asks(O.view.address());
    rows(parts.list, views, (v) => v[0], makeView, (node, view, i) => {
      const a = link(node.firstChild, addressOf(view));
      attr(a, "aria-current", O.queue.asks(view[1]) === here ? "true" : null);
      attr(a, "title", i < DIGITS ? O.words.t("views.key", { n: i + 1 }) : null);
      attr(text(a.firstChild, i < DIGITS ? i + 1 : ""), "hidden", i >= DIGITS);
      text(a.lastChild, view[0]);
      attr(node.lastChild, "aria-label", O.words.t("views.forget", { name: view[0] }));
    });
    parts.field.hidden = !naming;
    parts.save.hidden = naming;
    text(parts.save, "＋ " + O.words.t("views.save"));
    attr(attr(parts.field, "placeholder", O.words.t("views.name")), "aria-label", O.words.t("views.name"));
    attr(parts.list, "aria-label", O.words.t("views.title"));
  }

  O.saved = { build, draw, take, open, ask: () => ask("list"), save: () => name(true) };
})();
