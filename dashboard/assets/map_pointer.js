/* Pointing at the map: hover tells, a click selects, a double click or Enter drills. What was hit goes to the page as a
   pick; Plotly's own hover, click and double click (which would move the camera back) get nothing. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const M = (O.map = O.map || {});
  const S = (M.state = M.state || {});
  const REACH_PX = 8;
  const DOUBLE_MS = 380;
  const DOUBLE_PX = 18;
  const PREFETCH_MS = 120;

  let areas = null;
  let hovered = "";
  let tip = null;
  let at = null;
  let frame = 0;
  let picks = 0;
  let lastClick = { t: 0, x: 0, y: 0, id: "" };
  let prefetch = 0;
  let wanted = 0;

  /* ---- areas under a point: the outlines are here, so nobody has to ask the drawing ---- */

  function indexed(collection) {
    return collection.features.map((feature) => {
      const g = feature.geometry;
      const polygons = g.type === "Polygon" ? [g.coordinates] : g.type === "MultiPolygon" ? g.coordinates : [];
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      for (const rings of polygons) {
        for (const [x, y] of rings[0]) {
          if (x < box[0]) box[0] = x;
          if (y < box[1]) box[1] = y;
          if (x > box[2]) box[2] = x;
          if (y > box[3]) box[3] = y;
        }
      }
      return { id: String(feature.id), feature, polygons, box };
    });
  }

  function inRings(rings, x, y) {
    let inside = false;
    for (const ring of rings) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const [ax, ay] = ring[i];
        const [bx, by] = ring[j];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      }
    }
    return inside;
  }

  function areaAt({ lng, lat }) {
    const hit = (areas || []).find(
      ({ box, polygons }) =>
        lng >= box[0] && lng <= box[2] && lat >= box[1] && lat <= box[3] && polygons.some((rings) => inRings(rings, lng, lat)),
    );
    return hit || null;
  }

  /** The outlines of the area that is shown; asked again until they come. */
  async function area() {
    const turn = ++wanted;
    areas = null;
    veil();
    try {
      const collection = await M.outlines(S.card.code);
      if (turn !== wanted) return;
      areas = indexed(collection);
      highlight();
    } catch (_) {
      setTimeout(() => turn === wanted && S.card && area(), 4000);
    }
  }

  /** What lies outside the area steps back; nothing does around the city. */
  async function veil() {
    const turn = wanted;
    const { code, depth } = S.card;
    const draw = (geometry) => {
      const source = S.alive && S.map.getSource("onescreen/veil");
      if (source) source.setData({ type: "FeatureCollection", features: geometry ? [{ type: "Feature", geometry, properties: {} }] : [] });
    };
    if (!depth) return draw(null);
    const collection = await M.outlines(code, "own").catch(() => null);
    if (turn !== wanted) return undefined;
    const own = collection && collection.features[0];
    if (!own) return draw(null);
    const polygons = own.geometry.type === "Polygon" ? [own.geometry.coordinates] : own.geometry.coordinates;
    const world = [[-180, -85], [180, -85], [180, 85], [-180, 85], [-180, -85]];
    return draw({ type: "Polygon", coordinates: [world, ...polygons.map((rings) => rings[0])] });
  }

  /* ---- what is under the pointer ---- */

  /** Slots whose marks can be picked, the uppermost first. */
  function pickable() {
    const slots = Object.entries(S.kit.slots);
    return slots.filter(([, spec]) => spec.kind === "marks" && spec.pick && S.view.layers.has(spec.layer)).reverse();
  }

  /**
   * The mark or, where there is none, the area at a point of the pane: {layer, id, props, lngLat}. The marks are asked
   * themselves: MapLibre's queryRenderedFeatures throws while a source is being renewed, which here is always.
   */
  function hitAt(point) {
    const r = REACH_PX * S.scale;
    const low = S.map.unproject([point.x - r, point.y + r]);
    const high = S.map.unproject([point.x + r, point.y - r]);
    const lngLat = S.map.unproject(point);
    for (const [slot, spec] of pickable()) {
      const mark = M.marks.nearest(slot, low, high, lngLat);
      if (mark) return { layer: spec.layer, id: mark.id, props: mark.properties, lngLat };
    }
    const over = areaAt(lngLat);
    return over && { layer: "areas", id: over.id, props: over.feature.properties || {}, lngLat };
  }

  /* ---- the tooltip ---- */

  function lines(hit) {
    if (hit.layer === "areas") {
      const label = M.marks.get("labels/names", hit.id);
      const name = label ? label.properties.n : (S.view.lang === "en" && hit.props.name_en) || hit.props.name || hit.id;
      const measure = O.view ? O.view.param("measure") : "open";
      const out = [name];
      if (label && label.properties.v) out.push(`${M.word("measure." + measure)} ${label.properties.v}`);
      return out;
    }
    if (hit.layer === "surges") return [hit.props.t, O.surges.tip(hit.props)];
    if (hit.props.n !== undefined) return [hit.props.t || "", M.word("map.units_here", { n: hit.props.n })];
    if (hit.layer === "events") {
      const subtypes = S.kit.subtypes[S.view.lang] || {};
      const late = hit.props.o ? ` · ${M.word("map.overdue")}` : "";
      return [subtypes[hit.props.s] || hit.props.s || hit.id, M.word("urgency." + hit.props.u) + late, hit.id];
    }
    return [hit.id, hit.props.f ? M.word("freshness." + hit.props.f) : ""];
  }

  function showTip(hit, point) {
    if (!tip) {
      tip = document.createElement("div");
      tip.className = "map-tip";
      tip.setAttribute("role", "status");
      S.pane.append(tip);
    }
    tip.hidden = !hit;
    if (!hit) return;
    tip.replaceChildren(
      ...lines(hit)
        .filter(Boolean)
        .map((text, i) => Object.assign(document.createElement(i ? "span" : "b"), { textContent: text })),
    );
    const box = S.pane.getBoundingClientRect();
    const left = point.x + tip.offsetWidth + 24 > box.width ? point.x - tip.offsetWidth - 14 : point.x + 14;
    const top = Math.min(Math.max(4, point.y + 14), box.height - tip.offsetHeight - 4);
    tip.style.transform = `translate(${Math.round(Math.max(4, left))}px, ${Math.round(top)}px)`;
  }

  /* ---- hover and selection ---- */

  function highlight() {
    const source = S.alive && S.map.getSource("onescreen/highlight");
    if (!source) return;
    const features = [];
    const outline = (id, kind) => {
      const hit = (areas || []).find((a) => a.id === id);
      if (hit) features.push({ type: "Feature", geometry: hit.feature.geometry, properties: { kind } });
    };
    const [kind, id] = chosen();
    if (kind === "area") outline(id, "selected");
    const slot = { event: "events/marks", unit: "units/marks" }[kind];
    const mark = slot && M.marks.get(slot, id);
    // What is not drawn one by one (too many, or on a pile) is told by its card where it lies.
    const at = mark ? mark.geometry.coordinates : M.advice.spot(S.view.selected);
    if (at) features.push({ type: "Feature", geometry: { type: "Point", coordinates: at }, properties: { kind: "mark" } });
    if (hovered) outline(hovered, "hover");
    source.setData({ type: "FeatureCollection", features });
  }

  /** The selection in the address: `event:CODE`, `unit:CODE` or `area:CODE`. */
  function chosen() {
    const cut = S.view.selected.indexOf(":");
    return cut < 0 ? ["", ""] : [S.view.selected.slice(0, cut), S.view.selected.slice(cut + 1)];
  }

  function hover() {
    frame = 0;
    if (!S.alive || !at) return;
    const hit = S.map.isMoving() ? null : hitAt(at);
    showTip(hit, at);
    S.map.getCanvas().style.cursor = hit ? "pointer" : "";
    const over = hit && hit.layer === "areas" ? hit.id : "";
    if (over === hovered) return;
    hovered = over;
    highlight();
    clearTimeout(prefetch);
    // A drill needs the outlines of the next level: whoever rests on an area is about to ask for them.
    if (over && !S.card.leaf) prefetch = setTimeout(() => M.outlines(over).catch(() => 0), PREFETCH_MS);
  }

  function leave() {
    at = null;
    if (tip) tip.hidden = true;
    if (hovered) {
      hovered = "";
      highlight();
    }
  }

  function tell(hit, kind) {
    picks += 1;
    window.dash_clientside.set_props(S.kit.ids.pick, { data: { layer: hit.layer, id: hit.id, kind, n: picks } });
  }

  /** Two clicks on one thing are a drill, with a mouse as with a finger; on an event they drill into its area. */
  function click(event) {
    if (!S.alive) return;
    const hit = hitAt(event.point);
    if (!hit) return;
    const now = { t: performance.now(), x: event.point.x, y: event.point.y, id: hit.layer + hit.id };
    const near = Math.hypot(now.x - lastClick.x, now.y - lastClick.y) < DOUBLE_PX;
    const twice = now.t - lastClick.t < DOUBLE_MS && near && now.id === lastClick.id;
    lastClick = twice ? { t: 0, x: 0, y: 0, id: "" } : now;
    if (!twice) return tell(hit, "click");
    const over = hit.layer === "areas" ? { id: hit.id } : areaAt(hit.lngLat);
    if (over && over.id !== S.card.code) {
      leave();
      tell({ layer: "areas", id: over.id }, "double");
    }
  }

  function key(event) {
    if (event.target.closest("input, select, textarea, button, a")) return;
    if (event.key === "Enter") {
      const [kind, id] = chosen();
      const code = hovered || (kind === "area" ? id : "");
      if (code && code !== S.card.code) tell({ layer: "areas", id: code }, "double");
    } else if (event.key === "Backspace" && O.view) O.view.up();
    else if (event.key === "Home") M.fit();
    else return;
    event.preventDefault();
  }

  function attach() {
    const map = S.map;
    tip = null;
    hovered = "";
    const canvas = map.getCanvasContainer();
    map.getCanvas().setAttribute("aria-label", M.word("map.aria"));
    // Plotly answers a double click by moving the camera to where it began.
    S.gd.addEventListener("dblclick", (event) => event.stopPropagation(), true);
    canvas.addEventListener("mousemove", (event) => {
      const box = canvas.getBoundingClientRect();
      at = { x: event.clientX - box.left, y: event.clientY - box.top };
      if (!frame) frame = requestAnimationFrame(hover);
    });
    canvas.addEventListener("mouseleave", leave);
    map.on("click", click);
    S.pane.onkeydown = key;
  }

  /** The card of a child whose outline is here; the server's own follows and says whether it is a leaf. */
  function card(code) {
    const child = (areas || []).find((a) => a.id === code);
    return child && { code, depth: S.card.depth + 1, leaf: false, bbox: child.box };
  }

  M.pointer = { attach, area, card, selected: highlight, hitAt, areaAt };
})();
