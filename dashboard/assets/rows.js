/* Windowed lists: as many rows as there are, and only those on the screen as nodes. Scrolling is the browser's own.

   const list = onescreen.rows.list(box, {
     height: 3.6,                     row height in rem, the same for all rows
     key: (row) => row[0],            a row's name; scrolling, the current row and ticks follow it when rows move
     make: () => node,                a node with its parts; it is used again for other rows
     update: (node, row, state) => {} write a row into it; state: {index, current, chosen}
     ask: (question) => {},           ask the source (windows.js); it answers with list.take(answer) or list.failed(refused)
     open: (row) => {},               a row was clicked, or Enter was pressed on it
     changed: () => {},               optional: the current row, the ticks or the number of rows are others
     ticks: false,                    optional: no rows can be ticked
     label: "what the list is",       optional, for screen readers; also list.label(text)
   });

   question: {n, offset, limit, find: [key…], hold}. Answer: {n, total, offset, rows: [row…], at: [place of each key in
   find, -1 where it is not]}. Where find[0] stands elsewhere than at `hold` (and hold is not -1), the source moves the
   window by the same (geodata/situation/queueing.py does), so that what is looked at stays where it is on the screen.

   list.renew()     rows may have moved: the window is asked again, at most once a second
   list.reset()     another list: from its top, nothing ticked
   list.seek(key)   the row of this key is made current, wherever it stands; nothing happens where it is not
   list.move(step) · list.to(index) · list.enter() · list.tick() · list.clear(keys?)
   list.current() · list.place() · list.chosen() · list.total() · list.focus() · list.refresh()   write the rows again (language, …)

   `box` scrolls, takes the focus and is a listbox; its keys and clicks are in rows_hand.js.                           */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const BEYOND = 8;          // rows kept as nodes beyond the edges
  const AHEAD = 24;          // rows asked for beyond the edges
  const SCROLLING_MS = 240;  // while somebody scrolls, the source is asked this often at most
  const LIMIT_MAX = 200;
  const KEPT_MAX = 1200;
  const AGAIN_MS = 1000;
  const RETRY_MS = 3000;
  const POINTED_MS = 1500;
  const PIXELS_MAX = 15e6;   // browsers draw no taller boxes; at 60 px that is 250,000 rows
  let lists = 0;

  function list(box, options) {
    const name = "rows-" + (lists += 1);
    const space = O.dom.h("div", { class: "rows-space", role: "presentation" });
    const nodes = new Map();
    const spare = [];
    const ticked = new Map();
    let loaded = new Map();
    let made = 0;
    let height = 0;
    let top = 0;             // of the scroll and of the box: read once per frame, never between two writes
    let view = 0;
    let scrolledAt = -Infinity;
    let needed = 0;
    let total = 0;
    let current = null;      // {key, index}; the key is null until its row is here
    let sought = null;       // a key that is looked for
    let pivot = -1;
    let frame = 0;
    let asked = 0;
    let waiting = null;      // the question that is on its way: {n, offset, limit, anchor, current, key, sought, fresh}
    let again = false;
    let retry = 0;
    let renewal = 0;
    let renewedAt = -Infinity;
    let held = null;         // an answer that came while a button was down
    let pointed = { at: -Infinity, y: 0 };

    const shown = () => Math.min(total, Math.floor(PIXELS_MAX / height));
    const first = () => Math.max(0, Math.floor(top / height));
    const last = () => Math.min(shown(), Math.ceil((top + view) / height));
    const changed = () => options.changed && options.changed();

    function scrollTo(next) {
      top = Math.max(0, Math.min(next, shown() * height - view));
      box.scrollTop = top;
    }

    function measure() {
      view = box.clientHeight;
      const next = Math.max(24, Math.round(options.height * parseFloat(getComputedStyle(document.documentElement).fontSize)));
      if (next === height) return;
      const place_ = height ? top / height : 0;
      height = next;
      box.style.setProperty("--row", height + "px");
      size();
      scrollTo(place_ * height);
      for (const [index, node] of nodes) place(node, index);
    }

    function size() {
      space.style.height = shown() * height + "px";
    }

    function place(node, index) {
      node.style.transform = `translateY(${index * height}px)`;
    }

    /* ---- drawing ---- */

    function nodeFor(index) {
      let node = spare.pop();
      if (!node) {
        node = options.make();
        node.classList.add("rows-row");
        node.id = name + "-" + (made += 1);
        node.setAttribute("role", "option");
        space.append(node);
      }
      node.hidden = false;
      nodes.set(index, node);
      place(node, index);
      return node;
    }

    function draw() {
      frame = 0;
      if (!view) return;
      const from = Math.max(0, first() - BEYOND);
      const to = Math.min(shown(), last() + BEYOND);
      for (const [index, node] of nodes) {
        if (index >= from && index < to) continue;
        nodes.delete(index);
        spare.push(node);
      }
      for (let i = from; i < to; i += 1) write(nodes.get(i) || nodeFor(i), i);
      for (const node of spare) node.hidden = true;
      const at = current && nodes.get(current.index);
      O.dom.attr(box, "aria-activedescendant", at ? at.id : null);
      need();
    }

    function write(node, index) {
      const { attr } = O.dom;
      const row = loaded.get(index);
      const key = row ? options.key(row) : null;
      const mine = Boolean(current) && current.index === index && (!row || current.key === key);
      const state = { index, current: mine, chosen: Boolean(row) && ticked.has(key) };
      attr(node, "data-wait", !row);
      attr(node, "aria-busy", row ? null : "true");
      if (!row) for (const former of ["aria-label", "data-key"]) attr(node, former, null);
      attr(node, "data-index", index);
      attr(node, "data-current", state.current);
      attr(node, "aria-selected", String(state.chosen));
      attr(node, "aria-posinset", index + 1);
      attr(node, "aria-setsize", total);
      if (row) options.update(node, row, state);
    }

    function schedule() {
      if (!frame) frame = requestAnimationFrame(draw);
    }

    /* ---- asking ---- */

    function need() {
      if (needed || retry || !missing()) return;
      const wait = performance.now() - scrolledAt < SCROLLING_MS ? SCROLLING_MS : 0;
      needed = setTimeout(() => {
        needed = 0;
        if (missing()) ask(false);
      }, wait);
    }

    function missing() {
      for (let i = first(); i < last(); i += 1) if (!loaded.has(i)) return true;
      return false;
    }

    /* What must stay where it is: the row under a pointer that has just moved; else, unless the list stands at its top,
       the current row where it is to be seen, else the first one. */
    function anchor() {
      const rowAt = (index) => (loaded.has(index) ? { key: options.key(loaded.get(index)), index } : null);
      if (performance.now() - pointed.at < POINTED_MS) {
        const over = rowAt(Math.floor((pointed.y + top) / height));
        if (over) return over;
      }
      if (top < height / 2) return null;
      if (current && current.key !== null && current.index >= first() && current.index < last()) return current;
      return rowAt(Math.ceil(top / height));
    }

    /** Whether nothing of what is asked for is to be seen any more. */
    const passed = () => last() > first() && (waiting.offset >= last() || waiting.offset + waiting.limit <= first());

    function ask(renewed) {
      if (waiting && !passed()) return void (again = again || renewed);
      const fresh = renewed || Boolean(waiting && waiting.fresh);
      const still = anchor();
      const follows = current && current.key !== null;
      const find = [still, follows ? current : null].filter(Boolean).map((c) => c.key).concat(sought === null ? [] : [sought]);
      const offset = Math.max(0, first() - AHEAD);
      const limit = Math.min(LIMIT_MAX, Math.ceil(view / (height || 1)) + 2 * AHEAD);
      asked += 1;
      waiting = { n: asked, offset, limit, anchor: still, current: follows ? (still ? 1 : 0) : -1, key: follows ? current.key : null, sought, fresh };
      options.ask({ n: asked, offset, limit, find, hold: still ? still.index : -1 });
    }

    function take(answer) {
      if (!answer || !waiting || answer.n !== waiting.n) return;
      // Between press and release of a button nothing moves: a click means what was under it.
      if (hand.pressed()) return void (held = answer);
      const { anchor: still, current: mine, key, sought: wanted, fresh } = waiting;
      waiting = null;
      const at = answer.at || [];
      const moved = still && at[0] >= 0 ? at[0] - still.index : 0;
      if (fresh || moved || answer.total !== total || loaded.size > KEPT_MAX) loaded = new Map();
      total = answer.total;
      answer.rows.forEach((row, i) => loaded.set(answer.offset + i, row));
      for (const row of answer.rows) if (ticked.has(options.key(row))) ticked.set(options.key(row), row);
      size();
      if (moved) scrollTo(top + moved * height);
      if (current) settle(current.key === key && mine >= 0 ? at[mine] : null, moved);
      if (wanted !== null && wanted === sought) {
        sought = null;
        const there = at[at.length - 1];
        if (there >= 0) {
          go(there);
          current = { key: wanted, index: current.index };
        }
      }
      draw();
      changed();
      if (again) {
        again = false;
        ask(true);
      }
    }

    /** The question came to nothing: in a while it is asked again; what it was refused for is not looked for any more. */
    function failed(refused) {
      waiting = null;
      if (refused) sought = null;
      again = false;
      retry = retry || setTimeout(() => (retry = 0, renew()), RETRY_MS);
    }

    /** Where the current row stands now; where it is gone, the one that took its place is current. `at` is null where
        another one was current when it was asked: the row is looked for among those that came, else asked for. */
    function settle(at, moved) {
      const place_ = at === null && current.key !== null ? among(current.key) : at;
      if (place_ >= 0 && place_ !== null) current = { key: current.key, index: place_ };
      else if (!total) current = null;
      else {
        const index = Math.min(shown() - 1, Math.max(0, current.index + moved));
        const row = loaded.get(index);
        const unknown = at === null && current.key !== null;
        if (unknown) again = true;
        current = { key: unknown ? current.key : row ? options.key(row) : null, index };
      }
    }

    /** The place of a key among the rows that are here; -1 where it is not. */
    function among(key) {
      for (const [index, row] of loaded) if (options.key(row) === key) return index;
      return -1;
    }

    /* ---- moving along ---- */

    const inSight = (index) => index * height >= top && (index + 1) * height <= top + view;
    const show = (index) => inSight(index) || scrollTo(index * height < top ? index * height : (index + 1) * height - view);

    function go(index, options_) {
      if (!total) return;
      const next = Math.max(0, Math.min(shown() - 1, index));
      const row = loaded.get(next);
      current = { key: row ? options.key(row) : null, index: next };
      sought = null;
      if (!options_ || !options_.keep) pivot = next;
      show(next);
      draw();
      changed();
    }

    /** From the current row, or, before there is one, to the first that is to be seen; infinite steps lead to the ends. */
    const move = (step, options_) => go(current ? current.index + step : Number.isFinite(step) ? first() : step, options_);

    /** The current row, where it is here: until an answer has told its place, another may stand in it. */
    function rowHere() {
      const row = current ? loaded.get(current.index) : null;
      return row && options.key(row) === current.key ? row : null;
    }

    function tick(index) {
      const row = loaded.get(index);
      if (!row) return;
      const key = options.key(row);
      if (!ticked.delete(key)) ticked.set(key, row);
      pivot = index;
      draw();
      changed();
    }

    /** A run of ticks from where the last one was set; rows that have not been on the screen are left out. */
    function run(to) {
      const from = pivot < 0 ? to : pivot;
      for (let i = Math.min(from, to); i <= Math.max(from, to); i += 1) {
        if (loaded.has(i)) ticked.set(options.key(loaded.get(i)), loaded.get(i));
      }
      draw();
      changed();
    }

    function enter() {
      const row = rowHere();
      if (row) options.open(row);
    }

    const page = () => Math.max(1, Math.floor(view / height) - 1);

    // The click comes after the release, and finds the rows as they were pressed.
    function released() {
      if (held) setTimeout(() => {
        const answer = held;
        held = null;
        if (answer) take(answer);
      }, 0);
    }

    function renew() {
      if (renewal) return;
      const wait = Math.max(0, renewedAt + AGAIN_MS - performance.now());
      renewal = setTimeout(() => {
        renewal = 0;
        renewedAt = performance.now();
        if (document.hidden) document.addEventListener("visibilitychange", renew, { once: true });
        else if (view) ask(true);
      }, wait);
    }

    function reset() {
      waiting = held = current = sought = null;
      again = false;
      pivot = -1;
      ticked.clear();
      loaded = new Map();
      measure();
      scrollTo(0);
      draw();
      changed();
      ask(true);
    }

    const label = (text) => O.dom.attr(box, "aria-label", text);

    box.classList.add("rows");
    for (const [attribute, value] of [["role", "listbox"], ["tabindex", "0"], ["aria-multiselectable", options.ticks !== false]]) O.dom.attr(box, attribute, value && String(value));
    if (options.label) label(options.label);
    box.replaceChildren(space);
    box.addEventListener("scroll", () => {
      top = box.scrollTop;
      scrolledAt = performance.now();
      schedule();
    }, { passive: true });
    const hand = O.rowsHand(box, space, {
      ticks: options.ticks !== false, move, run, tick, go, enter, page, released, index: () => (current ? current.index : -1),
    });
    box.addEventListener("pointermove", (event) => {
      pointed = { at: performance.now(), y: event.clientY - box.getBoundingClientRect().top };
    }, { passive: true });
    // What was in sight stays so when the box shrinks (something came above or below it).
    new ResizeObserver(() => {
      const seen = current !== null && inSight(current.index);
      measure();
      if (seen) show(current.index);
      draw();
    }).observe(box);
    measure();

    return {
      take, failed, renew, reset, label, move, enter,
      to: go,
      seek(key) {
        const here = rowHere();
        sought = here && options.key(here) === key ? null : key;
        if (sought !== null) ask(true);
      },
      tick: () => current && tick(current.index),
      clear(keys) {
        for (const key of keys || Array.from(ticked.keys())) ticked.delete(key);
        draw();
        changed();
      },
      current: rowHere,
      place: () => (current ? current.index : -1),
      chosen: () => Array.from(ticked.values()),
      total: () => total,
      focus: () => box.focus({ preventScroll: true }),
      refresh: draw,
    };
  }

  O.rows = { list };
})();
