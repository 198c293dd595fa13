/* A wall that hangs for weeks loads itself anew once a day, at a calm hour of the city, while its picture is sound: what a
   browser gathers in weeks goes. Nobody sees it: a still of the page stands before it until the new one is complete. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const STILL = "still";          // dashboard/shell.py puts it before the new page
  const CALM_MIN = 240;           // 04:00 on the city's clock
  const APART_MIN = 15;           // so far before or after: not all walls at once
  const DAY_MIN = 1440;
  const UP_MIN = 720;             // what came up later than that stays until the next night
  const TICK_MS = 10000;
  const SHEETS = "style, link[rel='stylesheet']";
  const WHOLE_MS = 50;
  const QUALITY = 0.92;
  let due = null;                 // by the server's clock

  /** Minutes from a local time of day to the wall's own calm minute, the night after where this one comes too soon. */
  function minutesUntil(clock, apart) {
    const [hours, minutes] = clock.split(":").map(Number);
    const wait = (CALM_MIN + apart - 60 * hours - minutes + 2 * DAY_MIN) % DAY_MIN;
    return wait < UP_MIN ? wait + DAY_MIN : wait;
  }

  const plan = (now) => now + 60000 * minutesUntil(O.format.moment(now, O.panels.zone()).clock, APART_MIN * (2 * Math.random() - 1));

  /** Whether everything stands as it should, and nothing is under way that somebody follows. */
  function sound() {
    const { life, live, map, programme, view } = O;
    const turning = document.documentElement.hasAttribute("data-turning");
    const quiet = !document.hidden && !turning && !programme.doing() && view.parse().page === "wall";
    return quiet && live.state().state === "live" && !Object.keys(life.parts()).length && map.state.alive && !map.behindMs();
  }

  /* ---- the still ---- */

  /** The map as a picture: only within its own rendering is there something to take. */
  function pictureOf(map) {
    return new Promise((done) => {
      map.once("render", () => done(map.getCanvas().toDataURL("image/webp", QUALITY)));
      map.triggerRepaint();
    });
  }

  /** The page as it stands, without what runs and with all that it needs: its styles in it, the map as a picture. */
  async function take() {
    const picture = await pictureOf(O.map.state.map);
    const page = document.documentElement.cloneNode(true);
    const sheets = page.querySelectorAll(SHEETS);
    document.querySelectorAll(SHEETS).forEach((own, n) => {
      const style = O.dom.h("style", {});
      style.textContent = Array.from(own.sheet.cssRules, (rule) => rule.cssText).join("\n");
      sheets[n].replaceWith(style);
    });
    for (const canvas of page.querySelectorAll("canvas")) {
      const still = O.dom.h("img", { class: canvas.className, style: canvas.getAttribute("style"), src: picture });
      canvas.replaceWith(still);
    }
    for (const idle of page.querySelectorAll("script, noscript, iframe, footer[hidden]")) idle.remove();
    sessionStorage.setItem(STILL, "<!doctype html>" + page.outerHTML);
  }

  async function renew() {
    due = null;
    if (!(await O.life.answers())) return;
    try {
      await take();
    } catch (_) {
      return; // without a still it goes on as it is until the next night
    }
    location.reload();
  }

  function tick() {
    const now = O.live.serverNow();
    if (now === null || !O.panels.now()) return;
    if (due === null) due = plan(now);
    else if (now >= due && sound()) renew();
  }

  /* ---- the new page, behind the still ---- */

  const whole = () => O.live.state().state === "live" && O.live.stats.applied && O.map.state.alive;

  async function reveal(still) {
    while (still.isConnected && !whole()) await new Promise((done) => setTimeout(done, WHOLE_MS));
    await O.map.idle();
    still.remove();
  }

  (O.mounts = O.mounts || []).push(() => {
    const still = document.getElementById(STILL);
    if (still) reveal(still);
    if (O.account.me().screen) setInterval(tick, TICK_MS);
  });
  O.fresh = { minutesUntil, renew };
})();
