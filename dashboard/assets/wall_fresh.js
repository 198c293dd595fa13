/* A screen that hangs for weeks loads itself anew once a day, at a calm hour of the city, while its picture is sound: what a
   browser gathers in weeks goes. Nobody sees it: a still of the page stands before it until the new one is complete. Where
   something fails for good it does so every second night, without a still. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const STILL = "still";          // dashboard/shell.py puts it before the new page
  const CALM_MIN = 240;           // 04:00 on the city's clock
  const APART_MIN = 15;           // so far before or after: not all walls at once
  const DAY_MIN = 1440;
  const UP_MIN = 720;             // what came up later than that stays until the next night
  const NIGHT_MIN = 120;          // for so long it waits for a sound moment; then for the next night
  const FILLED_NIGHTS = 6;        // a touch filled the screen: so many nights pass, as loading anew would end that
  const TICK_MS = 10000;
  const SHEETS = "style, link[rel='stylesheet']";
  const WHOLE_MS = 50;
  const QUALITY = 0.92;
  const PICTURE_MAX_MS = 8000;
  const MAP_BEHIND_MS = 5000;     // what is drawn together every few seconds is not late
  let due = null;                 // by the server's clock
  let missed = 0;                 // nights that passed
  let busy = false;

  /** Minutes from a local time of day to the wall's own calm minute, the night after where this one comes too soon. */
  function minutesUntil(clock, apart) {
    const [hours, minutes] = clock.split(":").map(Number);
    const wait = (CALM_MIN + apart - 60 * hours - minutes + 2 * DAY_MIN) % DAY_MIN;
    return wait < UP_MIN ? wait + DAY_MIN : wait;
  }

  const plan = (now) => now + 60000 * minutesUntil(O.format.moment(now, O.panels.zone()).clock, APART_MIN * (2 * Math.random() - 1));

  /** Whether it shows its own page, the line is well, and nothing is under way that somebody follows. */
  function calm() {
    const { live, programme, view } = O;
    const turning = document.documentElement.hasAttribute("data-turning");
    const own = view.parse((programme.plan() || {}).own).page;
    return !document.hidden && !turning && !programme.doing() && view.parse().page === own && live.state().state === "live";
  }

  /** Whether everything stands as it should, too. */
  const sound = () => calm() && !Object.keys(O.life.parts()).length && O.map.state.alive && O.map.behindMs() < MAP_BEHIND_MS;

  /* ---- the still ---- */

  /** The map as a picture: only within its own rendering is there something to take. */
  function pictureOf(map) {
    return new Promise((done, fail) => {
      setTimeout(() => fail(new Error("no picture")), PICTURE_MAX_MS);
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

  /** While `may` holds, also when the server has answered; a still that cannot be taken is done without the second time. */
  async function renew(may, still) {
    busy = true;
    try {
      if (!(await O.life.answers()) || !may()) return;
      if (still) await take();
      location.reload();
    } catch (_) {
      if (missed) location.reload();
      else pass();
    } finally {
      busy = false;
    }
  }

  function pass() {
    missed += 1;
    due = plan(O.live.serverNow());
  }

  function tick() {
    const now = O.live.serverNow();
    if (now === null || !O.panels.value("title") || busy) return;
    due = due ?? plan(now);
    if (now < due) return;
    const patience = document.fullscreenElement ? FILLED_NIGHTS : 0;
    if (missed < patience || now > due + 60000 * NIGHT_MIN) pass();
    else if (sound()) renew(sound, true);
    else if (missed > patience && calm()) renew(calm, false);
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
