/* What is more than usual: a card over the right column, on which whoever may says whether it is so. Never on a wall. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const sections = (O.sections = O.sections || {});
  const SHOWN = 3;
  const ANSWER_MAX_MS = 10000;
  const BURST =
    "M12 2l2.300 3.100 3.700-1.300.200 3.900 3.800 1.100-2.100 3.200 2.100 3.200-3.800 1.100-.200 3.900-3.700-1.300L12 22l-2.300-3.100-3.700 1.300-.200-3.900L2 15.200 4.100 12 2 8.800l3.800-1.100.200-3.900 3.700 1.300Z";
  const t = (key, values) => O.words.t(key, values);
  const said = new Map();      // what came of saving, by the id of a surge
  const sending = new Set();
  let asked = null;            // {id, verdict, seen}: the form that is open
  let parts = null;

  /** The address of the list of those who were counted, by the properties of a mark (layers/surges.py). */
  const listOf = (props) => O.lists.address("span", { area: props.a, filters: { classes: props.c, span: props.s } });

  /** What a mark says under the pointer. */
  const tip = (props) =>
    t(props.u ? "surge.said" : "surge.said.few", { n: O.format.number(props.k), usual: O.format.number(props.u) });

  function openMark(id) {
    const mark = O.map.marks.get("surges/marks", id);
    if (mark) O.view.go(listOf(mark.properties));
  }

  async function send(id, verdict, seen, note) {
    sending.add(id);
    said.delete(id);
    redraw();
    let why = "";
    try {
      const body = JSON.stringify(Object.assign({ verdict, note }, seen ? { seen } : {}));
      const answer = await window.fetch("/api/v1/surges/" + id + "/judge", {
        method: "POST", headers: { "content-type": "application/json" }, body, signal: AbortSignal.timeout(ANSWER_MAX_MS),
      });
      if (answer.status === 422) why = "surge.overtaken";
      else if (!answer.ok) why = "surge.failed";
    } catch (_) {
      why = "surge.failed";
    }
    sending.delete(id);
    if (why) said.set(id, why);
    if ((!why || why === "surge.overtaken") && asked && asked.id === id) asked = null;
    redraw();
  }

  function make() {
    const { h, svg } = O.dom;
    const star = svg("svg", { viewBox: "0 0 24 24" }, svg("path", { d: BURST }));
    const p = {
      shape: h("b", { class: "surge-shape", "aria-hidden": "true" }, star), name: h("span", { class: "surge-name" }), n: h("a", { class: "surge-said" }),
      state: h("span", { class: "surge-state" }), yes: h("button", { type: "button", class: "button surge-button", "data-verdict": "confirmed" }),
      no: h("button", { type: "button", class: "button surge-button", "data-verdict": "dismissed" }), told: h("span", { class: "surge-told", role: "status" }),
      note: h("input", { class: "surge-note", type: "text", maxlength: 400 }), save: h("button", { type: "submit", class: "button surge-save" }),
      cancel: h("button", { type: "button", class: "button surge-cancel" }),
    };
    p.form = h("form", { class: "surge-form", hidden: true }, p.note, p.save, p.cancel);
    p.act = h("span", { class: "surge-act" }, p.yes, p.no);
    const node = h("li", { class: "surge" }, h("div", { class: "surge-line" }, p.shape, p.name, p.state), h("div", { class: "surge-line" }, p.n, p.act), p.form, p.told);
    node.parts = p;
    const id = () => Number(node.dataset.key);
    const ask = (verdict) => {
      asked = { id: id(), verdict, seen: node.dataset.verdict || "" };
      said.delete(asked.id);
      p.note.value = "";
      redraw();
      p.note.focus();
    };
    p.yes.addEventListener("click", () => ask("confirmed"));
    p.no.addEventListener("click", () => ask("dismissed"));
    p.cancel.addEventListener("click", () => close(p));
    p.note.addEventListener("keydown", (event) => event.key === "Escape" && (event.stopPropagation(), close(p)));
    p.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const note = p.note.value.trim();
      if (asked.verdict === "dismissed" && !note) {
        said.set(id(), "surge.reason");
        redraw();
        p.note.focus();
      } else send(id(), asked.verdict, asked.seen, note);
    });
    return node;
  }

  function close(p) {
    asked = null;
    redraw();
    p.yes.focus();
  }

  function update(node, row) {
    const { text, attr } = O.dom;
    const p = node.parts;
    const open = asked !== null && asked.id === row.id;
    const busy = sending.has(row.id);
    attr(node, "data-verdict", row.verdict || null);
    attr(text(p.name, row.where.replaceAll(" · ", "·") + " " + row.what), "title", row.where + " · " + row.what);
    text(p.state, t("surge.since", { time: O.format.when(row.since, O.panels.zone(), O.panels.now(), true) }));
    O.lists.lead(text(p.n, row.said), row.opens, { area: row.area, what: row.where + " · " + row.what });
    p.act.hidden = !O.account.me().judge || open;
    p.yes.hidden = Boolean(row.verdict);
    text(p.yes, t("surge.confirm"));
    text(p.no, t("surge.dismiss"));
    p.form.hidden = !open;
    if (open) {
      const label = t(asked.verdict === "confirmed" ? "surge.note.confirm" : "surge.note.dismiss");
      attr(attr(p.note, "placeholder", label), "aria-label", label);
      text(p.save, t(busy ? "surge.sending" : asked.verdict === "confirmed" ? "surge.confirm" : "surge.dismiss"));
      text(p.cancel, t("surge.cancel"));
      p.save.disabled = busy;
    }
    const by = row.verdict ? t(row.note ? "surge.by.note" : "surge.by", { who: row.by, note: row.note }) : "";
    attr(text(p.told, said.has(row.id) ? t(said.get(row.id)) : by), "data-fault", said.has(row.id));
    attr(p.told, "title", by || null);
  }

  function draw(value, box) {
    const { h, text, attr, rows } = O.dom;
    const page = O.view.parse().page;
    box.hidden = page === "wall" || !value.rows.length;
    if (box.hidden) return;
    if (!parts) {
      parts = { title: h("h2", {}), n: h("span", { class: "surges-n" }), rows: h("ol", { class: "surges-rows" }), note: h("span", { class: "surges-foot" }) };
      box.replaceChildren(h("div", { class: "surge-line surges-head" }, parts.title, parts.n, parts.note), parts.rows);
    }
    text(parts.title, t("surge.title"));
    attr(box, "aria-label", t("surge.title"));
    text(parts.n, O.format.number(value.all));
    if (asked && !value.rows.some((row) => row.id === asked.id)) asked = null;
    const shown = value.rows.filter((row, i) => i < SHOWN || (asked && asked.id === row.id));
    rows(parts.rows, shown, (row) => row.id, make, update);
    const notes = [];
    if (value.all > shown.length) notes.push(t("surge.more", { n: O.format.number(value.all - shown.length) }));
    if (value.dismissed) notes.push(t("surge.dismissed", { n: O.format.number(value.dismissed) }));
    text(parts.note, notes.join(" · "));
  }

  function redraw() {
    const box = document.getElementById("surges");
    const value = O.panels.value("surges");
    if (box && value && O.words.ready()) draw(value, box);
    else if (box && !value) box.hidden = true;
  }

  sections.surges = { box: "surges", draw };
  O.surges = { openMark, tip };
  (O.mounts = O.mounts || []).push(() => O.view.onChange(redraw));
})();
