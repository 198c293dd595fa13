/* Theme screens: the panels that a focus shows, and its name beside the path. What it counts is the address's. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});
  const wide = new Map(); // panels that are otherwise for wide walls only
  let name = null;

  /** Beside the path, which stands by the time something is drawn. */
  function place() {
    name = O.dom.h("strong", { class: "focus-name" });
    document.querySelector("#header .path").after(name);
  }

  function draw() {
    if (!name) place();
    const focus = O.view.parse().params.get("focus") || "";
    const look = O.city.focuses[focus];
    O.dom.attr(document.documentElement, "data-focus", look ? focus : null);
    for (const [panel, extra] of wide) {
      const shown = look ? look.panels.includes(panel.id) : true;
      O.dom.attr(panel, "data-off", !shown);
      O.dom.attr(panel, "data-extra", extra && !(look && shown) ? "1" : null);
    }
    O.dom.text(name, look ? O.words.t("focus." + focus) : "").hidden = !look;
  }

  sections.focus = { box: "header", draw };
  (O.mounts = O.mounts || []).push(() => {
    for (const panel of document.querySelectorAll(".side > .panel")) wide.set(panel, panel.hasAttribute("data-extra"));
    O.panels.apply("focus", true);
  });
})();
