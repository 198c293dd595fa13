/* What is new to this desk: events that came since it last looked and that nobody has opened here. Kept per browser and
   account, so that the next shift at the same desk begins with its own; without a store it lives as long as the page. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const OPENED_MAX = 300;
  let state = null;        // {since: the newest event id that is known, opened: [code…]}
  let fresh = [];          // [place, code] of those after `since` in the queue that is shown
  let freshCount = 0;
  let newest = 0;

  const name = () => "onescreen.unread." + O.account.me().name;

  function read() {
    if (state) return state;
    state = { since: -1, opened: [] };
    try {
      const kept = JSON.parse(localStorage.getItem(name()) || "null");
      if (kept && Number.isSafeInteger(kept.since) && Array.isArray(kept.opened)) state = { since: kept.since, opened: kept.opened.map(String) };
    } catch (_) {
      // A browser that keeps nothing: everything since the page was opened is new.
    }
    return state;
  }

  function keep() {
    try {
      localStorage.setItem(name(), JSON.stringify(state));
    } catch (_) {
      // As above.
    }
  }

  const since = () => Math.max(0, read().since);

  /** A window's answer: what is fresh in its queue. At the first look, and in a city that was founded anew, nothing is. */
  function learn(answer) {
    const now = read();
    newest = Math.max(newest, answer.newest);
    fresh = answer.fresh;
    freshCount = answer.fresh_n;
    if (now.since < 0 || now.since > newest) {
      now.since = newest;
      now.opened = [];
      fresh = [];
      freshCount = 0;
      keep();
    }
  }

  function opened(code) {
    const now = read();
    if (now.opened.includes(code)) return;
    now.opened.push(code);
    if (now.opened.length > OPENED_MAX) now.opened.shift();
    keep();
  }

  const isOpened = (code) => read().opened.includes(code);

  function count() {
    const seen = new Set(read().opened);
    return Math.max(0, freshCount - fresh.filter(([, code]) => seen.has(code)).length);
  }

  function clear() {
    const now = read();
    now.since = Math.max(now.since, newest);
    now.opened = [];
    fresh = [];
    freshCount = 0;
    keep();
    O.queue.list().refresh();
    O.queue.drawHead();
  }

  /** The tab says how many are unread, too: a desk has other windows. */
  function title() {
    const n = O.queue.on() ? count() : 0;
    const bare = document.title.replace(/^\(\d+\+?\) /, "");
    const next = (n ? "(" + (n > 99 ? "99+" : n) + ") " : "") + bare;
    if (document.title !== next) document.title = next;
  }

  O.unread = {
    since, learn, count, clear, title,
    read: opened,
    /** Whether an event, by id and code, is unread. */
    is: (id, code) => read().since >= 0 && id > read().since && !isOpened(code),
    /** [place, code] of the first unread one behind a place of the queue, else of the first of all; null without any. */
    next(after) {
      const left = fresh.filter(([, code]) => !isOpened(code));
      return left.find(([place]) => place > after) || left[0] || null;
    },
  };
})();
