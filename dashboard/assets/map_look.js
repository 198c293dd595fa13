/* How the map looks: own sources and layers on Plotly's map, in the theme and at the scale of the page. Everything is
   declared by the kit (layers/*.py); this file only puts it there, at its place in the order. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const M = (O.map = O.map || {});
  const S = (M.state = M.state || {});
  const OWN = "onescreen/";
  const SCALED = new Set(["icon-size", "text-size", "circle-radius", "circle-stroke-width", "line-width", "heatmap-radius", "text-halo-width"]);
  const EMPTY = { type: "FeatureCollection", features: [] };

  const anchor = (name) => `onescreen:${name}`;
  const themed = (table) => (table && table[S.view.theme]) || [];

  /** The page's type grows with the screen, and the map's with it: 1 at 16 px; a little less in a small pane. */
  function scale() {
    const px = parseFloat(getComputedStyle(S.pane).fontSize) || 16;
    const room = Math.min(1, Math.max(0.75, Math.min(S.pane.clientWidth, S.pane.clientHeight) / 640));
    return Math.min(5, Math.max(0.7, Math.round((px / 16) * room * 20) / 20));
  }

  /** Multiply a size, which may be an expression; zoom and number curves keep their input outermost. */
  function times(value, k) {
    if (typeof value === "number") return value * k;
    if (!Array.isArray(value)) return value;
    if (value[0] === "interpolate") return value.map((part, i) => (i >= 4 && i % 2 === 0 ? times(part, k) : part));
    if (value[0] === "step") return value.map((part, i) => (i >= 2 && i % 2 === 0 ? times(part, k) : part));
    return ["*", k, value];
  }

  function sized(group) {
    const out = {};
    for (const [name, value] of Object.entries(group || {})) out[name] = SCALED.has(name) ? times(value, S.scale) : value;
    return out;
  }

  /** A MapLibre layer from a kit's style. */
  function layerOf(id, source, style) {
    const layer = Object.assign({}, style, { id, source, layout: sized(style.layout), paint: sized(style.paint) });
    if (layer.type === "background") delete layer.source;
    return layer;
  }

  /* ---- sources ---- */

  function addSource(id, spec) {
    if (!S.map.getSource(id)) S.map.addSource(id, spec);
  }

  function sources() {
    for (const [name, archive] of Object.entries(S.kit.archives)) {
      const tiles = archive.tiles.map((url) => (url.startsWith("/") ? location.origin + url : url));
      addSource(OWN + name, Object.assign({}, archive, { tiles }));
    }
    for (const [slot, spec] of Object.entries(S.kit.slots)) {
      if (spec.kind === "marks") addSource(OWN + slot, { type: "geojson", data: EMPTY, buffer: 64, tolerance: 0 });
    }
    for (const name of ["veil", "advice", "highlight"]) addSource(OWN + name, { type: "geojson", data: EMPTY });
  }

  /* ---- icons ---- */

  const polygon = (points) => (c, r) => {
    points.forEach(([x, y], i) => (i ? c.lineTo(x * r, y * r) : c.moveTo(x * r, y * r)));
    c.closePath();
  };
  const round = (c, r) => c.arc(0, 0, r, 0, 2 * Math.PI);
  const PATHS = {
    circle: round,
    target: round,
    diamond: polygon([[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0]]),
    triangle: polygon([[0, -1.1], [1.1, 0.85], [-1.1, 0.85]]),
    square: polygon([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]),
    burst: polygon(Array.from({ length: 16 }, (_, i) => [i % 2 ? 0.86 : 1.14, (i * Math.PI) / 8]).map(([r, a]) => [r * Math.sin(a), -r * Math.cos(a)])),
    caret: polygon([[0, -1.1], [0.9, 0.95], [0, 0.45], [-0.9, 0.95]]),
  };

  /** Draw an icon (layers/palette.py: icon) into an image of `ratio` pixels per CSS pixel. */
  function drawIcon(icon, ratio) {
    const reach = (icon.ring ? icon.r * 1.9 : icon.r * 1.2) + icon.width + 1;
    const size = Math.ceil(reach * 2 * ratio);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    const c = canvas.getContext("2d");
    c.translate(size / 2, size / 2);
    c.scale(ratio, ratio);
    c.lineJoin = "round";
    const path = (shape, r) => (c.beginPath(), PATHS[shape](c, r));
    if (icon.ring) {
      path("circle", icon.r * 1.8);
      c.strokeStyle = icon.ring;
      c.globalAlpha = 0.75;
      c.lineWidth = 1.2;
      c.stroke();
      c.globalAlpha = 1;
    }
    path(icon.shape, icon.r);
    const target = icon.shape === "target";
    if (icon.width) {
      c.lineWidth = icon.fill ? icon.width * 2 : icon.width;
      c.strokeStyle = icon.line;
      c.stroke();
    }
    if (icon.fill && target) {
      c.lineWidth = 1.2;
      c.strokeStyle = icon.fill;
      c.stroke();
    }
    if (target) path("circle", icon.r * 0.5);
    if (icon.fill) {
      c.fillStyle = icon.fill;
      c.fill();
    } else if (target) c.stroke();
    return c.getImageData(0, 0, size, size);
  }

  /** Names hold a colon: a missing name without one would make Plotly ask a server far away for it. */
  function icons() {
    const ratio = Math.min(6, Math.ceil(S.scale * (window.devicePixelRatio || 1)) + 1);
    for (const spec of Object.values(S.kit.slots)) {
      for (const [name, icon] of Object.entries((spec.icons || {})[S.view.theme] || {})) {
        if (S.map.hasImage(name)) S.map.removeImage(name);
        S.map.addImage(name, drawIcon(icon, ratio), { pixelRatio: ratio });
      }
    }
  }

  /* ---- layers ---- */

  const shown = (layerId) => S.view.layers.has(layerId);

  function add(id, source, style, before, visible) {
    const layer = layerOf(id, source, style);
    layer.layout.visibility = visible ? "visible" : "none";
    S.map.addLayer(layer, anchor(before));
  }

  function addTiles(slot, spec) {
    const archive = S.kit.archives[spec.archive];
    if (!archive) return;
    S.kit.levels.forEach((name, depth) => {
      const style = Object.assign({ "source-layer": name }, themed(spec.steps)[stepOf(spec, depth)]);
      add(`${OWN}${slot}/${depth}`, OWN + spec.archive, style, spec.layer, shown(spec.layer));
    });
  }

  function stepOf(spec, depth) {
    const current = S.card ? S.card.depth : 0;
    return Math.min(themed(spec.steps).length - 1, Math.max(0, depth - current + 1));
  }

  function addMarks(slot, spec) {
    themed(spec.styles).forEach((style, i) => add(`${OWN}${slot}/${i}`, OWN + slot, style, spec.layer, shown(spec.layer)));
  }

  function addPointing() {
    for (const name of ["veil", "advice", "highlight"]) {
      themed(S.kit[name]).forEach((style, i) => add(`${OWN}${name}/${i}`, OWN + name, style, name, true));
    }
  }

  function addBase() {
    for (const place of ["under", "over"]) {
      themed(S.kit.base[place]).forEach((style, i) => add(`${OWN}base/${place}/${i}`, OWN + "base", style, "base-" + place, true));
    }
  }

  /** Put everything on the map, replacing what is there: a start, another theme or scale, a context that came back. */
  function mount() {
    const style = S.map.getStyle();
    for (const layer of style.layers) if (layer.id.startsWith(OWN)) S.map.removeLayer(layer.id);
    // After a lost context MapLibre brings a source back with the data it once had, and asks it wrongly from then on.
    if (!S.alive) for (const id of Object.keys(style.sources)) if (id.startsWith(OWN)) S.map.removeSource(id);
    S.map.setPaintProperty("onescreen:ground", "background-color", S.kit.ground[S.view.theme]);
    sources();
    icons();
    addBase();
    for (const [slot, spec] of Object.entries(S.kit.slots)) {
      if (spec.kind === "tiles") addTiles(slot, spec);
      if (spec.kind === "marks") addMarks(slot, spec);
    }
    addPointing();
    M.advice.redraw();
    weigh();
    M.marks.flush(true);
    if (S.alive) M.gate.again();
  }

  /** Lines by their distance from the area that is shown; deeper ones appear when somebody comes closer. */
  function weigh() {
    for (const [slot, spec] of Object.entries(S.kit.slots)) {
      if (spec.kind !== "tiles" || !S.kit.archives[spec.archive]) continue;
      S.kit.levels.forEach((_, depth) => {
        const id = `${OWN}${slot}/${depth}`;
        const step = stepOf(spec, depth);
        for (const [name, value] of Object.entries(sized(themed(spec.steps)[step].paint))) S.map.setPaintProperty(id, name, value);
        const from = spec.appears[step] ? S.fitZoom + spec.appears[step] : 0;
        S.map.setLayerZoomRange(id, Math.min(22, from), 24);
      });
    }
  }

  /** Layers as the address has them switched, at once: the frame that empties or fills them follows. */
  function visibility() {
    for (const layer of S.map.getStyle().layers) {
      const slot = Object.keys(S.kit.slots).find((name) => layer.id.startsWith(`${OWN}${name}/`));
      if (!slot) continue;
      const wanted = shown(S.kit.slots[slot].layer) ? "visible" : "none";
      if (((layer.layout || {}).visibility || "visible") !== wanted) S.map.setLayoutProperty(layer.id, "visibility", wanted);
    }
    for (const [slot, spec] of Object.entries(S.kit.slots)) {
      if (spec.kind === "trace" && !shown(spec.layer)) M.applyTraces(slot, { visible: false });
    }
  }

  M.look = { mount, weigh, visibility, scale, OWN };
})();
