/* The keyboard, as one table: what it binds is what its help shows (?). A row is [group, words, keys, where, act]; a key
   of two letters is typed one after the other; `1-9` is any digit. Rows lists bring their own arrows (rows.js). */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const SECOND_MS = 1200;
  let first = "";
  let firstAt = 0;
  let help = null;

  const page = () => O.view.parse().page;
  const duty = () => page() === "duty";
  const desk = () => page() !== "wall";
  const rows = () => ["duty", "units", "list", "grids"].includes(page());
  const list = () => O.queue.list();

  /* What a key means is the row that is marked in the queue; without one, what is selected. */
  function event() {
    const row = list().current();
    if (row) return row[O.queue.CODE];
    const [kind, code] = O.view.param("selected").split(/:(.*)/);
    return kind === "event" ? code : "";
  }

  function step(action) {
    const code = O.replay.on() ? "" : event();
    if (code) O.steps.want(code, action);
  }

  function unread() {
    const next = O.unread.next(list().place());
    if (next) O.queue.openCode(next[1]);
  }

  function back() {
    if (O.map.drag.active()) return O.map.drag.end();
    if (O.filters.isOpen()) return O.filters.show(false);
    if (duty() && list().chosen().length) return list().clear();
    if (desk() && O.view.param("selected")) return O.view.go(O.view.withParam("selected", ""));
    return undefined;
  }

  function filters() {
    O.filters.show(true);
    const option = document.querySelector("#filter-panel .option");
    if (option) option.focus();
  }

  function details() {
    const title = document.querySelector("#drawer h2");
    if (title) title.focus();
  }

  function toRows() {
    if (duty()) O.queue.focus();
    else document.querySelector(".board:not([hidden]) .board-rows").focus({ preventScroll: true });
  }

  const focus = (id) => document.getElementById(id).focus();
  const search = () => (duty() ? O.queue.findText() : O.search.focus());

  /* Without a key: whether it is for this page and account at all, as the help asks. */
  const along = (key) => duty() && (!key || key.length === 1 || bare());
  const HELD = ["keys.next", "keys.previous"];   // what goes on while its key is held

  const ROWS = [
    ["list", "keys.next", ["j", "ArrowDown"], along, () => list().move(1)],
    ["list", "keys.previous", ["k", "ArrowUp"], along, () => list().move(-1)],
    ["list", "keys.open", ["Enter"], (key) => duty() && (!key || bare()), () => list().enter()],
    ["list", "keys.unread", ["u"], duty, unread],
    ["list", "keys.tick", ["x"], duty, () => list().tick()],
    ["list", "keys.batch", ["b"], () => duty() && O.account.me().dispatch && !O.replay.on(), () => O.batch.open()],
    ["list", "keys.views", ["1-9"], duty, (key) => O.saved.open(Number(key))],
    ["list", "keys.save", ["v"], duty, () => O.saved.save()],
    ["event", "keys.dispatch", ["d"], duty, () => step("dispatch")],
    ["event", "keys.register", ["r"], duty, () => step("register")],
    ["event", "keys.joint", ["l"], duty, () => step("plan")],
    ["event", "keys.steps", ["s"], duty, () => step("first")],
    ["page", "keys.alert", ["a"], () => O.alerts.answers(), () => O.alerts.acknowledgeFirst()],
    ["page", "keys.replay", ["t"], () => ["wall", "area", "duty"].includes(page()), () => O.replay.toggle()],
    ["page", "keys.replay_play", [" "], (key) => O.replay.on() && (!key || bare()), () => O.replay.play()],
    ["page", "keys.replay_back", ["["], () => O.replay.on(), () => O.replay.shift(-6e5)],
    ["page", "keys.replay_fore", ["]"], () => O.replay.on(), () => O.replay.shift(6e5)],
    ["page", "keys.search", ["/"], desk, search],
    ["page", "keys.filters", ["f"], desk, filters],
    ["page", "keys.queue", ["gq"], rows, toRows],
    ["page", "keys.map", ["gm"], desk, () => focus("map-pane")],
    ["page", "keys.details", ["gd"], desk, details],
    ["page", "keys.analysis", ["ga"], () => page() === "area", () => O.analysis.enter()],
    ["page", "keys.back", ["Escape"], desk, back],
    ["page", "keys.help", ["?"], desk, () => show()],
  ];

  function typing(node) {
    return node && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));
  }

  const bare = () => !document.activeElement || document.activeElement === document.body;

  /* Along the rows of a panel, which are links. */
  function neighbour(event_, way) {
    const row = event_.target.closest && event_.target.closest(".panel-body > a");
    const next = row && (way > 0 ? row.nextElementSibling : row.previousElementSibling);
    if (!next) return;
    event_.preventDefault();
    next.focus();
  }

  function flip(event_) {
    if (!/^(switch|checkbox|radio)$/.test(event_.target.getAttribute("role") || "") || event_.target.tagName !== "A") return;
    event_.preventDefault();
    if (!event_.repeat) event_.target.click();
  }

  /** The row that a key means now, and what was typed: one key, or the second of two. */
  function meant(key) {
    const two = performance.now() - firstAt < SECOND_MS ? first + key : "";
    const typed = two && ROWS.some((row) => row[2].includes(two)) ? two : key;
    const digit = /^[1-9]$/.test(typed);
    return ROWS.find(([, , keys, where]) => (keys.includes(typed) || (digit && keys.includes("1-9"))) && where(key));
  }

  function onKey(event_) {
    if (event_.defaultPrevented || event_.ctrlKey || event_.metaKey || event_.altKey || event_.isComposing) return;
    if (!O.words.ready() || document.querySelector("dialog[open]")) return;
    const { key } = event_;
    if (typing(event_.target) && key !== "Escape") return;
    if (key === "Escape" && document.querySelector(":popover-open")) return; // the browser closes it
    const row = meant(key);
    if (row) {
      event_.preventDefault();
      if (event_.repeat && !HELD.includes(row[1])) return;
      first = "";
      row[4](key);
    } else if (key === "ArrowDown") neighbour(event_, 1);
    else if (key === "ArrowUp") neighbour(event_, -1);
    else if (key === " ") flip(event_);
    else if (key.length === 1) {
      first = key;
      firstAt = performance.now();
    }
  }

  /* ---- help ---- */

  const NAMES = { " ": "␣", Escape: "Esc", ArrowDown: "↓", ArrowUp: "↑", "1-9": "1 – 9" };
  const label = (key) => NAMES[key] || (key.length === 2 ? key.split("").join(" ") : key);

  /** The table, for whoever asks for it with "?": groups in the order of their first rows. */
  function show() {
    const { h } = O.dom;
    if (help) help.remove();
    const groups = Array.from(new Set(ROWS.map((row) => row[0]))).filter((g) => duty() || g === "page");
    const line = ([, words, keys]) => h("div", {}, h("dt", {}, ...keys.map((key) => h("kbd", {}, label(key)))), h("dd", {}, O.words.t(words)));
    const close = h("button", { type: "button", class: "button" }, O.words.t("keys.close"));
    help = h("dialog", { class: "sheet keys-sheet", "aria-label": O.words.t("keys.title") }, h("h2", {}, O.words.t("keys.title")),
      h("div", { class: "keys-groups" }, ...groups.map((g) => h("section", {}, h("h3", {}, O.words.t("keys.group." + g)),
        h("dl", {}, ...ROWS.filter((row) => row[0] === g && row[3]()).map(line))))), h("div", { class: "sheet-foot" }, close));
    const from = document.activeElement;
    close.addEventListener("click", () => help.close());
    help.addEventListener("keydown", (e) => e.key === "?" && help.close());
    help.addEventListener("click", (e) => e.target === help && help.close());
    help.addEventListener("close", () => {
      help.remove();
      if (from && from.isConnected) from.focus({ preventScroll: true });
    });
    document.body.append(help);
    help.showModal();
  }

  O.keys = { rows: ROWS, show };
  document.addEventListener("keydown", onKey);
})();
