/* A unit taken from the map and dropped on an event, on the map or in the queue, opens the dispatch of that event with
   this unit chosen. It is sent by the hand that confirms it, never by the drop. The keys have a way of their own: the
   candidates, and the field for others below them. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const M = (O.map = O.map || {});
  const S = (M.state = M.state || {});
  const START_PX = 6;
  let drag = null;         // {unit, x, y, began}
  let ghost = null;

  let allowed = () => false; // whoever has a use for it says when (the desk)

  const may = () => S.alive && allowed();

  function pointOf(event) {
    const box = S.map.getCanvasContainer().getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top, inside: event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom };
  }

  function down(event) {
    if (event.button || event.pointerType === "touch" || !may() || !S.map.getCanvasContainer().contains(event.target)) return;
    const hit = M.pointer.hitAt(pointOf(event));
    if (!hit || hit.layer !== "units" || hit.props.n !== undefined) return;
    drag = { unit: hit.id, x: event.clientX, y: event.clientY, began: false };
    S.map.dragPan.disable();
  }

  /** The event under the pointer: {code, name} of a row of the queue or of a mark; null elsewhere. */
  function target(event) {
    const over = document.elementFromPoint(event.clientX, event.clientY);
    const row = over && over.closest(".job[data-key]");
    if (row) return { code: row.dataset.key, name: row.parts.name.textContent };
    const point = pointOf(event);
    const hit = point.inside && over && S.map.getCanvasContainer().contains(over) ? M.pointer.hitAt(point) : null;
    if (!hit || hit.layer !== "events") return null;
    return { code: hit.id, name: (S.kit.subtypes[S.view.lang] || {})[hit.props.s] || hit.id };
  }

  function move(event) {
    if (!drag) return;
    if (!drag.began && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < START_PX) return;
    drag.began = true;
    const on = target(event);
    if (!ghost) {
      ghost = O.dom.h("div", { class: "map-tip drag-tip", role: "status" });
      document.body.append(ghost);
    }
    O.dom.text(ghost, on ? O.words.t("drag.on", { unit: drag.unit, event: on.name }) : O.words.t("drag.drop", { unit: drag.unit }));
    O.dom.attr(ghost, "data-on", Boolean(on));
    ghost.style.transform = `translate(${event.clientX + 14}px, ${event.clientY + 14}px)`;
  }

  function end() {
    if (!drag) return;
    drag = null;
    if (ghost) ghost.remove();
    ghost = null;
    if (S.map) S.map.dragPan.enable();
  }

  function up(event) {
    if (!drag) return;
    const { unit, began } = drag;
    const on = began && event.type === "pointerup" ? target(event) : null;
    end();
    if (on) O.steps.want(on.code, "dispatch", unit);
  }

  addEventListener("pointerdown", down, { capture: true });
  addEventListener("pointermove", move, { passive: true });
  addEventListener("pointerup", up);
  addEventListener("pointercancel", end);
  addEventListener("blur", end);
  M.drag = { end, active: () => Boolean(drag && drag.began), allow: (when) => (allowed = when) };
})();
