/* The bell of this desk: two calm tones while something rings, its volume and quiet hours (kept in this browser only). */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const KEPT = "onescreen.bell";
  const EVERY_MS = 4000;
  const TONES = [[880, 0], [659.25, 0.28]];
  const TONE_S = 0.5;
  const DEFAULTS = { volume: 60, muted: false, from: "", to: "" };
  const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
  let settings = read();
  let audio = null;
  let ringing = false;
  let timer = 0;
  let strokes = 0;
  let wokenAt = -Infinity;

  /** What this desk has chosen; whatever of it is not sound is as it is by default. */
  function read() {
    let kept = {};
    try {
      kept = JSON.parse(window.localStorage.getItem(KEPT)) || {};
    } catch (_) {
      kept = {};
    }
    const volume = Number(kept.volume);
    return {
      volume: kept.volume !== undefined && volume >= 0 && volume <= 100 ? volume : DEFAULTS.volume,
      muted: kept.muted === true,
      from: TIME.test(kept.from) ? kept.from : "",
      to: TIME.test(kept.to) ? kept.to : "",
    };
  }

  function keep(changes) {
    settings = Object.assign({}, settings, changes);
    try {
      window.localStorage.setItem(KEPT, JSON.stringify(settings));
    } catch (_) {
      /* A browser that keeps nothing still rings as it was told to, until it is closed. */
    }
    if (O.alerts) O.alerts.redraw();
  }

  /** Whether `time` ("13:05") lies in the quiet hours, which may go over midnight. */
  function within(time, from, to) {
    if (!from || !to || from === to) return false;
    return from < to ? time >= from && time < to : time >= from || time < to;
  }

  const quiet = () => within(O.format.moment(O.panels.now(), O.panels.zone()).time, settings.from, settings.to);

  /** "on", "muted", "quiet" (hours), or "blocked": the browser has not been touched yet. */
  function state() {
    if (settings.muted || !settings.volume) return "muted";
    if (quiet()) return "quiet";
    return audio && audio.state === "running" ? "on" : "blocked";
  }

  function tone(hertz, after, loud) {
    const start = audio.currentTime + after;
    const wave = audio.createOscillator();
    const gain = audio.createGain();
    wave.type = "sine";
    wave.frequency.value = hertz;
    gain.gain.setValueAtTime(0.0001, start);
    gain.gain.exponentialRampToValueAtTime(loud, start + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + TONE_S);
    wave.connect(gain).connect(audio.destination);
    wave.start(start);
    wave.stop(start + TONE_S);
  }

  function stroke() {
    // Squared: half of the slider sounds half as loud.
    const loud = Math.max(0.001, Math.pow(settings.volume / 100, 2) * 0.8);
    for (const [hertz, after] of TONES) tone(hertz, after, loud);
    strokes += 1;
  }

  function again() {
    clearTimeout(timer);
    if (!ringing) return;
    if (state() === "on") stroke();
    timer = setTimeout(again, EVERY_MS);
  }

  /** Ring, or fall silent. */
  function ring(on) {
    if (on === ringing) return;
    ringing = on;
    again();
  }

  /** The first touch of the page: from now on the browser lets it sound. */
  function wake() {
    if (!O.account || !O.account.me().roles || !O.account.me().roles.length) return;
    if (!audio && window.AudioContext) {
      wokenAt = performance.now();
      audio = new window.AudioContext();
      audio.addEventListener("statechange", () => {
        if (ringing) again();
        O.alerts.redraw();
      });
    }
    if (audio && audio.state === "suspended") {
      wokenAt = performance.now();
      audio.resume();
    }
  }

  /** Whether it was this very touch that let it sound. */
  const justWoken = () => performance.now() - wokenAt < 600;

  function trial() {
    wake();
    if (audio && audio.state === "running" && settings.volume) stroke();
  }

  document.addEventListener("pointerdown", wake, true);
  document.addEventListener("keydown", wake, true);
  O.bell = { ring, state, keep, within, wake, justWoken, trial, settings: () => settings, ringing: () => ringing, strokes: () => strokes };
})();
