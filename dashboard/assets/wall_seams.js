/* Monitors that hang one above the other: no title, figure or row of a list lies across the seam between two of them; what
   would begins below it. Told by wall_kiosk.js how the screen hangs. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const SIDES = ["left", "right"];
  const WHOLE = ".panel-head, .panel:not(.panel-curve) > .panel-body > *, .panel-curve";
  const NEAR = 0.5;
  const TRIES = 10;
  let told = { rows: 1, bezel: 0, shift: 0 };
  let moved = [];
  let asked = 0;
  let watch = null;

  /** [top, bottom] of each seam, with the room by which the picture wanders. */
  function seams({ rows, bezel, shift }) {
    const half = bezel / 2 + shift;
    return Array.from({ length: rows - 1 }, (_, i) => {
      const y = (innerHeight / rows) * (i + 1);
      return [y - half, y + half];
    });
  }

  /** What lies across a seam and is the first of its panel to do so, with how far it has to go. */
  function across(side, [top, bottom]) {
    const first = new Map();
    for (const node of side.querySelectorAll(WHOLE)) {
      const box = node.getBoundingClientRect();
      const panel = node.closest(".panel");
      const beyond = box.left >= panel.getBoundingClientRect().right - NEAR; // a row for which its list has no room
      if (beyond || !box.height || box.top >= bottom - NEAR || box.bottom <= top + NEAR) continue;
      const held = first.get(panel);
      if (!held || box.top < held[0].top - NEAR) first.set(panel, [{ top: box.top, node }]);
      else if (box.top < held[0].top + NEAR) held.push({ top: box.top, node });
    }
    return [...first.values()].flat().map((one) => [one.node, bottom - one.top]);
  }

  /** Anew from the top: what lies lower moves with what is pushed. */
  function keep() {
    for (const node of moved) node.style.marginTop = "";
    moved = [];
    for (const side of SIDES.map((id) => document.getElementById(id))) {
      for (const seam of seams(told)) {
        let pushed = across(side, seam);
        // A panel that stands between two others grows upwards, too, when it is pushed.
        for (let tries = 0; pushed.length && tries < TRIES; tries += 1) {
          for (const [node, by] of pushed) node.style.marginTop = parseFloat(getComputedStyle(node).marginTop) + by + "px";
          moved.push(...pushed.map(([node]) => node));
          pushed = across(side, seam);
        }
      }
    }
  }

  function soon() {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(keep);
  }

  /** How many monitors hang one above the other, and what lies between two pictures. */
  function hang(kiosk) {
    told = kiosk;
    if (told.rows > 1 && !watch) {
      watch = new MutationObserver(soon);
      const what = { childList: true, subtree: true, attributeFilter: ["data-off", "aria-busy"] };
      for (const id of SIDES) watch.observe(document.getElementById(id), what);
      addEventListener("resize", soon);
    }
    if (watch) soon();
  }

  O.seams = { hang };
})();
