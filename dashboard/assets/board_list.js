/* The list behind a figure: which figure, how many, and its events; everything that changes it is in the address. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const CODE = 0, NAME = 1, URGENCY = 2, STATE_TEXT = 3, STATE = 4, PLACE = 5, REPORTED = 6, DEADLINE = 7, ENDED = 8, SOURCE = 9, NOTE = 10;
  const FIGURES = {
    today: [
      "reported", "open", "overdue", "due_soon", "closed", "judged", "on_time", "late", "timed", "unplaced", "recent", "on_pile",
      "suspended", "forced", "reopened", "supervised", "placarded",
    ],
    past: ["span", "yesterday", "overdue_before", "last_week", "month_due", "month_on_time", "month_late"],
    period: [
      "period_due", "period_due_closed", "period_due_on_time", "period_due_late", "period_reported", "period_registered", "period_proactive",
      "period_dispatched", "period_sent_right", "period_repeated", "period_closed", "period_handled", "period_checked", "period_reworked",
      "period_asked", "period_answered", "period_levelled", "period_local_1", "period_local_2", "period_local_3", "period_local_4", "period_local_5",
    ],
    all: ["all", "all_closed", "all_on_time", "all_overdue", "all_unjudged", "all_dropped", "all_forced", "all_reopened", "to_reply"],
  };
  const SORTS = ["newest", "oldest", "deadline", "urgency"];
  const HOURLY = ["reported", "closed", "last_week"];
  const FIRST = { overdue: "deadline", due_soon: "deadline" };
  const STAGES = ["accept", "dispatch", "handle", "check", "paused"];
  const FILTERS = ["classes", "urgencies", "sources", "states", "lights", "stages", "kinds", "day"];
  const QUARANTINE = "/admin/quarantine";
  const t = (key, values) => O.words.t(key, values);
  let b = null;
  let p = null;

  const figure = () => O.view.param("figure") || "open";
  const isKept = (name) => !FIGURES.today.includes(name);
  const firstSort = () => FIRST[figure()] || "newest";
  const selected = () => O.view.param("selected").replace(/^event:|^\w+:.*/, "");
  const two = (hour) => String(hour).padStart(2, "0");

  /** The address of the list behind a figure of an area; with the view's filters where the figure follows them.
      Options: area, filters {name: value} of its own, plain: without the view's; what: what the link says it opens. */
  function address(name, options) {
    const now = O.view.parse();
    const given = Object.assign({ area: now.area, filters: {} }, options);
    for (const other of [...O.view.own, "selected"]) now.params.delete(other);
    if (isKept(name) || given.plain) for (const other of FILTERS) now.params.delete(other);
    now.params.delete("focus"); // what it filters by stays
    now.params.set("figure", name);
    for (const [other, value] of Object.entries(given.filters)) now.params.set(other, value);
    O.view.keepStates(now.params, O.city.held[name]);
    return "/list/" + encodeURIComponent(given.area) + O.view.query(now.params);
  }

  /** The board of the units, or the list of the grids, of an area, narrowed; null for whoever may not see units. */
  function board(page, narrowed, area) {
    const now = O.view.parse();
    if (!O.account.me().units) return null;
    for (const other of [...O.view.own, "selected", "focus"]) now.params.delete(other);
    for (const [name, value] of Object.entries(narrowed)) now.params.set(name, value);
    O.view.keepStates(now.params, O.city.states);
    return "/" + page + "/" + encodeURIComponent(area || now.area) + O.view.query(now.params);
  }

  /** A wall keeps its numbers, and a screen goes nowhere. A link says what it opens. */
  function linked(node, to, what) {
    const some = O.view.parse().page === "wall" || O.account.me().screen ? null : to();
    return O.dom.attr(O.dom.link(node, some), "title", some && t("list.open", { what }));
  }

  /** The link of a number to its list. */
  function behind(node, name, options) {
    return linked(node, () => address(name, options), (options && options.what) || t("figure." + name));
  }

  /** The same for a list that the server names: "list?figure=open&urgencies=1", "units?on=1", "grids?due=1"; for none, no link and no
      title. Options: area, what. */
  function lead(node, opens, options) {
    if (!opens) return linked(node, () => null);
    const [page, query] = opens.split("?");
    const { figure: name, ...own } = Object.fromEntries(new URLSearchParams(query));
    if (page === "list") return behind(node, name, Object.assign({ filters: own }, options));
    const given = options || {};
    if (page === "quarantine") return linked(node, () => (O.account.me().quarantine ? QUARANTINE : null), given.what);
    return linked(node, () => (["units", "grids"].includes(page) ? board(page, own, given.area) : null), given.what || t(page + ".title"));
  }

  function build() {
    const { h } = O.dom;
    const groups = Object.entries(FIGURES).map(([group, names]) => h("optgroup", { "data-group": group }, ...names.map((n) => h("option", { value: n }))));
    p = {
      figure: h("select", { class: "desk-order list-figure" }, ...groups), total: h("b", { class: "list-total" }),
      hour: h("a", { class: "chip list-hour" }, h("span", {}), O.dom.icon("close")), other: h("a", { class: "list-other" }), back: h("a", { class: "board-clear" }),
      why: h("p", { class: "list-why" }), said: h("p", { class: "list-said", role: "status" }), stages: h("div", { class: "desk-stages", role: "group" }),
      sort: O.board.chooser("sort", SORTS, firstSort), save: O.board.exporter("list"),
    };
    p.groups = groups;
    p.tools = h("div", { class: "desk-tools" }, p.hour, p.other, p.said, h("div", { class: "gap" }), p.sort);
    p.figure.addEventListener("change", () => O.view.go(address(p.figure.value, ofHour(p.figure.value))));
    b = O.board.board({
      page: "list", height: 4.1, key: (row) => row[CODE], make, update, open, drawHead,
      head: [h("div", { class: "desk-head" }, p.figure, p.total, h("div", { class: "gap" }), p.back), p.why, p.stages, p.tools],
      foot: p.save.node,
    });
  }

  function make() {
    const { h } = O.dom;
    const parts = {
      mark: h("span", { class: "mark" }), name: h("span", { class: "row-name" }), left: h("span", { class: "left" }),
      place: h("span", { class: "row-place" }), time: h("time", {}), source: h("span", { class: "row-who" }), state: h("span", { class: "row-state" }),
    };
    const node = h("div", { class: "job" }, parts.mark, h("div", { class: "row-line" }, parts.name, parts.time, parts.left),
      h("div", { class: "row-line" }, parts.place, parts.source, parts.state));
    node.parts = parts;
    return node;
  }

  function update(node, row) {
    const { text, attr } = O.dom;
    const n = node.parts;
    const now = O.panels.now();
    const zone = O.panels.zone();
    attr(node, "data-urgency", row[URGENCY]);
    attr(node, "data-open", row[CODE] === selected());
    attr(node, "data-key", row[CODE]);
    attr(text(n.mark, row[URGENCY]), "title", t("urgency." + row[URGENCY]));
    attr(text(n.name, row[NAME]), "title", row[CODE]);
    attr(text(n.place, row[PLACE]), "title", row[PLACE]);
    text(n.time, O.format.when(row[REPORTED], zone, now, true));
    attr(attr(text(n.source, row[NOTE] || row[SOURCE]), "title", row[NOTE] || null), "data-note", Boolean(row[NOTE]));
    text(n.state, row[STATE_TEXT]);
    const open = O.city.states.includes(row[STATE]);
    const runs = open && row[STATE] !== "suspended" ? row[DEADLINE] : null;
    attr(n.left, "data-deadline", runs);
    const late = runs !== null ? runs < now : row[DEADLINE] !== null && row[ENDED] !== null && row[ENDED] > row[DEADLINE];
    n.left.classList.toggle("over", late);
    text(n.left, runs !== null ? t(late ? "feed.over" : "feed.left", { time: O.format.span(runs - now) })
      : row[ENDED] !== null ? t("list.ended", { time: O.format.when(row[ENDED], zone, now, true) }) : "");
    attr(node, "aria-label", [row[NAME], t("urgency." + row[URGENCY]), row[PLACE], row[STATE_TEXT], row[NOTE], n.left.textContent].filter(Boolean).join(", "));
  }

  function open(row) {
    O.view.go(O.view.withParam("selected", "event:" + row[CODE]));
    O.map.goToMark("events/marks", row[CODE]);
    b.list.refresh();
  }

  function drawStages(now) {
    const { h, text, attr, link, rows } = O.dom;
    attr(p.stages, "hidden", figure() !== "open");
    if (figure() !== "open") return;
    const chosen = new Set(O.view.several("stages"));
    const all = now ? STAGES.reduce((sum, s) => sum + now.stages[s], 0) : null;
    const list = [["", t("list.stage.all"), all], ...STAGES.map((s) => [s, t("stage." + s), now ? now.stages[s] : null])];
    attr(p.stages, "aria-label", t("filters.stage"));
    rows(p.stages, list, (s) => s[0] || "all", () => h("a", { class: "stage", role: "radio" }, h("span", {}), h("b", {})), (node, [id, name, n]) => {
      text(node.firstChild, name);
      text(node.lastChild, O.format.number(n));
      attr(link(node, O.view.withParam("stages", id)), "aria-checked", String(id ? chosen.has(id) : !chosen.size));
    });
  }

  /** Another figure of the same hour, where it has hours. */
  const ofHour = (name) => ({ filters: HOURLY.includes(name) ? { hour: O.view.param("hour") } : FIGURES.period.includes(name) ? days() : {} });
  const days = () => Object.fromEntries(["from", "to"].map((end) => [end, O.view.param(end)]).filter(([, day]) => day));

  /** A span (geodata/domain/figures.py: Span) as people read it. */
  function spanned(span) {
    const [from, to] = span.split(".").map((ms) => O.format.moment(Number(ms), O.panels.zone()));
    return t("list.span", { date: from.date, from: from.clock.slice(0, 5), to: to.clock.slice(0, 5) });
  }

  /** The hour that the list is cut down to, and the way to the same hour of the other day. */
  function drawHour(name) {
    const { text, attr, link } = O.dom;
    const hour = O.view.param("hour");
    const other = { reported: "last_week", last_week: "reported" }[name];
    const span = name === "span" ? O.view.param("span") : "";
    text(p.hour.firstChild, hour ? t("list.hour", { hour: two(hour) }) : span ? spanned(span) : "");
    attr(attr(link(p.hour, O.view.withParam(span ? "span" : "hour", "")), "hidden", !hour && !span), "aria-label", t("filters.remove", { what: p.hour.textContent }));
    attr(p.other, "hidden", !hour || !other);
    if (hour && other) behind(text(p.other, t("figure." + other)), other, Object.assign({ plain: true }, ofHour(other)));
  }

  function drawHead(board) {
    const { text, attr, link } = O.dom;
    const now = board.answer;
    const name = figure();
    for (const group of p.groups) {
      attr(group, "label", t("list." + group.dataset.group));
      for (const option of group.children) text(option, t("figure." + option.value));
    }
    p.figure.value = name;
    attr(p.figure, "aria-label", t("list.figure"));
    const known = Boolean(now) && now.number !== null;
    text(p.total, known ? t("list.total", { n: O.format.number(now.number) }) : "");
    attr(p.total, "data-n", known ? now.number : null);
    link(text(p.back, t("list.back")), O.view.withPage("area"));
    text(p.why, [now && now.period, t("figure_why." + name)].filter(Boolean).join(" · "));
    drawStages(now);
    drawHour(name);
    O.filters.redraw();
    for (const option of p.sort.children) text(option, t("list.sort." + option.value));
    p.sort.value = O.view.param("sort") || firstSort();
    attr(attr(p.sort, "aria-label", t("list.sort")), "hidden", isKept(name));
    const cut = known && isKept(name) && now.number > now.total;
    text(p.said, !now ? "" : cut ? t("list.depth", { n: O.format.number(now.total) })
      : known ? "" : t("list.counting", { n: O.format.number(now.total) }));
    attr(p.tools, "hidden", isKept(name) && !p.said.textContent && p.hour.hidden);
    board.list.label(t("list.title") + " · " + t("figure." + name));
    board.say("list.empty", "list.wait");
    p.save.draw(now ? (known ? now.number : now.total) : 0, now && now.export_max);
  }

  /** The states that the list can hold, and how many of it there are of which sort; null where nobody counted. */
  const states = () => O.city.held[figure()] || O.city.states;
  const counts = () => b && b.answer && b.answer.counts;

  O.lists = { address, behind, lead, states, counts };
  (O.boards = O.boards || []).push(build);
})();
