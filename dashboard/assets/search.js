/* The search box: areas by name, initials or code, events by code. A combobox with a list box, as WAI-ARIA has it. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const WAIT_MS = 90;
  let parts = null;
  let chosen = -1;
  let waiting = 0;
  let asked = 0;

  function build(box) {
    const { h, icon } = O.dom;
    const input = h("input", {
      type: "search", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "search-list",
    });
    const list = h("ul", { id: "search-list", role: "listbox", hidden: true });
    box.replaceChildren(icon("search"), input, h("kbd", { "aria-hidden": "true" }, "/"), list);
    parts = { box, input, list };
    input.addEventListener("input", ask);
    input.addEventListener("keydown", onKey);
    input.addEventListener("focus", () => input.value && ask());
    box.addEventListener("focusout", (e) => box.contains(e.relatedTarget) || close());
    list.addEventListener("pointerdown", (e) => e.preventDefault());
    list.addEventListener("click", close);
  }

  function ask() {
    clearTimeout(waiting);
    const text = parts.input.value.trim();
    if (!text) return close();
    waiting = setTimeout(() => {
      asked += 1;
      window.dash_clientside.set_props("search-ask", { data: { text, n: asked, lang: O.words.lang() } });
    }, WAIT_MS);
    return undefined;
  }

  function close() {
    clearTimeout(waiting);
    chosen = -1;
    parts.list.hidden = true;
    O.dom.attr(parts.input, "aria-expanded", "false");
    O.dom.attr(parts.input, "aria-activedescendant", null);
  }

  function choose(i) {
    const options = parts.list.querySelectorAll("[role=option]");
    if (!options.length) return;
    chosen = (i + options.length) % options.length;
    options.forEach((node, k) => O.dom.attr(node, "aria-selected", String(k === chosen)));
    O.dom.attr(parts.input, "aria-activedescendant", options[chosen].id);
    options[chosen].scrollIntoView({ block: "nearest" });
  }

  function onKey(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      choose(chosen + steps[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = parts.list.querySelectorAll("[role=option] a")[Math.max(0, chosen)];
      if (option && !parts.list.hidden) option.click();
      parts.input.blur();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      parts.input.value = "";
      close();
      parts.input.blur();
    }
  }

  /** The server's answer: {n, text, rows: [[kind, code, name, where]…]}; an answer to an older question is dropped. */
  function show(answer) {
    if (!answer || answer.n !== asked || !parts.input.value.trim()) return;
    const { h, attr } = O.dom;
    const items = answer.rows.map(([kind, code, name, where], i) => {
      const address = kind === "area" ? O.view.withArea(code) : O.view.withParam("selected", kind + ":" + code);
      return h("li", { role: "option", id: "search-option-" + i, "aria-selected": "false" },
        h("a", { href: address, tabindex: "-1" }, h("span", {}, name), h("small", {}, where)));
    });
    if (!items.length) items.push(h("li", { class: "none" }, O.words.t("search.none", { text: answer.text })));
    parts.list.replaceChildren(...items);
    parts.list.hidden = false;
    attr(parts.input, "aria-expanded", "true");
    chosen = -1;
    if (answer.rows.length) choose(0);
  }

  O.sections = O.sections || {};
  O.sections.search = {
    box: "search",
    draw() {
      O.dom.attr(parts.input, "aria-label", O.words.t("search.label"));
      O.dom.attr(parts.input, "placeholder", O.words.t("search.label"));
      O.dom.attr(parts.input, "title", O.words.t("search.hint"));
      O.dom.attr(parts.list, "aria-label", O.words.t("search.label"));
    },
  };

  O.search = { build, show, focus: () => parts && (parts.input.focus(), parts.input.select()) };
  (O.mounts = O.mounts || []).push(() => O.panels.apply("search", true));
})();
