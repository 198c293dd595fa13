/* The keyboard: "/" searches, Esc closes what is open, arrows move along lists, Space flips switches. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});

  function typing(node) {
    return node && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));
  }

  function escape() {
    if (O.filters.isOpen()) return O.filters.show(false);
    if (O.view.parse().page !== "wall" && O.view.param("selected")) return O.view.go(O.view.withParam("selected", ""));
    return undefined;
  }

  function along(event, step) {
    const row = event.target.closest && event.target.closest(".panel-body > a");
    const next = row && (step > 0 ? row.nextElementSibling : row.previousElementSibling);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !O.words.ready()) return;
    if (event.key === "Escape") escape();
    else if (typing(event.target)) return;
    else if (event.key === "/" && O.view.parse().page === "area") {
      event.preventDefault();
      O.search.focus();
    } else if (event.key === "ArrowDown") along(event, 1);
    else if (event.key === "ArrowUp") along(event, -1);
    else if (event.key === " " && event.target.getAttribute("role")) {
      if (!/^(switch|checkbox)$/.test(event.target.getAttribute("role"))) return;
      event.preventDefault();
      event.target.click();
    }
  });
})();
