/* Where the phone is: watched only while its unit is signed on, kept at most every fifteen seconds. And the way from
   there to an event, as the crow flies. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  const EVERY_MS = 15000;
  const MOVED_MS = 60000; // whoever stands still says so once a minute
  const MOVED_M = 15;
  const WAITING_MAX = 240;
  const EARTH_M = 6371000;
  const BEARINGS = ["n", "ne", "e", "se", "s", "sw", "w", "nw"];
  let watch = null;
  let last = null; // the last one that was kept
  const place = { here: null, denied: false };

  function heard(position) {
    const { longitude: lon, latitude: lat, accuracy, speed } = position.coords;
    place.here = { lon, lat, accuracy, at: F.now() };
    place.denied = false;
    if (watch !== null && due()) keep(accuracy, speed);
    F.place.moved();
  }

  function due() {
    if (!last) return true;
    const past = place.here.at - last.at;
    return past >= EVERY_MS && (past >= MOVED_MS || metres(last, place.here) >= MOVED_M);
  }

  function keep(accuracy, speed) {
    const { lon, lat, at } = place.here;
    last = { lon, lat, at };
    const fix = { at: Math.round(at), lon, lat, accuracy: Math.min(accuracy, 99999) };
    if (typeof speed === "number" && speed >= 0) fix.speed = speed;
    F.sending.add({ kind: "fix", key: F.key(), at: fix.at, body: fix });
  }

  function failed(error) {
    place.denied = error.code === error.PERMISSION_DENIED;
    F.place.moved();
  }

  /** Watch while the unit is signed on, and not a moment longer. */
  function follow(on) {
    if (!navigator.geolocation || on === (watch !== null)) return;
    if (on) {
      watch = navigator.geolocation.watchPosition(heard, failed, { enableHighAccuracy: true, maximumAge: 5000, timeout: 60000 });
    } else {
      navigator.geolocation.clearWatch(watch);
      watch = last = place.here = null;
      F.place.moved(); // nothing on the page goes on telling where it was
    }
  }

  /** Of very many waiting positions every second one of the older half goes: a track, thinned; never an act. */
  function thinned(queue) {
    const fixes = queue.filter((item) => item.kind === "fix");
    return fixes.length > WAITING_MAX ? fixes.slice(0, WAITING_MAX / 2).filter((_, i) => i % 2) : [];
  }

  const rad = (degrees) => (degrees * Math.PI) / 180;

  function metres(a, b) {
    const x = rad(b.lon - a.lon) * Math.cos(rad((a.lat + b.lat) / 2));
    return EARTH_M * Math.hypot(x, rad(b.lat - a.lat));
  }

  /** How far and in which direction `b` lies from `a`, in words. */
  function way(a, b) {
    const m = metres(a, b);
    const x = rad(b.lon - a.lon) * Math.cos(rad((a.lat + b.lat) / 2));
    const degrees = (Math.atan2(x, rad(b.lat - a.lat)) * 180) / Math.PI;
    const bearing = BEARINGS[Math.round(((degrees + 360) % 360) / 45) % 8];
    const far = m < 1000
      ? F.t("field.metres", { n: m < 100 ? Math.round(m) : Math.round(m / 10) * 10 })
      : F.t("field.kilometres", { n: (m / 1000).toFixed(m < 10000 ? 1 : 0) });
    return F.t("field.away", { way: far, bearing: F.t("field.bearing." + bearing) });
  }

  F.place = { follow, thinned, metres, way, state: place, moved: () => {} };
})();
