/* How old the picture is, by the server's clock: ages must be right on a screen whose own clock is wrong. Every message
   says up to when the server's picture is complete (`at`) and when the newest beat set out that came the whole way through
   intake and store (`beat`); the older of the two is the age of what is shown. A computer that sleeps stops the clock by which
   a page grows old, but not the one on its wall: what is held is in doubt until the server speaks again. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const LATE_MS = 5000;
  const DOWN_MS = 30000;
  const SAMPLES = 30;
  const LEAP_MS = 60000;
  const SLEPT_MS = 2000;
  const began = performance.now();

  let clock = [];          // samples of (server epoch ms − performance.now()); the largest has the least delay in it
  let last = { at: 0, beat: 0, src: 0, full: false };
  let leapt = false;       // the newest message came from far ahead of all before
  let looked = null;       // both clocks of this machine at the last look
  let asleep = null;       // {since, ms}: when this page awoke, and what its own time does not know of

  function sample(at) {
    if (!Number.isFinite(at)) throw new Error("a message without its time");
    clock.push(at - performance.now());
    if (clock.length > SAMPLES) clock.shift();
  }

  /** A new line measures anew: the server may be another one now. */
  function begin(at) {
    clock = [];
    sample(at);
  }

  /** The server's clock in epoch ms; null before it was heard. */
  function now() {
    return clock.length ? Math.max(...clock) + performance.now() : null;
  }

  /** Whether a message says what it must; throws before anything of it is believed. The server's clock may be set, so what
      comes from far ahead is believed the second time. */
  function check(message) {
    for (const name of ["at", "src", "beat"]) if (!Number.isFinite(message[name])) throw new Error("a message without " + name);
    const clock = message.now || message.at;
    if (message.at > clock || message.beat > clock) throw new Error("a message from after its own time");
    const before = leapt;
    leapt = now() !== null && clock - now() > LEAP_MS;
    if (leapt && !before) throw new Error("a message from the future");
  }

  /** Once a second: whether this machine slept since the last look, or its clock was set, which looks the same. */
  function sleeps() {
    const seen = { wall: Date.now(), own: performance.now() };
    const missed = looked ? seen.wall - looked.wall - (seen.own - looked.own) : 0;
    looked = seen;
    if (missed < SLEPT_MS) return false;
    asleep = { since: seen.own, ms: missed };
    return true;
  }

  /** The server vouches for what we hold; its own clock says `now` where that is another moment than `at`. */
  function proof(message) {
    sample(message.now || message.at);
    asleep = null;
    last = { at: message.at, beat: message.beat, src: message.src, full: message.full === true };
  }

  const goodAt = () => Math.min(last.at, last.beat);
  const awakeFor = () => performance.now() - asleep.since;
  const ageOf = (at) => Math.max(0, now() - at);

  /** `sound`: there is a line and a complete picture. */
  function state(sound) {
    if (asleep) return awakeFor() > DOWN_MS ? "down" : "late";
    const age = last.at ? ageOf(goodAt()) : performance.now() - began;
    if (sound && last.at && age <= LATE_MS) return "live";
    return age > DOWN_MS ? "down" : "late";
  }

  /** Where the road is cut, seen from here: the line, a picture that is not whole, reading the store, writing into it, its disk. */
  function why(line, whole) {
    if (!line || !last.at || asleep) return "line";
    if (!whole) return "frame";
    if (ageOf(last.at) > LATE_MS) return "store";
    return last.full ? "disk" : "intake";
  }

  function report() {
    const known = last.at > 0;
    const doubtful = asleep && awakeFor() <= DOWN_MS;
    return {
      ageMs: known && !doubtful ? ageOf(goodAt()) + (asleep ? asleep.ms : 0) : null,
      srcAgeMs: known && last.src ? ageOf(last.src) : null,
      lastAt: known ? goodAt() : null,
      beat: last.beat,
      serverNow: now(),
    };
  }

  O.age = { LATE_MS, begin, now, check, sleeps, proof, state, why, report };
})();
