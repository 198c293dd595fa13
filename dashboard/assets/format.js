/* How numbers, ages and times are written. The server's twin is dashboard/format.py. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const NONE = "—";
  const BIG = { zh: [[1e4, " 万"]], en: [[1e6, "M"], [1e3, "k"]] };
  const AGES = [[864e5, "age.days"], [36e5, "age.hours"], [6e4, "age.minutes"], [1e3, "age.seconds"]];
  const clocks = new Map();

  function lang() {
    return O.words.lang();
  }

  function whole(n) {
    return Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  }

  /** 1,234 up to 99,999; above it 12.3 万 / 123k / 1.2M; a dash for nothing. */
  function number(n) {
    if (n === null || n === undefined || Number.isNaN(n)) return NONE;
    if (Math.abs(n) <= 99999) return whole(n);
    const [size, unit] = BIG[lang()].find(([s]) => Math.abs(n) >= s);
    const [left, right] = (n / size).toFixed(1).split(".");
    return whole(Number(left)) + (right === "0" ? "" : "." + right) + unit;
  }

  /** num of den in percent with one decimal, without its sign; a dash for a zero denominator. */
  function percent(num, den) {
    return den ? ((100 * num) / den).toFixed(1) : NONE;
  }

  /** How long, in its largest unit, rounded down; below ten seconds with one decimal. */
  function age(ms) {
    const past = Math.max(0, ms);
    if (past < 1e4) return O.words.t("age.seconds", { n: (Math.floor(past / 100) / 10).toFixed(1) });
    const [size, key] = AGES.find(([s]) => past >= s);
    return O.words.t(key, { n: Math.floor(past / size) });
  }

  const two = (n) => String(n).padStart(2, "0");

  /** A countdown: 00:42 below an hour, 11:42:07 below four days, then whole days. */
  function span(ms) {
    const s = Math.floor(Math.abs(ms) / 1000);
    if (s >= 345600) return O.words.t("age.days", { n: whole(Math.floor(s / 86400)) });
    const h = Math.floor(s / 3600);
    const rest = two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
    return h ? h + ":" + rest : rest;
  }

  /** The parts of a moment in the city's zone: {date, time, clock, weekday}. */
  function moment(ms, zone) {
    let f = clocks.get(zone);
    if (!f) {
      f = new Intl.DateTimeFormat("en-US", {
        timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
        hour: "2-digit", minute: "2-digit", second: "2-digit", weekday: "short",
      });
      clocks.set(zone, f);
    }
    const p = {};
    for (const part of f.formatToParts(ms)) p[part.type] = part.value;
    const day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(p.weekday);
    return {
      date: p.year + "-" + p.month + "-" + p.day,
      time: p.hour + ":" + p.minute,
      clock: p.hour + ":" + p.minute + ":" + p.second,
      hour: Number(p.hour) + Number(p.minute) / 60,
      weekday: O.words.t("weekday." + day),
    };
  }

  /** Today's times as 14:31:52, other days with their date; `short` leaves this year out. */
  function when(ms, zone, now, short) {
    const m = moment(ms, zone);
    const today = moment(now, zone).date;
    if (m.date === today) return m.clock;
    return (short && m.date.slice(0, 4) === today.slice(0, 4) ? m.date.slice(5) : m.date) + " " + m.time;
  }

  /** A length of work: {value, unit} in minutes, hours or days, whichever reads best. */
  function duration(seconds) {
    if (seconds === null || seconds === undefined) return { value: NONE, unit: "" };
    if (seconds < 3600) return { value: (seconds / 60).toFixed(0), unit: O.words.t("unit.minutes") };
    if (seconds < 172800) return { value: (seconds / 3600).toFixed(1), unit: O.words.t("unit.hours") };
    return { value: (seconds / 86400).toFixed(1), unit: O.words.t("unit.days") };
  }

  O.format = { NONE, number, percent, age, span, moment, when, duration };
})();
