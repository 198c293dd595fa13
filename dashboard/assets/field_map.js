/* A picture of where an event is: its area's outline, the event, the phone, north up, and a scale. It is drawn from what
   the phone holds, so it is there without a network. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  const [WIDTH, HEIGHT, EDGE] = [358, 190, 34];
  const DEGREE_M = 111195;
  const FAR_M = 30000; // beyond that the phone is not drawn: the event would be a dot in nowhere
  const SPAN_MIN_M = 160;
  const BAR_PX = 90;

  function pad(points) {
    const xs = points.map((p) => p[0]);
    const ys = points.map((p) => p[1]);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }

  /** The length of the bar in metres: 1, 2 or 5 with noughts, and at most BAR_PX long. */
  function barOf(scale) {
    const most = BAR_PX / scale;
    const ten = 10 ** Math.floor(Math.log10(most));
    return [5, 2, 1].map((n) => n * ten).find((m) => m <= most);
  }

  function draw(task, here) {
    const { svg, t } = F;
    const stretch = Math.cos((task.lat * Math.PI) / 180);
    const flat = (lon, lat) => [(lon - task.lon) * DEGREE_M * stretch, (lat - task.lat) * DEGREE_M];
    const own = here && F.place.metres(here, task) <= FAR_M ? flat(here.lon, here.lat) : null;
    const rings = task.outline.map((ring) => ring.map(([lon, lat]) => flat(lon, lat)));
    // With the phone in the picture the two points matter, the area's whole outline only where it is about as large.
    let box = pad(own ? [[0, 0], own] : [[0, 0]]);
    if (rings.length) {
      const all = pad(rings.flat());
      const size = (b) => Math.max(b[2] - b[0], b[3] - b[1]);
      if (!own || size(all) < 2.5 * Math.max(size(box), 250)) box = [Math.min(box[0], all[0]), Math.min(box[1], all[1]), Math.max(box[2], all[2]), Math.max(box[3], all[3])];
    }
    const [spanX, spanY] = [Math.max(box[2] - box[0], SPAN_MIN_M), Math.max(box[3] - box[1], SPAN_MIN_M)];
    const scale = Math.min((WIDTH - 2 * EDGE) / spanX, (HEIGHT - 2 * EDGE) / spanY);
    const [midX, midY] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    const put = ([x, y]) => [WIDTH / 2 + (x - midX) * scale, HEIGHT / 2 - (y - midY) * scale];
    const line = (ring) => "M" + ring.map((p) => put(p).map((v) => v.toFixed(1)).join(" ")).join("L") + "Z";
    const path = rings.map(line).join("");
    const beside = task.around.map((ring) => line(ring.map(([lon, lat]) => flat(lon, lat)))).join("");
    const [ex, ey] = put([0, 0]);
    const bar = barOf(scale);
    const long = bar * scale;
    const metres = bar < 1000 ? t("field.metres", { n: bar }) : t("field.kilometres", { n: bar / 1000 });
    const parts = [
      svg("rect", { class: "map-land", width: WIDTH, height: HEIGHT }),
      beside && svg("path", { class: "map-beside", d: beside }),
      path && svg("path", { class: "map-area", d: path }),
      own && svg("line", { class: "map-way", x1: put(own)[0], y1: put(own)[1], x2: ex, y2: ey }),
      own && svg("circle", { class: "map-sure", cx: put(own)[0], cy: put(own)[1], r: Math.min(60, Math.max(12, (here.accuracy || 0) * scale)) }),
      own && svg("circle", { class: "map-own", cx: put(own)[0], cy: put(own)[1], r: 8 }),
      task.placed
        ? svg("path", { class: "map-pin map-pin-" + task.urgency, d: `M${ex} ${ey}c-3-8-11-12-11-20a11 11 0 1 1 22 0c0 8-8 12-11 20z` })
        : svg("circle", { class: "map-about", cx: ex, cy: ey, r: 22 }),
      task.placed && svg("circle", { class: "map-eye", cx: ex, cy: ey - 20, r: 4 }),
      svg("path", { class: "map-bar", d: `M14 ${HEIGHT - 18}v5h${long.toFixed(1)}v-5` }),
      svg("text", { class: "map-text", x: 14 + long / 2, y: HEIGHT - 21, "text-anchor": "middle" }, metres),
      svg("path", { class: "map-north", d: `M${WIDTH - 20} 12l6 16-6-4-6 4z` }),
      svg("text", { class: "map-text", x: WIDTH - 20, y: 42, "text-anchor": "middle" }, "N"),
    ];
    return svg("svg", { class: "map", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": t("field.map_of", { where: task.where }) }, ...parts);
  }

  F.map = { draw };
})();
