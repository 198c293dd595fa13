/* Whom to send: the best units with their reasons, others found by name; one leads, any number assist ("+" or their marks).
   While a name that was typed is still being looked for, nobody may be sent: what is on show is of the text before. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const TYPING_MS = 200;
  const ANSWER_MAX_MS = 5000;
  let code = "";
  let held = null;       // candidates as they were when the form was opened: what is decided on
  let unit = "";
  const assists = new Set();
  let parts = null;
  let calls = 0;         // questions for units by name; an answer to any but the last one is dropped
  let typing = 0;
  let late = 0;          // when an answer is not waited for any more
  let missed = false;    // none came to the text that stands there
  let found = "";        // the text that the units on show were found by
  let follow = false;    // the cursor goes to what is found
  let hooks = null;      // {submit, changed, nobody}: Enter on a unit; another unit is chosen; none is called so, or no answer came (true)

  /** The nodes of this part of the form. */
  function build(given) {
    const { h } = O.dom;
    hooks = given;
    parts = {
      units: h("div", { class: "steps-units", role: "radiogroup", hidden: true }),
      others: h("input", { type: "search", class: "steps-others", maxlength: "40", autocomplete: "off", spellcheck: "false", hidden: true }),
      missing: h("p", { class: "steps-missing", hidden: true }),
    };
    parts.others.addEventListener("input", () => {
      calm();
      follow = false;
      typing = setTimeout(call, TYPING_MS);
      draw();
    });
    parts.others.addEventListener("keydown", along);
    return [parts.units, parts.others, parts.missing];
  }

  /** Begin to choose for an event; `to` is a unit that was named already. */
  function open(event, offered, to) {
    calm();
    code = event;
    held = { candidates: offered.candidates || [], others: [], missing: offered.missing || "", at: offered.at };
    parts.others.value = found = "";
    follow = false;
    assists.clear();
    unit = held.candidates.length ? held.candidates[0][0] : "";
    if (to) name(to);
    draw();
  }

  function shut() {
    calm();
    held = null;
    unit = "";
    assists.clear();
    if (parts) draw();
  }

  /** What is on its way is not waited for any more. */
  function calm() {
    clearTimeout(typing);
    clearTimeout(late);
    typing = late = 0;
    missed = false;
    calls += 1;
  }

  const typed = () => parts.others.value.trim();

  /** Whether the text that stands there has no answer yet. */
  const looking = () => Boolean(held) && typed() !== found;

  /** Choose a unit by its code; one that is not among the best is asked for. */
  function name(to) {
    if (held.candidates.some((c) => c[0] === to)) unit = to;
    else {
      unit = "";
      follow = true;
      parts.others.value = to;
      call();
    }
  }

  function call() {
    calm();
    if (!held) return;
    const text = typed();
    if (!text) return void show([]);
    late = setTimeout(unanswered, ANSWER_MAX_MS);
    window.dash_clientside.set_props("candidates-ask", { data: { n: calls, code, text, lang: O.words.lang() } });
  }

  /** The units that are called like what was typed: {n, code, candidates, missing}. */
  function called(answer) {
    if (answer && held && answer.n === calls && answer.code === code) show(answer.candidates);
  }

  /** No answer came: nobody is chosen, and the text may be asked for again. */
  function unanswered() {
    calm();
    show([], true);
  }

  /** What was found by the text that stands there: the one of this code, else the best; nobody is chosen where nobody is.
      Whoever is to assist stays on show: it is sent along. */
  function show(units, failed = false) {
    clearTimeout(late);
    found = typed();
    missed = failed;
    const kept = held.others.filter((c) => assists.has(c[0]));
    const here = held.candidates.concat(kept).map((c) => c[0]);
    held.others = kept.concat(units.filter((c) => !here.includes(c[0])));
    const first = units.find((c) => c[0] === found) || units[0] || (found ? null : held.candidates[0]);
    choose(first ? first[0] : "");
    if (!first) hooks.nobody(missed);
    if (follow && first) focus();
    follow = false;
  }

  /** Enter in the field: to what is found by its text, now or as soon as it is. */
  function find() {
    follow = looking() || missed;
    if (follow) call();
    else if (unit) focus();
    else hooks.nobody();
  }

  const choices = () => (held ? held.candidates.concat(held.others) : []);

  function choose(key) {
    unit = key;
    assists.delete(key);
    hooks.changed();
    draw();
  }

  /** A unit that is on show is chosen by hand: what was being looked for is not wanted any more. */
  function pick(key) {
    calm();
    parts.others.value = found;
    choose(key);
  }

  function assist(key) {
    if (key === unit) return;
    if (!assists.delete(key)) assists.add(key);
    hooks.changed();
    draw();
  }

  function focus() {
    (parts.units.querySelector("[aria-checked=true]") || parts.others).focus();
  }

  function make() {
    const { h } = O.dom;
    const unit_ = h("button", { type: "button", class: "candidate", role: "radio" }, h("strong", {}), h("em", {}), h("span", { class: "why" }));
    const mark = h("button", { type: "button", class: "assist" });
    const node = h("div", { class: "candidate-row", role: "presentation" }, unit_, mark);
    unit_.addEventListener("click", () => pick(node.dataset.key));
    unit_.addEventListener("dblclick", () => hooks.submit());
    unit_.addEventListener("keydown", along);
    mark.addEventListener("click", () => assist(node.dataset.key));
    return node;
  }

  function draw() {
    const { text, attr, rows } = O.dom;
    parts.units.hidden = parts.missing.hidden = parts.others.hidden = !held;
    O.map.advice.show(held ? held.at : null, choices(), unit);
    if (!held) return;
    rows(parts.units, choices(), (c) => c[0], make, (node, [key, called_, why, , , load]) => {
      const [unit_, mark] = node.children;
      text(unit_.children[0], called_);
      attr(text(unit_.children[1], load ? O.words.t("batch.busy", { n: load }) : ""), "hidden", !load);
      text(unit_.children[2], why);
      attr(text(mark, O.words.t("candidate.assist")), "aria-pressed", String(assists.has(key)));
      attr(attr(mark, "hidden", key === unit), "aria-label", O.words.t("candidate.assist") + " " + called_);
      attr(unit_, "aria-checked", String(key === unit));
      attr(unit_, "aria-description", assists.has(key) ? O.words.t("candidate.assists") : null);
      attr(unit_, "tabindex", key === unit ? "0" : "-1");
    });
    attr(parts.units, "aria-label", O.words.t("step.unit"));
    attr(parts.units, "aria-busy", looking() ? "true" : null);
    attr(attr(parts.others, "placeholder", O.words.t("candidate.search")), "aria-label", O.words.t("candidate.search"));
    text(parts.missing, held.candidates.length ? held.missing : O.words.t("candidate.none") + " " + held.missing);
  }

  /* Arrows move along the units, "+" lets the one below the leading one assist, Enter sends. */
  function along(event) {
    const field = event.currentTarget === parts.others;
    if (event.isComposing) return undefined;
    if (event.key === "Enter") {
      event.preventDefault();
      return field ? find() : hooks.submit();
    }
    const all = choices();
    if (event.key === "+" && !field) {
      event.preventDefault();
      const next = all.find((c) => c[0] !== unit && !assists.has(c[0]));
      return next ? assist(next[0]) : undefined;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return undefined;
    event.preventDefault();
    event.stopPropagation();
    if (field && looking()) return find();
    const at = all.findIndex((c) => c[0] === unit) + step;
    if (at >= all.length && !field) return parts.others.focus();
    if (at < 0 || at >= all.length) return undefined;
    pick(all[at][0]);
    return focus();
  }

  O.stepUnits = {
    build, open, shut, focus, called, looking,
    chosen: () => ({ unit, assists: Array.from(assists) }),
  };
})();
