/* Small steps on the document: build once, then change only what differs. All text goes in as text, never as HTML. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const SVG = "http://www.w3.org/2000/svg";

  function attr(node, name, value) {
    if (value === null || value === undefined || value === false) {
      node.removeAttribute(name);
    } else if (node.getAttribute(name) !== String(value)) {
      node.setAttribute(name, value === true ? "" : String(value));
    }
    return node;
  }

  function build(node, attrs, children) {
    for (const name of Object.keys(attrs || {})) attr(node, name, attrs[name]);
    for (const child of children) if (child) node.append(child);
    return node;
  }

  const h = (tag, attrs, ...children) => build(document.createElement(tag), attrs, children);
  const svg = (tag, attrs, ...children) => build(document.createElementNS(SVG, tag), attrs, children);

  function text(node, value) {
    const next = String(value);
    if (node.textContent !== next) node.textContent = next;
    return node;
  }

  /** A link that stays in the page: `address` is pushed to the history on click. Without an address: no link. */
  function link(node, address) {
    return attr(node, "href", address || null);
  }

  /**
   * Make the children of `box` show `rows`, keyed by `key(row, i)`: nodes are reused, moved only when out of order.
   * `make(row)` builds a node (its parts may hang on it as node.parts), `update(node, row, i)` writes into it.
   */
  function rows(box, list, key, make, update) {
    const old = new Map();
    for (const node of Array.from(box.children)) old.set(node.dataset.key, node);
    let at = box.firstElementChild;
    list.forEach((row, i) => {
      const k = String(key(row, i));
      let node = old.get(k);
      if (node) old.delete(k);
      else {
        node = make(row);
        node.dataset.key = k;
      }
      if (node === at) at = at.nextElementSibling;
      else box.insertBefore(node, at);
      update(node, row, i);
    });
    for (const node of old.values()) node.remove();
  }

  /** The parts of a panel, built once in its empty container: {title, aside, body}. */
  function panel(box, bodyTag) {
    if (!box.parts) {
      const title = h("h2", { class: "panel-title" });
      const aside = h("div", { class: "panel-aside" });
      const body = h(bodyTag || "div", { class: "panel-body" });
      box.replaceChildren(h("div", { class: "panel-head" }, title, aside), body);
      box.parts = { title, aside, body };
      box.setAttribute("aria-busy", "false");
    }
    return box.parts;
  }

  /** Where a panel has nothing to show, its body says why. */
  function empty(parts, message) {
    attr(parts.body, "data-empty", message || null);
  }

  const icons = {
    search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm5 11.500 4.500 4.500",
    link: "M10 14a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1",
    screen: "M3 5h18v11H3ZM9 20h6M12 16v4",
    show: "M8 4H3v12h18V4h-5M9 20h6M12 16v4M12 12V2M8.500 5.500 12 2l3.500 3.500",
    theme: "M12 3a9 9 0 1 0 0 18ZM12 3a9 9 0 0 1 0 18",
    filter: "M4 5h16l-6 7v6l-4 2v-8Z",
    close: "M6 6l12 12M18 6 6 18",
    account: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4 21c0-4 3.500-6.500 8-6.500s8 2.500 8 6.500",
    duty: "M4 6h2M9 6h11M4 12h2M9 12h11M4 18h2M9 18h11",
    check: "M5 12.500 10 17.500 19 7",
    units: "M8.500 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM2.500 19c0-3 2.500-5 6-5s6 2 6 5M16 6a2.500 2.500 0 0 1 0 5M17 14c2.500.300 4.500 2 4.500 5",
    replay: "M4 12a8 8 0 1 0 2.500-5.800M4 4v4.500h4.500M12 8v4.500l3 2",
    briefing: "M6 3h9l4 4v14H6ZM14 3v5h5M9 12h7M9 16h7",
    desk: "M4 4h7v7H4ZM13 4h7v7h-7ZM4 13h7v7H4ZM13 13h7v7h-7Z",
  };
  const icon = (name) =>
    svg("svg", { class: "icon icon-" + name, viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: icons[name] }));

  O.dom = { h, svg, attr, text, link, rows, panel, empty, icon };
})();
