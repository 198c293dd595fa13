/* The map: finds Plotly's MapLibre map, keeps its camera, and survives what happens to it. Parts: map_gate, map_look,
   map_marks, map_pointer. Nothing here redraws through dcc.Graph: its figure is drawn once, without any request. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const M = (O.map = O.map || {});
  const LOST_RELOAD_MS = 20000;
  const RETRY_MS = 8000;
  const FIT_MAX_ZOOM = 17;
  const BESIDE_LEGEND_ZOOM = 0.2;
  const DEAF = ["plotly_restyle", "plotly_relayout", "plotly_click", "plotly_hover", "plotly_unhover"];

  /** kit: what the page was built with; card: the area that is shown; view: what the address says. */
  const S = (M.state = {
    kit: null, pane: null, gd: null, map: null, alive: false, aliveAt: performance.now(), card: null, scale: 1, moved: false, fitZoom: 0,
    view: { theme: "dark", lang: "zh", page: "area", layers: new Set(), selected: "" },
  });
  const stats = (M.stats = { mounts: 0, fits: 0, redraws: 0, failed: 0, held: 0, errors: 0, lost: 0, pulses: 0 });
  const failed = new Map();
  const cards = new Map();

  M.word = (key, values) => (O.words ? O.words.t(key, values) : key);

  const subplot = () => S.gd && S.gd._fullLayout && S.gd._fullLayout.map && S.gd._fullLayout.map._subplot;

  const styled = (map) => map.style && map.style._loaded && map.getSource("onescreen:none");

  /** The map of the pane once Plotly has drawn its first picture and dcc.Graph has heard of it, else null. */
  function ready() {
    const pane = document.getElementById("map-pane");
    const gd = pane && pane.querySelector(".js-plotly-plot");
    if (!gd || !gd._ev || !gd._ev.listenerCount("plotly_restyle")) return null;
    const plot = gd._fullLayout && gd._fullLayout.map && gd._fullLayout.map._subplot;
    if (!plot || !plot.map || !styled(plot.map)) return null;
    return { pane, gd, map: plot.map };
  }

  function look() {
    if (S.map) return;
    const found = ready();
    if (!found) return;
    Object.assign(S, found);
    S.kit = JSON.parse(S.pane.dataset.kit);
    attach();
    M.applyView();
    remount();
  }

  function attach() {
    const map = S.map;
    // What dcc.Graph hears it writes into its figure and draws that again, with the camera and colours of the start.
    for (const name of DEAF) S.gd.removeAllListeners(name);
    // Values change every second: fading each old label into its new one would never come to rest.
    map._fadeDuration = 0;
    M.pointer.attach();
    map.on("moveend", keepCamera);
    map.on("movestart", (event) => event.originalEvent && setMoved(true));
    map.on("error", onError);
    map.on("resize", onMapResize);
    map.on("webglcontextlost", onLost);
    map.on("webglcontextrestored", () => whenStyled(remount));
    map.on("remove", onRemove);
    S.pane.querySelector(".map-fit").onclick = () => M.fit();
    besideLegend();
    const observer = new ResizeObserver(onResize);
    observer.observe(S.pane);
    map.on("remove", () => observer.disconnect());
  }

  function onRemove() {
    Object.assign(S, { map: null, gd: null, pane: null, alive: false, aliveAt: performance.now() });
    M.gate.reset();
  }

  /** MapLibre speaks about a tile that failed; without a listener it would print it, and nobody would ask again. */
  function onError(event) {
    stats.errors += 1;
    stats.lastError = String((event.error && event.error.message) || event.error);
    const tile = event.tile && event.tile.tileID && event.tile.tileID.canonical;
    if (!tile || !event.sourceId) return;
    if (!failed.has(event.sourceId)) failed.set(event.sourceId, []);
    failed.get(event.sourceId).push({ z: tile.z, x: tile.x, y: tile.y });
  }

  /** Plotly breaks a promise of its own with each tile that fails, for which nobody waits: it is heard above, and asked again. */
  function onBroken(event) {
    if (event.reason && event.reason.message === "Map error.") event.preventDefault();
  }

  function retry() {
    if (!S.alive || document.hidden) return;
    for (const [id, tiles] of failed) if (S.map.getSource(id)) S.map.refreshTiles(id, tiles);
    failed.clear();
  }

  function onLost() {
    stats.lost += 1;
    S.alive = false;
    S.aliveAt = performance.now();
    S.pane.dataset.lost = M.word("map.lost");
    const since = stats.lost;
    setTimeout(() => !S.alive && stats.lost === since && O.life.reload(), LOST_RELOAD_MS);
  }

  /** Call back when the style can be written to: after a start, and after a context came back. */
  function whenStyled(then) {
    const map = S.map;
    (function wait() {
      if (S.map !== map) return;
      if (styled(map)) then();
      else setTimeout(wait, 50);
    })();
  }

  function remount() {
    delete S.pane.dataset.lost;
    S.scale = M.look.scale();
    M.look.mount();
    S.alive = true;
    S.aliveAt = performance.now();
    stats.mounts += 1;
    if (S.card) showCard();
    M.gate.again();
  }

  /* ---- the camera ---- */

  /** Tell Plotly where the camera is, as its own gesture handler does; otherwise its next redraw would move it back. */
  function keepCamera() {
    const plot = subplot();
    if (!plot) return;
    const center = S.map.getCenter();
    const layout = S.gd._fullLayout.map;
    layout._input.center = layout.center = { lon: center.lng, lat: center.lat };
    layout._input.zoom = layout.zoom = S.map.getZoom();
    layout._input.bearing = layout.bearing = S.map.getBearing();
    layout._input.pitch = layout.pitch = S.map.getPitch();
  }

  function padding() {
    const box = S.pane.getBoundingClientRect();
    const edge = Math.round(Math.min(box.width, box.height) * 0.035);
    const tools = document.querySelector("[data-map-top]");
    const top = tools ? Math.min(box.height * 0.2, tools.getBoundingClientRect().bottom - box.top) : 0;
    return { left: edge, right: edge, bottom: edge, top: Math.max(edge, Math.round(top) + 8) };
  }

  function legendWidth() {
    const legend = document.getElementById("legend");
    return legend && !legend.hidden ? legend.offsetWidth : 0;
  }

  /** The legend comes with the first frame: from then on the area lies beside it where that costs hardly any size. */
  function besideLegend() {
    const legend = document.getElementById("legend");
    if (!legend) return;
    new MutationObserver(() => S.alive && S.card && !S.moved && M.fit())
      .observe(legend, { attributes: true, attributeFilter: ["hidden"] });
  }

  /** Show the whole area; after a finger's pan Plotly believes it is still dragging and would keep its own camera. */
  M.fit = function () {
    if (!S.alive || !S.card) return;
    const [west, south, east, north] = S.card.bbox;
    fitted = sizeOf(S.map);
    S.map.resize();
    const bounds = [[west, south], [east, north]];
    const edges = padding();
    const whole = S.map.cameraForBounds(bounds, { padding: edges, maxZoom: FIT_MAX_ZOOM });
    if (!whole) return;
    const left = edges.left + legendWidth();
    const roomy = left + edges.right < S.map.getContainer().clientWidth / 2;
    const beside = roomy && S.map.cameraForBounds(bounds, { padding: { ...edges, left }, maxZoom: FIT_MAX_ZOOM });
    const camera = beside && whole.zoom - beside.zoom < BESIDE_LEGEND_ZOOM ? beside : whole;
    const plot = subplot();
    plot.dragging = plot.wheeling = false;
    S.map.stop();
    S.map.jumpTo({ center: camera.center, zoom: camera.zoom, bearing: 0, pitch: 0 });
    keepCamera();
    S.fitZoom = camera.zoom;
    stats.fits += 1;
    setMoved(false);
    M.look.weigh();
  };

  function setMoved(moved) {
    S.moved = moved;
    S.pane.toggleAttribute("data-moved", moved);
  }

  /** The page moves the camera by itself: the whole area is not fitted again behind its back. */
  M.moved = () => setMoved(true);

  let fitted = "";
  const sizeOf = (map) => `${map.getContainer().clientWidth}x${map.getContainer().clientHeight}`;

  /** Plotly sizes the map some time after the pane; what was fitted into the old size is fitted again. */
  function onMapResize() {
    if (S.alive && S.card && !S.moved && fitted && fitted !== sizeOf(S.map)) M.fit();
  }

  let resizing = 0;
  function onResize() {
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      if (!S.alive) return;
      S.map.resize();
      if (M.look.scale() !== S.scale) {
        S.scale = M.look.scale();
        M.look.mount();
      }
      if (!S.moved) M.fit();
    }, 120);
  }

  /* ---- what is shown ---- */

  /** The area of the frames: {code, leaf, depth, bbox}; the same area again moves nothing. It comes the same way as what is
      drawn on it, so that one is not there without the other; one of an address that was left is not gone back to. */
  M.show = function (card) {
    if (card.code !== O.view.parse().area) return;
    const before = S.card;
    S.card = card;
    cards.set(card.code, card);
    if (S.alive && (!before || before.code !== card.code)) showCard();
  };

  /** The address names another area: go there at once if it was shown before or its outline is on the screen. */
  function anticipate(code) {
    if (!S.alive || !S.card || code === S.card.code) return;
    const card = cards.get(code) || M.pointer.card(code);
    if (!card) return;
    S.card = card;
    showCard();
  }

  function showCard() {
    M.fit();
    M.pointer.area();
    M.look.weigh();
    S.pane.dataset.area = S.card.code;
  }

  /** The address changed: theme, language, layers, selection; a new area comes with its frame. */
  M.applyView = function () {
    const now = O.view ? O.view.parse() : null;
    if (!now || !S.kit) return;
    const before = S.view;
    S.view = {
      theme: now.params.get("theme") === "light" ? "light" : "dark",
      lang: now.params.get("lang") === "en" ? "en" : "zh",
      page: now.page,
      layers: new Set(O.view.several("layers")),
      selected: now.params.get("selected") || "",
    };
    if (!S.alive) return;
    anticipate(now.area);
    if (before.theme !== S.view.theme) M.look.mount();
    else M.look.visibility();
    M.pointer.selected();
  };

  /** For how long what should be on the map has not been: it did not come up, lost its context, or cannot draw. */
  M.behindMs = () => (S.alive ? M.gate.waitingMs() : performance.now() - S.aliveAt);

  /** Resolves when nothing waits to be drawn. */
  M.idle = async function () {
    for (;;) {
      if (S.alive && M.gate.empty() && S.map.loaded() && !S.map.isMoving()) return true;
      await new Promise((done) => setTimeout(done, 20));
    }
  };

  setInterval(look, 100);
  setInterval(retry, RETRY_MS);
  document.addEventListener("visibilitychange", () => !document.hidden && S.alive && M.marks.flush());
  addEventListener("online", retry);
  addEventListener("unhandledrejection", onBroken);
  document.addEventListener("DOMContentLoaded", () => O.view && O.view.onChange(() => M.applyView()));
  (O.sections = O.sections || {}).extent = { box: "map-pane", draw: (card) => M.show(card) };
})();
