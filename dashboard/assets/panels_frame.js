/* The frame of the page: title, breadcrumb, clock, liveness, banner, ticker, and the calm page for a wrong address. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});
  const HISTORY_MS = 864e5;
  const STALE_MS = 3e5;
  let bar = null;

  function buttons() {
    const { h, icon } = O.dom;
    const tool = (name, tag) => h(tag, { class: "tool tool-" + name, type: tag === "button" ? "button" : null }, icon(name));
    const parts = {
      duty: h("a", { class: "tool tool-duty" }, icon("duty")),
      units: h("a", { class: "tool tool-units" }, icon("units")),
      briefing: h("a", { class: "tool tool-briefing" }, icon("briefing")),
      page: h("a", { class: "tool tool-page" }, icon("screen")),
      show: h("a", { class: "tool tool-show", target: "_blank", rel: "noopener" }, icon("show")),
      lang: h("a", { class: "tool tool-lang" }),
      theme: tool("theme", "a"),
      copy: tool("link", "button"),
      replay: tool("replay", "button"),
      account: O.account.link(),
    };
    parts.copy.addEventListener("click", copyLink);
    parts.replay.addEventListener("click", () => O.replay.toggle());
    return parts;
  }

  function copyLink() {
    const said = (key) => bar.tools.copy.setAttribute("data-said", O.words.t(key));
    const done = () => {
      said("page.copied");
      setTimeout(() => bar.tools.copy.removeAttribute("data-said"), 1500);
    };
    if (navigator.clipboard) {
      navigator.clipboard.writeText(O.replay.href()).then(done, () => window.prompt(O.words.t("page.copy"), O.replay.href()));
    } else window.prompt(O.words.t("page.copy"), O.replay.href());
  }

  function build() {
    const { h } = O.dom;
    const box = document.getElementById("header");
    bar = {
      city: h("h1", { class: "city" }),
      demo: h("span", { class: "demo", hidden: true }),
      path: h("nav", { class: "path" }),
      search: h("div", { class: "search", id: "search" }),
      tools: buttons(),
      dot: h("span", { class: "dot", "aria-hidden": "true" }),
      live: h("span", { class: "live-text" }),
      stale: h("span", { class: "stale", hidden: true }),
      clock: h("time", { class: "clock" }),
      date: h("span", { class: "date" }),
    };
    bar.liveness = h("div", { class: "liveness", "data-state": "wait" }, bar.dot, bar.live);
    box.replaceChildren(
      bar.city, bar.demo, bar.path, h("div", { class: "gap" }), bar.search,
      h("div", { class: "tools" }, bar.tools.duty, bar.tools.units, bar.tools.briefing, bar.tools.page, bar.tools.show, bar.tools.lang, bar.tools.theme, bar.tools.replay, bar.tools.copy, bar.tools.account),
      bar.stale, bar.liveness, bar.clock, bar.date
    );
    O.search.build(bar.search);
  }
  (O.mounts = O.mounts || []).push(build);

  function drawPath(title) {
    const { h, text, link, rows, attr } = O.dom;
    attr(bar.path, "aria-label", O.words.t("page.path"));
    const steps = title.path.map(([code, name]) => [code, name]);
    if (title.children_level) steps.push(["", O.words.t("page.children", { level: title.children_level })]);
    rows(bar.path, steps, (s, i) => i + ":" + s[0], () => h("a", { class: "step" }), (node, [code, name], i) => {
      const here = i >= title.path.length - 1;
      link(text(node, name), here || i < O.account.firstStep(title.path) ? null : O.view.withArea(code));
      attr(node, "aria-current", i === title.path.length - 1 ? "page" : null);
    });
  }

  sections.title = {
    box: "header",
    also: ["clock", "controls", "feed", "worst", "liveness", "all_time", "kpi", "curve", "drawer", "desk", "board", "analysis"],
    draw(title) {
      const { text, attr } = O.dom;
      const here = title.path[title.path.length - 1];
      text(bar.city, title.city_title);
      bar.demo.hidden = !title.demo;
      if (title.demo) attr(text(bar.demo, O.words.t("page.demo")), "title", O.words.t("page.demo.title"));
      drawPath(title);
      document.title = (here ? here[1] + " · " : "") + title.city_title;
    },
  };

  sections.controls = {
    box: "header",
    draw() {
      const { text, attr, link } = O.dom;
      const { page, params } = O.view.parse();
      const other = page === "area" ? "wall" : "area";
      const dark = params.get("theme") !== "light";
      const en = O.words.lang() === "en";
      const tools = bar.tools;
      const label = (node, key) => attr(attr(node, "aria-label", O.words.t(key)), "title", O.words.t(key));
      attr(tools.page, "hidden", O.account.me().screen);
      attr(label(link(tools.show, O.mirror.href()), "page.show"), "hidden", !O.account.me().walls);
      O.account.draw(tools.account);
      label(link(tools.page, O.view.withPage(other)), other === "area" ? "page.open_area" : "page.open_wall");
      attr(label(link(tools.duty, O.view.withPage("duty")), "page.open_duty"), "hidden", page === "duty" || !O.account.me().duty);
      attr(label(link(tools.units, O.view.withPage("units")), "page.open_units"), "hidden", page === "units" || !O.account.me().units);
      link(label(tools.briefing, "page.open_briefing"), "/briefing/" + encodeURIComponent(O.view.parse().area) + (en ? "?lang=en" : "?lang=zh"));
      attr(tools.briefing, "hidden", page === "wall" || !O.account.me().duty);
      link(text(tools.lang, O.words.t("page.language")), O.view.withParam("lang", en ? "" : "en"));
      attr(tools.lang, "lang", en ? "zh-CN" : "en");
      label(link(tools.theme, O.view.withParam("theme", dark ? "light" : "")), dark ? "page.theme.light" : "page.theme.dark");
      label(tools.copy, "page.copy");
      attr(label(tools.replay, O.replay.on() ? "replay.live" : "page.replay"), "hidden", !["wall", "area", "duty"].includes(page));
      const skip = document.querySelector(".skip");
      if (skip) text(skip, O.words.t("page.skip"));
    },
  };

  sections.clock = {
    box: "header",
    draw() {
      if (!O.panels.value("title")) return;
      const m = O.format.moment(O.panels.now(), O.panels.zone());
      O.dom.text(bar.clock, m.clock);
      O.dom.text(bar.date, m.date + " " + m.weekday);
    },
  };

  function drawStale(live, title) {
    const { text, attr } = O.dom;
    const parts = Object.keys(O.life.parts()).length;
    const span = title && title.data_span;
    const newest = span ? span[1] : null;
    const now = O.panels.now();
    const history = newest !== null && now - newest > HISTORY_MS;
    const silent = !history && live.state !== "down" && live.srcAgeMs > STALE_MS;
    bar.stale.hidden = !history && !silent && !parts;
    document.documentElement.classList.toggle("is-history", history);
    if (history) {
      text(bar.stale, O.words.t("live.history", { date: O.format.moment(newest, title.zone).date }));
      attr(bar.stale, "title", O.words.t("live.history.why"));
    } else if (parts) {
      text(bar.stale, O.words.t("live.parts", { n: parts }));
    } else if (silent) {
      text(bar.stale, O.words.t("live.stale", { time: O.format.when(now - live.srcAgeMs, O.panels.zone(), now) }));
    }
  }

  sections.liveness = {
    box: "header",
    draw(live) {
      const { text, attr } = O.dom;
      attr(bar.liveness, "data-state", live.state);
      const known = live.ageMs !== null && live.ageMs !== undefined;
      text(bar.live, known || live.state === "down" ? O.words.t("live." + live.state, { age: O.format.age(live.ageMs) }) : O.words.t("live.wait"));
      drawStale(live, O.panels.value("title"));
    },
  };

  function footer() {
    const box = document.getElementById("ticker");
    if (!box.parts) {
      const { h } = O.dom;
      box.parts = {
        facts: h("ul", { class: "facts" }), feeds: h("button", { class: "feeds", type: "button", popovertarget: "feeds-list" }),
        each: h("ul", { id: "feeds-list", popover: "auto" }),
      };
      box.replaceChildren(box.parts.facts, O.analysis.handle(), box.parts.feeds, box.parts.each);
    }
    return box.parts;
  }

  sections.ticker = {
    box: "ticker",
    draw(facts) {
      const { h, text, rows, attr } = O.dom;
      const list = facts.length ? facts : [{ kind: "calm", text: O.words.t("ticker.calm") }];
      rows(footer().facts, list, (f, i) => i + f.kind, () => h("li", {}, h("b", {}), h("a", {})), (node, fact) => {
        attr(node, "data-kind", fact.kind);
        text(node.firstChild, fact.kind === "calm" ? "" : O.words.t("ticker.kind." + fact.kind));
        text(node.lastChild, fact.text);
        O.lists.lead(node.lastChild, fact.opens, Object.assign({ what: fact.text }, fact.area ? { area: fact.area } : {}));
      });
    },
  };

  sections.feeds = {
    box: "ticker",
    draw(feeds) {
      const { h, text, attr, rows } = O.dom;
      const node = footer().feeds;
      const ok = feeds.filter((f) => f[2] === "ok").length;
      text(node, feeds.length ? O.words.t("ticker.feeds", { ok, all: feeds.length }) : "");
      attr(node, "data-state", ok === feeds.length ? "ok" : "silent");
      attr(node, "hidden", !feeds.length);
      attr(node, "disabled", O.view.parse().page === "wall"); // nobody stands before it with a mouse
      rows(footer().each, feeds, ([name]) => name, () => h("li", {}), (line, [name, age, state]) => {
        attr(text(line, O.words.t("ticker.feed_age", { name, age: O.format.age(age) })), "data-state", state);
      });
    },
  };

  sections.lost = {
    box: "lost",
    draw(answer, box) {
      if (answer.ok) return box.replaceChildren();
      const { h } = O.dom;
      const why = answer.why === "no_classes" ? "lost.no_classes" : answer.field === "area" ? "lost.area" : "lost.address";
      const name = answer.why === "no_classes" ? O.words.t("focus." + answer.value) : "";
      return box.replaceChildren(
        h("h1", {}, O.words.t("lost.title")),
        h("p", {}, O.words.t(why, { field: answer.field, value: answer.value, name })),
        h("a", { class: "button", href: O.city.home }, O.words.t("lost.home"))
      );
    },
  };
})();
