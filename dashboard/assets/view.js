/* The view lives in the address. Everything that changes the view is a link; this file turns addresses into state. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const root = document.documentElement;
  /* What belongs to one page only, and is left behind with it. */
  const OWN = { duty: ["text", "order"], units: ["status", "fresh", "kind", "roster", "on", "unit", "sort"], list: ["figure", "sort", "hour", "from", "to", "span"], grids: ["walk", "type", "due", "grid", "sort"] };
  const ORDER = [...new Set(["layers", "measure", "classes", "urgencies", "sources", "states", "lights", "stages", "kinds", "day", "text", "piles", "lang", "theme", "selected", "order", "period", "rank", "at", "play", "focus", ...OWN.units, ...OWN.list, ...OWN.grids])];
  const DEFAULTS = { layers: "areas.boundaries.events.labels.surges.units", measure: "open", piles: "0", lang: "zh", theme: "dark", order: "pressing", period: "30d", rank: "on_time" };
  const PAGES = ["wall", "area", "duty", "units", "list", "grids"];
  const SCREENS = ["wall", "area"]; // those that can be a theme screen
  const listeners = [];
  const DOUBLE_MS = 600;
  let settled = null;
  let selectedAt = -Infinity;

  function parse(address) {
    const url = new URL(address || view.address(), location.origin);
    const bits = url.pathname.split("/").filter(Boolean);
    const known = bits.length === 2 && PAGES.includes(bits[0]);
    let area = "";
    try {
      area = known ? decodeURIComponent(bits[1]) : "";
    } catch (_) {
      area = "";
    }
    const params = url.searchParams;
    if (known && !SCREENS.includes(bits[0])) params.delete("focus");
    for (const [name, value] of Object.entries(looks(params))) if (value && !params.get(name)) params.set(name, value);
    return { known: Boolean(area), page: known ? bits[0] : "area", area, path: url.pathname, params };
  }

  /** What a theme screen shows where the address says nothing else; nothing without one. */
  const looks = (params) => (O.city && O.city.focuses && O.city.focuses[params.get("focus")] || { view: {} }).view;

  function query(params) {
    const parts = [];
    const usual = Object.assign({}, DEFAULTS, looks(params));
    for (const name of ORDER) {
      const value = params.get(name);
      if (value && value !== usual[name]) parts.push(name + "=" + encodeURIComponent(value));
    }
    return parts.length ? "?" + parts.join("&") : "";
  }

  function changed(values) {
    const now = parse();
    for (const [name, value] of Object.entries(values)) now.params.set(name, value);
    return now.path + query(now.params);
  }

  function mark(now) {
    const lang = now.params.get("lang") === "en" ? "en" : "zh";
    root.dataset.page = now.page;
    root.dataset.theme = now.params.get("theme") === "light" ? "light" : "dark";
    root.dataset.lang = lang;
    root.lang = lang === "en" ? "en" : "zh-CN";
  }

  function settle() {
    const address = view.address();
    if (address === settled) return;
    const before = settled === null ? null : parse(settled);
    settled = address;
    const now = parse(address);
    mark(now);
    delete root.dataset.lost;
    if (now.known && O.live) O.live.sub(address);
    for (const fn of listeners) fn(now, before);
  }

  const view = {
    address: () => location.pathname + location.search,
    parse,
    /** The current value of a parameter, its default where the address does not say. */
    param: (name) => parse().params.get(name) || DEFAULTS[name] || "",
    /** Show this address: pushed to the history (or put in place of the current one), told to Dash, no reload. */
    go(address, options) {
      const url = new URL(address, location.origin);
      const next = url.pathname + url.search;
      if (next === view.address()) return;
      if (options && options.replace) history.replaceState(null, "", next);
      else history.pushState(null, "", next);
      settle();
      // All three parts: dcc.Location would push the address of a part that it believes to be newer than ours.
      window.dash_clientside.set_props("url", { pathname: url.pathname, search: url.search, href: location.href });
    },
    /** The address of the same view of another area; what was selected is dropped. */
    withArea(code) {
      const now = parse();
      now.params.delete("selected");
      return "/" + now.page + "/" + encodeURIComponent(code) + query(now.params);
    },
    /** The address of this view with one parameter changed; an empty value drops it. */
    withParam: (name, value) => (value ? changed({ [name]: value }) : view.without([name])),
    /** The address of this view without some parameters. A theme screen that would bring one of them back is left; what
        else it shows stays. */
    without(names) {
      const brought = looks(parse().params);
      return changed({ ...Object.fromEntries(names.map((n) => [n, ""])), ...(names.some((n) => brought[n]) ? { focus: "" } : {}) });
    },
    query,
    /** What belongs to one page only. */
    own: [...new Set(Object.values(OWN).flat())],
    /** Leave no other states in a filter than these: what has ended is only in some lists. */
    keepStates(params, some) {
      const kept = (params.get("states") || "").split(".").filter((s) => some.includes(s));
      params.set("states", kept.join("."));
    },
    /** The same view on another page. */
    withPage(page) {
      const now = parse();
      if (page === "wall") now.params.delete("selected");
      if (page !== now.page) for (const name of OWN[now.page] || []) now.params.delete(name);
      if (!["wall", "area", "duty"].includes(page)) for (const name of ["at", "play"]) now.params.delete(name);
      if (page !== "list") view.keepStates(now.params, O.city.states);
      if (!SCREENS.includes(page)) now.params.delete("focus"); // what it filters by stays
      return "/" + page + "/" + encodeURIComponent(now.area) + query(now.params);
    },
    /** Whether a parameter says what the theme screen stands for anyway. */
    brought(name) {
      const { params } = parse();
      return Boolean(params.get(name)) && params.get(name) === looks(params)[name];
    },
    /** The values of a parameter that holds several. */
    several: (name) => view.param(name).split(".").filter((v) => v && v !== "none"),
    /** The address with `value` added to, or removed from, a parameter that holds several. */
    toggled(name, value) {
      const now = new Set(view.several(name));
      if (!now.delete(value)) now.add(value);
      const next = Array.from(now).sort().join(".");
      return view.withParam(name, next || (name === "layers" ? "none" : ""));
    },
    /** Go to the parent area, where there is one. */
    up() {
      const title = O.panels.value("title");
      const parent = title ? title.path.length - 2 : -1;
      if (parent >= 0 && parent >= O.account.firstStep(title.path)) view.go(view.withArea(title.path[parent][0]));
    },
    /** Call `fn(now, before)` after each change of the address. */
    onChange: (fn) => listeners.push(fn),
  };

  function onClick(event) {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const a = event.target.closest && event.target.closest("a[href]");
    if (!a || a.target || a.origin !== location.origin || !/^\/(wall|area|duty|units|list|grids)\//.test(a.pathname)) return;
    event.preventDefault();
    view.go(a.pathname + a.search);
  }

  /** What the map tells: a click selects at once; the second of a double click enters the area in place of that
      selection, so that "back" leads to where the first one was made. */
  function onPick(pick) {
    if (!pick || !pick.id || pick.kind === "hover") return;
    if (pick.layer === "areas" && pick.kind === "double") {
      view.go(view.withArea(pick.id), { replace: performance.now() - selectedAt < DOUBLE_MS });
      selectedAt = -Infinity;
    }
    if (pick.kind !== "click" || parse().page === "wall") return;
    if (pick.layer === "surges") return void O.surges.openMark(pick.id);
    const kind = { areas: "area", events: "event", units: "unit" }[pick.layer];
    if (!kind) return;
    const next = view.withParam("selected", kind + ":" + pick.id);
    if (next === view.address()) return;
    selectedAt = performance.now();
    view.go(next);
  }

  O.view = view;
  mark(parse());
  document.addEventListener("click", onClick);
  const none = () => window.dash_clientside.no_update;
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.onescreen = Object.assign(window.dash_clientside.onescreen || {}, {
    address(_pathname, _search, city) {
      if (!O.words.ready()) O.words.set(city);
      settle();
      O.panels.mount();
      return none();
    },
    picked(pick) {
      onPick(pick);
      return none();
    },
    viewed(answer) {
      O.panels.viewed(answer);
      return none();
    },
    found(answer) {
      O.search.show(answer);
      return none();
    },
    selected(answer) {
      O.drawer.show(answer);
      return none();
    },
    kept(answer) {
      O.saved.take(answer);
      return none();
    },
    planned(answer) {
      O.batch.take(answer);
      return none();
    },
    called(answer) {
      O.stepUnits.called(answer);
      return none();
    },
    stepped(answer) {
      O.steps.answered(answer);
      return none();
    },
    revealed(answer) {
      O.drawer.reveal(answer);
      return none();
    },
  });
})();
