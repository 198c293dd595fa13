/* The hand on a windowed list (rows.js): arrows, Home, End, PageUp, PageDown, Enter, Space (tick), Shift with arrows or click
   (a run of ticks), Ctrl with click (one), and whether a row is pressed. A tick's own place in a row is an element .rows-tick. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});

  /** `list` is {ticks, move, run, tick, go, enter, page, index, released}: whether rows can be ticked, and what a hand does. */
  O.rowsHand = function (box, space, list) {
    let pressed = false;

    const STEPS = {
      ArrowDown: () => 1, ArrowUp: () => -1, PageDown: () => list.page(), PageUp: () => -list.page(), Home: () => -Infinity, End: () => Infinity,
    };

    // A key that is held goes along, and does nothing else twice.
    function act(event) {
      if (event.repeat) return;
      if (event.key === "Enter") list.enter();
      else if (list.index() >= 0) list.tick(list.index());
    }

    function onKey(event) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = STEPS[event.key];
      const run = list.ticks && event.shiftKey;
      if (step) {
        list.move(step(), { keep: run });
        if (run && list.index() >= 0) list.run(list.index());
      } else if (event.key === "Enter" || (event.key === " " && list.ticks)) act(event);
      else return;
      event.preventDefault();
    }

    function onClick(event) {
      const node = event.target.closest(".rows-row");
      if (!node || !space.contains(node)) return;
      const index = Number(node.dataset.index);
      if (list.ticks && event.shiftKey) return void list.run(index);
      if (list.ticks && (event.ctrlKey || event.metaKey || event.target.closest(".rows-tick"))) return void list.tick(index);
      list.go(index);
      list.enter();
    }

    function released() {
      pressed = false;
      list.released();
    }

    box.addEventListener("keydown", onKey);
    box.addEventListener("click", onClick);
    // Of a press on the scroll bar nobody tells the end, nor of one that opens a menu.
    box.addEventListener("pointerdown", (event) => (pressed = event.button === 0 && Boolean(event.target.closest(".rows-row"))));
    for (const kind of ["pointerup", "pointercancel", "contextmenu", "blur"]) addEventListener(kind, released);
    return { pressed: () => pressed };
  };
})();
