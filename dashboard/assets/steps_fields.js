/* What a step must carry besides a unit: a kind, how long, the other event, the post that answers for it, and why. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const ORDER = ["kind", "until", "into", "accountable", "reason"];
  const HOUR_MS = 36e5;
  let parts = null;
  let shown = [];

  function build() {
    const { h } = O.dom;
    const field = (name, node) => h("label", { class: "steps-field", hidden: true, "data-field": name }, h("span", {}), node);
    parts = {
      kind: field("kind", h("select", {})),
      until: field("until", h("select", {})),
      into: field("into", h("input", { type: "text", maxlength: "64", autocomplete: "off", list: "steps-twins", spellcheck: "false" })),
      accountable: field("accountable", h("input", { type: "text", maxlength: "64", autocomplete: "off" })),
      reason: field("reason", h("input", { type: "text", class: "steps-reason", maxlength: "500", autocomplete: "off", list: "steps-picks" })),
    };
    parts.twins = h("datalist", { id: "steps-twins" });
    parts.picks = h("datalist", { id: "steps-picks" });
    return [...ORDER.map((name) => parts[name]), parts.twins, parts.picks];
  }

  function options(select, pairs) {
    const { h, text, rows } = O.dom;
    rows(select, pairs, (p) => String(p[0]), () => h("option", {}), (node, [value, label]) => {
      node.value = value;
      text(node, label);
    });
    if (pairs.length) select.value = pairs[0][0];
  }

  /* The day on which a span ends; an extension counts from the deadline, which the server knows. */
  function until(act, hours) {
    if (act.action === "ask_extend" || hours < 24) return "";
    return " · " + O.format.moment(O.panels.now() + hours * HOUR_MS, O.panels.zone()).date;
  }

  /** Show what this act needs, empty but for its preset; `twins` are codes of events that may be the same. */
  function open(act, twins) {
    const { h, rows } = O.dom;
    shown = ORDER.filter((name) => act.needs.includes(name));
    for (const name of ORDER) parts[name].hidden = !shown.includes(name);
    options(parts.kind.lastChild, act.kinds);
    options(parts.until.lastChild, act.spans.map(([hours, label]) => [hours, label + until(act, hours)]));
    for (const [list, values] of [[parts.twins, twins || []], [parts.picks, act.picks]]) {
      rows(list, values, (value) => value, () => h("option", {}), (node, value) => (node.value = value));
    }
    parts.into.lastChild.value = twins && twins.length ? twins[0] : "";
    parts.accountable.lastChild.value = "";
    parts.reason.lastChild.value = act.preset;
    draw();
  }

  function draw() {
    for (const name of ORDER) O.dom.text(parts[name].firstChild, O.words.t("step.field." + name));
  }

  function shut() {
    shown = [];
    for (const name of ORDER) parts[name].hidden = true;
  }

  /** What stands in the fields that are shown. */
  function read() {
    const value = (name) => (shown.includes(name) ? parts[name].lastChild.value.trim() : "");
    return { reason: value("reason"), until_h: Number(value("until")) || 0, into: value("into"), kind: value("kind"), accountable: value("accountable") };
  }

  /** Put the cursor into the first field that is empty, else the last one. */
  function focus() {
    const names = shown.filter((name) => parts[name].lastChild.tagName === "INPUT");
    const name = names.find((one) => !parts[one].lastChild.value) || names[names.length - 1] || shown[0];
    if (name) parts[name].lastChild.focus();
  }

  O.stepFields = { build, open, draw, shut, read, focus };
})();
