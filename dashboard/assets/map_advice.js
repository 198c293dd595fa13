/* What the map shows of the details beside it: where the selected thing lies, and, while a dispatch is being decided,
   who could go, with the way of each: by road, or a straight line with gaps. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const M = (O.map = O.map || {});
  const S = (M.state = M.state || {});
  const EDGE = 0.06;
  const PAN_MS = 350;
  let ways = null;         // {at, units: [[code, …, lon, lat, open events, way by road or []]…], chosen}
  let seen = { selected: "", at: null };

  function features() {
    if (!ways || !ways.at) return [];
    return ways.units.flatMap(([code, , , lon, lat, , line]) => {
      const chosen = code === ways.chosen ? 1 : 0;
      const there = [lon, lat];
      const road = line && line.length ? 1 : 0;
      const way = { type: "LineString", coordinates: road ? line : [there, ways.at] };
      return [
        { type: "Feature", geometry: way, properties: { kind: "way", chosen, road } },
        { type: "Feature", geometry: { type: "Point", coordinates: there }, properties: { kind: "unit", chosen } },
      ];
    });
  }

  function redraw() {
    const source = S.map && S.map.getSource("onescreen/advice");
    if (source) source.setData({ type: "FeatureCollection", features: features() });
  }

  /** Show who could go to a place, one of them stronger; nothing without units. */
  function show(at, units, chosen) {
    const next = units && units.length ? { at, units, chosen } : null;
    if (JSON.stringify(next) === JSON.stringify(ways)) return;
    ways = next;
    redraw();
  }

  /** The selected thing lies here: ring it, and bring it into sight if it is not, at the zoom that is. */
  function see(selected, at, fresh) {
    const moved = JSON.stringify(at) !== JSON.stringify(seen.at) || selected !== seen.selected;
    seen = { selected, at };
    if (!S.alive) return;
    if (moved) M.pointer.selected();
    if (!fresh || !at || O.view.parse().page !== "duty") return;
    const box = S.map.getContainer();
    const p = S.map.project(at);
    const edge = Math.min(box.clientWidth, box.clientHeight) * EDGE;
    if (p.x >= edge && p.x <= box.clientWidth - edge && p.y >= edge && p.y <= box.clientHeight - edge) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    M.moved();
    S.map.panTo(at, { duration: still ? 0 : PAN_MS });
  }

  M.advice = { show, redraw, see, spot: (selected) => (selected === seen.selected ? seen.at : null), ways: () => ways };
})();
