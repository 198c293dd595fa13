/* Whether this page is of the build that the server runs. After an upgrade it is loaded anew: once for each build, and
   when that takes nothing out of anybody's hands. Until then no refusal is the last word on what this page sent. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  const LOADED = "onescreen-field-builds";
  let served = "";

  /** The builds for which this page was loaded anew already; null where a browser keeps no such thing. */
  function loaded() {
    try {
      return JSON.parse(sessionStorage.getItem(LOADED) || "[]");
    } catch {
      return null;
    }
  }

  /** Whether the server runs another build that loading anew may bring. */
  function old() {
    if (!served || served === document.body.dataset.build) return false;
    const before = loaded();
    return before !== null && !before.includes(served);
  }

  /** Once a second: a page with an open sheet, an open camera or something on its way is left alone. */
  function tick() {
    const { state } = F.sending;
    if (document.hidden || !state.online || state.busy || F.photo.busy() || document.querySelector("dialog[open]") || !old()) return;
    sessionStorage.setItem(LOADED, JSON.stringify([...loaded(), served]));
    location.reload();
  }

  F.build = { old, tick, heard: (build) => void (served = build || served) };
})();
