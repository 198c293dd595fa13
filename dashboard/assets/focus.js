/* Theme screens: the panels that a focus shows, and its name beside the path. What it counts is the address's. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const wide = new Map(); // panels that are otherwise for wide walls only
  let name = null;

  function draw() {
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

  (O.mounts = O.mounts || []).push(() => {
    for (const panel of document.querySelectorAll(".side > .panel")) wide.set(panel, panel.hasAttribute("data-extra"));
    name = O.dom.h("strong", { class: "focus-name", hidden: true });
    document.querySelector("#header .path").after(name);
    O.view.onChange(draw);
    draw();
  });
})();
