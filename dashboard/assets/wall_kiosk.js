/* A screen that hangs: full screen as soon as it may, no cursor, awake, away from frames and seams, dimmed at night, and
   never quite still. Only for whoever came by a screen's link; told what to do by wall_programme.js. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const root = document.documentElement;
  const IDLE_MS = 5000;
  const SHIFT_EVERY_MS = 180000;
  const RING = [[0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]];
  const EDGES = ["top", "right", "bottom", "left"];
  const NARROW_REM = 42;
  const RETAKE_MS = 1000;
  const REFUSED_MS = 60000;
  let idle = 0;
  let pointer = "";
  let lock = null;
  let asking = false;
  let later = 0;
  let at = 0;
  let shift = 0;
  let veil = null;

  /** The browser allows it after a touch or a key, or at once where it was started for it (--kiosk). */
  function fill() {
    if (!document.fullscreenElement && root.requestFullscreen) root.requestFullscreen({ navigationUI: "hide" }).catch(() => {});
  }

  /** Screens go dark by themselves otherwise; the lock is lost whenever the page is hidden. One asks at a time. */
  async function stayAwake() {
    if (asking || document.hidden || !navigator.wakeLock || held()) return;
    clearTimeout(later);
    asking = true;
    try {
      lock = await navigator.wakeLock.request("screen");
      lock.addEventListener("release", () => stayAwakeIn(RETAKE_MS));
    } catch (_) {
      stayAwakeIn(REFUSED_MS);
    }
    asking = false;
  }

  function stayAwakeIn(ms) {
    clearTimeout(later);
    later = setTimeout(stayAwake, ms);
  }

  const held = () => Boolean(lock && !lock.released);

  /** A browser says that the pointer moved also when what lies under it did: the picture wanders, nobody is there. */
  function moved({ screenX, screenY }) {
    const here = screenX + " " + screenY;
    if (here === pointer) return;
    pointer = here;
    root.removeAttribute("data-idle");
    clearTimeout(idle);
    idle = setTimeout(() => root.setAttribute("data-idle", ""), IDLE_MS);
  }

  function wander() {
    const [x, y] = RING[at];
    at = (at + 1) % RING.length;
    root.style.setProperty("--shift-x", x * shift + "px");
    root.style.setProperty("--shift-y", y * shift + "px");
  }

  /** How it hangs: insets, columns and rows of monitors and the seams between them, the pixels by which it wanders. */
  function hang(kiosk) {
    for (const edge of EDGES) root.style.setProperty("--safe-" + edge, kiosk[edge] + kiosk.shift + "px");
    root.style.setProperty("--columns", kiosk.columns);
    root.style.setProperty("--column", Math.floor(kiosk.columns / 2));
    root.style.setProperty("--bezel", kiosk.bezel + "px");
    root.toggleAttribute("data-seams", kiosk.columns > 1);
    const rem = parseFloat(getComputedStyle(root).fontSize);
    root.toggleAttribute("data-narrow", kiosk.columns > 1 && innerWidth / kiosk.columns < NARROW_REM * rem);
    O.seams.hang(kiosk);
    if (shift === kiosk.shift) return;
    shift = kiosk.shift;
    wander();
  }

  /** Percent of the brightness. */
  function dim(brightness) {
    if (veil) veil.style.opacity = (100 - brightness) / 100;
  }

  function start() {
    root.setAttribute("data-kiosk", "");
    veil = O.dom.h("div", { id: "night", "aria-hidden": "true" });
    document.body.append(veil);
    for (const name of ["pointerdown", "pointerup", "keydown"]) addEventListener(name, fill);
    for (const name of ["pointermove", "pointerdown"]) addEventListener(name, moved, { passive: true });
    document.addEventListener("visibilitychange", stayAwake);
    setInterval(wander, SHIFT_EVERY_MS);
    fill();
    moved({});
    stayAwake();
  }

  O.kiosk = { hang, dim, wander, held };
  (O.mounts = O.mounts || []).push(() => O.account.me().screen && start());
})();
