/* The map goes to one thing: in its own way of moving, so that Plotly keeps the place (see map.js, the camera). */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const M = (O.map = O.map || {});
  const NEARER = 2.2;
  const ZOOM_MAX = 14;

  const PATIENCE_MS = 15000;
  let waits = 0;

  /** Bring a place to the middle, nearer than the whole area is; what is near enough stays as near as it is. A map that
      is not there yet goes when it is. */
  M.goTo = function (lon, lat) {
    clearTimeout(waits);
    const until = performance.now() + PATIENCE_MS;
    (function go() {
      if (M.state.alive && M.state.card && M.state.fitZoom) move(lon, lat);
      else if (performance.now() < until) waits = setTimeout(go, 150);
    })();
  };

  function move(lon, lat) {
    const S = M.state;
    const zoom = Math.max(S.map.getZoom(), Math.min(S.fitZoom + NEARER, ZOOM_MAX));
    S.map.stop();
    // The event says that somebody wanted it: from then on a resize does not bring the whole area back.
    S.map.jumpTo({ center: [lon, lat], zoom }, { originalEvent: { type: "goto" } });
  }

  /** The same for a mark that is on the map; what is not drawn by itself has no place to go to. */
  M.goToMark = function (slot, id) {
    const mark = M.marks.get(slot, id);
    if (mark) M.goTo(...mark.geometry.coordinates);
  };
})();
