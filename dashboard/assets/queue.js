/* The queue of the duty page: its head (stages, order, text), its rows, and what of it is new to this desk. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const ORDERS = ["pressing", "newest", "deadline", "urgency"];
  const STAGES = ["accept", "dispatch", "handle", "check", "paused"];
  const LISTS = ["to_reply", "suspended"];
  const TYPING_MS = 250;
  const CODE = 0, NAME = 1, URGENCY = 2, STATE = 3, PLACE = 5, REPORTED = 6, DEADLINE = 7, LIGHT = 8, WHO = 9, SOURCE = 10, ID = 11;
  let parts = null;
  let list = null;
  let send = null;
  let typing = 0;
  let version = "";
  let place = "";          // what of the address makes another queue
  let last = "";           // what was selected before
  let known = false;       // whether the newest window has come
  let failed = false;      // whether it was asked for in vain

  const on = () => O.view.parse().page === "duty";
  const selected = () => O.view.param("selected").replace(/^event:|^\w+:.*/, "");

  function build(box) {
    const { h, icon } = O.dom;
    parts = {
      box, title: h("h2", {}), total: h("span", { class: "desk-total" }), lists: h("div", { class: "desk-lists" }), unread: h("button", { type: "button", class: "desk-unread", hidden: true }),
      views: h("div", { class: "desk-views" }), stages: h("div", { class: "desk-stages", role: "radiogroup" }),
      text: h("input", { type: "search", class: "desk-text", autocomplete: "off", spellcheck: "false", maxlength: "40" }),
      order: h("select", { class: "desk-order" }, ...ORDERS.map((o) => h("option", { value: o }))),
      rows: h("div", { class: "desk-rows" }), empty: h("p", { class: "desk-empty", role: "status", hidden: true }),
      foot: h("div", { class: "desk-foot", hidden: true }),
    };
    parts.chosen = h("strong", {});
    parts.clear = h("button", { type: "button", class: "button quiet" });
    parts.batch = h("button", { type: "button", class: "button" });
    parts.foot.append(parts.chosen, h("div", { class: "gap" }), parts.clear, parts.batch);
    parts.batch.addEventListener("click", () => O.replay.on() || O.batch.open());
    O.saved.build(parts.views);
    box.replaceChildren(
      h("div", { class: "desk-head" }, parts.title, parts.total, h("div", { class: "gap" }), parts.unread), parts.views, parts.stages,
      h("div", { class: "desk-tools" }, h("label", { class: "desk-find" }, icon("search"), parts.text), parts.order),
      h("div", { class: "desk-list" }, parts.rows, parts.empty), parts.lists, parts.foot
    );
    parts.order.addEventListener("change", () => O.view.go(O.view.withParam("order", parts.order.value === "pressing" ? "" : parts.order.value)));
    parts.text.addEventListener("input", typed);
    parts.text.addEventListener("keydown", leaveText);
    parts.unread.addEventListener("click", () => O.unread.clear());
    parts.clear.addEventListener("click", () => list.clear());
    send = O.windows.asker("queue", { place: () => (on() ? place : ""), take, failed: missed });
    list = O.rows.list(parts.rows, { height: 4.1, key: (row) => row[CODE], make: makeRow, update: drawRow, ask, open, changed });
  }

  /* ---- the address ---- */

  function typed() {
    clearTimeout(typing);
    typing = setTimeout(() => O.view.go(O.view.withParam("text", parts.text.value.trim()), { replace: true }), TYPING_MS);
  }

  function leaveText(event) {
    if (event.key === "Escape" && parts.text.value) {
      parts.text.value = "";
      typed();
    } else if (event.key === "Escape" || event.key === "Enter" || event.key === "ArrowDown") focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The part of an address that the queue depends on; what is selected, the theme and the layers are not. */
  function asks(address) {
    const now = O.view.parse(address);
    for (const name of ["selected", "theme", "layers", "measure", "piles", "lang"]) now.params.delete(name);
    now.params.sort();
    return now.path + "?" + now.params.toString();
  }

  function onChange() {
    if (!on()) return void clearTimeout(typing);
    if (document.activeElement !== parts.text) parts.text.value = O.view.param("text");
    if (!place) O.saved.ask();
    const next = O.words.lang() + asks();
    if (next !== place) {
      place = next;
      known = failed = false;
      list.reset();
    }
    const now = selected();
    if (now && now !== last) {
      O.unread.read(now);
      list.seek(now);
    }
    last = now;
    list.refresh();
  }

  /* ---- rows ---- */

  const ask = (question) => send(Object.assign(question, { since: O.unread.since() }));

  function take(answer) {
    known = true;
    failed = false;
    O.unread.learn(answer);
    list.take(answer);
    drawHead();
  }

  function missed(error) {
    failed = true;
    list.failed(error.refused);
    drawHead();
  }

  function makeRow() {
    const { h, icon } = O.dom;
    const p = {
      tick: h("span", { class: "rows-tick", "aria-hidden": "true" }, icon("check")), mark: h("span", { class: "mark" }), name: h("span", { class: "row-name" }),
      fresh: h("span", { class: "row-new", hidden: true }), left: h("span", { class: "left" }), place: h("span", { class: "row-place" }),
      state: h("span", { class: "row-state" }), who: h("span", { class: "row-who" }), age: h("span", { class: "row-age" }), light: h("i", { class: "light" }),
    };
    const node = h("div", { class: "job" }, p.tick, p.mark,
      h("div", { class: "row-line" }, p.name, p.fresh, p.light, p.left),
      h("div", { class: "row-line row-second" }, p.place, p.age, p.who, p.state));
    node.parts = p;
    return node;
  }

  function drawRow(node, row, state) {
    const { text, attr } = O.dom;
    const p = node.parts;
    const now = O.panels.now();
    attr(node, "data-urgency", row[URGENCY]);
    attr(node, "data-light", row[LIGHT]);
    attr(node, "data-open", row[CODE] === selected());
    attr(node, "data-key", row[CODE]);
    text(p.mark, row[URGENCY]);
    attr(p.mark, "title", O.words.t("urgency." + row[URGENCY]));
    text(p.name, row[NAME]);
    const fresh = O.unread.is(row[ID], row[CODE]);
    attr(text(p.fresh, fresh ? O.words.t("duty.new") : ""), "hidden", !fresh);
    attr(p.light, "title", O.words.t("light." + row[LIGHT]));
    attr(text(p.place, row[PLACE]), "title", row[PLACE]);
    text(p.age, O.words.t("duty.reported", { age: O.format.age(now - row[REPORTED]) }));
    text(p.who, row[WHO] || row[SOURCE]);
    attr(p.who, "data-unit", Boolean(row[WHO]));
    text(p.state, row[STATE]);
    const deadline = row[LIGHT] === "stopped" ? null : row[DEADLINE];
    attr(p.left, "data-deadline", deadline);
    const over = deadline !== null && deadline < now;
    p.left.classList.toggle("over", over);
    text(p.left, deadline === null ? "" : O.words.t(over ? "feed.over" : "feed.left", { time: O.format.span(deadline - now) }));
    attr(node, "aria-label", [row[NAME], O.words.t("urgency." + row[URGENCY]), O.words.t("light." + row[LIGHT]), row[PLACE], row[STATE], row[WHO]].filter(Boolean).join(", "));
    attr(node, "data-ticked", state.chosen);
  }

  const open = (row) => openCode(row[CODE]);

  function openCode(code) {
    O.unread.read(code);
    O.view.go(O.view.withParam("selected", "event:" + code));
    drawHead();
  }

  function changed() {
    const n = list.chosen().length;
    parts.foot.hidden = !n;
    O.dom.text(parts.chosen, O.words.t("duty.chosen", { n }));
    O.dom.text(parts.clear, O.words.t("duty.chosen.clear"));
    O.dom.text(parts.batch, O.words.t("batch.open"));
    parts.batch.hidden = !O.account.me().dispatch;
  }

  /* ---- the head ---- */

  function drawStages(now) {
    const { h, text, attr, link, rows } = O.dom;
    const chosen = new Set(O.view.several("stages"));
    const all = now ? STAGES.reduce((sum, s) => sum + now.stages[s], 0) : null;
    const list_ = [["", O.words.t("duty.stage.all"), all], ...STAGES.map((s) => [s, O.words.t("stage." + s), now ? now.stages[s] : null])];
    attr(parts.stages, "aria-label", O.words.t("filters.stage"));
    rows(parts.stages, list_, (s) => s[0] || "all", () => h("a", { class: "stage", role: "radio" }, h("span", {}), h("b", {})), (node, [id, name, n]) => {
      const here = id ? chosen.has(id) : !chosen.size;
      text(node.firstChild, name);
      text(node.lastChild, O.format.number(n));
      attr(link(node, O.view.withParam("stages", id)), "aria-checked", String(here));
    });
  }

  /* Lists that stand beside the queue: whose reporter waits for an answer, and the ledger of suspensions. */
  function drawLists(now) {
    const { h, text, rows } = O.dom;
    const named = now ? LISTS.map((name) => [name, now[name]]) : [];
    rows(parts.lists, named, (n) => n[0], () => h("a", { class: "desk-list-link" }, h("span", {}), h("b", {})), (node, [name, n]) => {
      text(node.firstChild, O.words.t("figure." + name));
      text(node.lastChild, O.format.number(n));
      O.lists.behind(node, name, { plain: true });
    });
  }

  function drawHead() {
    const { text, attr } = O.dom;
    const now = O.panels.value("queue");
    text(parts.title, O.words.t("duty.title"));
    const total = known ? list.total() : now ? now.total : null;
    text(parts.total, total === null ? "" : O.words.t("duty.total", { n: O.format.number(total) }));
    const n = O.unread.count();
    attr(text(parts.unread, O.words.t("duty.unread", { n: O.format.number(n) })), "hidden", !n);
    attr(parts.unread, "title", O.words.t("duty.unread.clear"));
    drawStages(now);
    drawLists(now);
    for (const option of parts.order.children) text(option, O.words.t("duty.order." + option.value));
    parts.order.value = O.view.param("order");
    attr(parts.order, "aria-label", O.words.t("duty.order"));
    attr(attr(parts.text, "placeholder", O.words.t("duty.text")), "aria-label", O.words.t("duty.text"));
    list.label(O.words.t("duty.title"));
    attr(parts.box, "aria-label", O.words.t("duty.title"));
    const filtered = ["classes", "urgencies", "sources", "states", "lights", "stages", "text"].some((name) => O.view.param(name));
    parts.empty.hidden = known && list.total() > 0;
    text(parts.empty, O.words.t(known ? (filtered ? "duty.empty.filtered" : "duty.empty") : failed ? "list.failed" : "duty.wait"));
    O.saved.draw();
    O.unread.title();
  }

  O.sections = O.sections || {};
  O.sections.queue = {
    box: "desk",
    draw(now) {
      drawHead();
      if (now.version !== version && on()) list.renew();
      version = now.version;
    },
  };
  O.sections.desk = {
    box: "desk",
    draw() {
      if (!on()) return;
      drawHead();
      list.refresh();
    },
  };

  const focus = () => list.focus();
  O.queue = {
    focus, openCode, drawHead, asks, on, CODE,
    list: () => list,
    findText: () => (parts.text.focus(), parts.text.select()),
  };
  (O.mounts = O.mounts || []).push(() => {
    O.map.drag.allow(() => on() && O.account.me().dispatch);
    build(document.getElementById("desk"));
    O.view.onChange(onChange);
    onChange();
    O.panels.apply("desk", true);
  });
})();
