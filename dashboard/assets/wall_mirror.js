/* A desk that walls mirror: it says where it is on each change and every ten seconds, on how many walls that is seen, and
   stops. Which walls is chosen on the page of walls (forms_walls.js), which tells this page that it has begun. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const EVERY_MS = 10000;
  const ANSWER_MAX_MS = 8000;
  const CHANNEL = "onescreen-mirror";
  const DESK = "onescreen-desk";
  const ON = "onescreen-mirrored";
  const STOPPING = "onescreen-mirror-stopping"; // until the server has heard it, also over a reload
  const PATH = "/walls/mirror";
  let desk = "";
  let saidAt = -Infinity;
  let busy = false;
  let again = false;
  let told = null;         // {screens, beyond}; null while no answer comes
  let chip = null;

  const named = () => crypto.getRandomValues(new Uint32Array(3)).reduce((text, n) => text + n.toString(36), "");
  const on = () => sessionStorage.getItem(ON) === desk && desk !== "";
  const wanted = () => (sessionStorage.getItem(STOPPING) === desk ? "stop" : "at");

  function keep(id) {
    desk = id;
    sessionStorage.setItem(DESK, id);
  }

  const body = (act) => new URLSearchParams({ act, desk, address: O.view.address() });

  /** Where the page is, or that it stops; of several changes while an answer is awaited, the newest. */
  async function say() {
    if (!on()) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    saidAt = performance.now();
    const act = wanted();
    try {
      const answer = await fetch(PATH, { method: "POST", body: body(act), signal: AbortSignal.timeout(ANSWER_MAX_MS) });
      told = answer.ok ? await answer.json() : null;
    } catch (_) {
      told = null;
    }
    busy = false;
    if (told && act === wanted()) {
      sessionStorage.removeItem(STOPPING);
      if (!told.screens) sessionStorage.removeItem(ON);
    }
    draw();
    if (again) {
      again = false;
      say();
    }
  }

  function beat() {
    if (on() && performance.now() - saidAt >= EVERY_MS) say();
  }

  function stop() {
    sessionStorage.setItem(STOPPING, desk);
    say();
  }

  function begin() {
    sessionStorage.removeItem(STOPPING);
    sessionStorage.setItem(ON, desk);
    say();
  }

  function line() {
    if (!told) return O.words.t("mirror.lost");
    const parts = [O.words.t(told.screens === 1 ? "mirror.on.one" : "mirror.on", { n: told.screens })];
    if (told.beyond) parts.push(O.words.t("mirror.beyond", { n: told.beyond }));
    return O.words.list(parts);
  }

  function draw() {
    const { h, text, attr, icon } = O.dom;
    if (!chip) {
      const button = h("button", { type: "button" });
      button.addEventListener("click", stop);
      chip = h("div", { class: "mirror", role: "status", hidden: true }, icon("show"), h("span", {}), button);
      document.getElementById("shell").append(chip);
    }
    attr(chip, "hidden", !on());
    if (!on()) return;
    text(chip.children[1], line());
    text(chip.lastChild, O.words.t("mirror.stop"));
    attr(chip, "data-state", !told || told.beyond ? "warn" : "on");
  }

  /** A page that was opened as a copy of this one has its name, too: it takes another. */
  function listen(channel) {
    channel.onmessage = ({ data }) => {
      if (data === desk) begin();
      else if (data === "is " + desk) channel.postMessage("taken " + desk);
      else if (data === "taken " + desk) keep(named());
      draw();
    };
    channel.postMessage("is " + desk);
  }

  O.mirror = {
    /** The page of walls, which is told what this page shows. */
    href: () => "/walls?" + new URLSearchParams({ view: O.view.address(), desk, lang: O.words.lang() }),
  };
  (O.mounts = O.mounts || []).push(() => {
    if (!O.account.me().walls) return;
    keep(sessionStorage.getItem(DESK) || named());
    listen(new BroadcastChannel(CHANNEL));
    O.view.onChange(() => {
      draw();
      say();
    });
    for (const kind of ["beat", "delta", "full"]) O.live.on(kind, beat); // timers of a hidden page are held back, these are not
    setInterval(beat, EVERY_MS);
    addEventListener("pagehide", () => on() && navigator.sendBeacon(PATH, body("leave")));
    addEventListener("pageshow", say);
    draw();
    say();
  });
})();
