/* Several events sent off at once: to each its best unit, or one unit for all; what became of each stays to be read. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const ANSWER_MAX_MS = 20000;
  const CODE = 0, OK = 1, WHY = 2, WAITS = 3;
  let asked = 0;
  let waiting = 0;         // for the answer to what was asked last
  let box = null;
  let parts = null;
  let plan = null;         // {items: [[code, name, urgency, place, rev, unit row | null]…], units: [unit row…]}
  let one = "";            // the unit for all; "" for each its best
  let outcomes = null;     // by code: [code, whether it was sent, what became of it, whether it still waits]
  let sending = false;

  function ask(action, more) {
    asked += 1;
    const data = Object.assign({ n: asked, action, codes: [], items: [], confirmed: false, address: O.view.address(), lang: O.words.lang() }, more);
    clearTimeout(waiting);
    waiting = setTimeout(unanswered, ANSWER_MAX_MS);
    window.dash_clientside.set_props("batch-ask", { data });
  }

  /* Whether it was done is not known; what was, is refused the second time and says so. */
  function unanswered() {
    sending = false;
    O.dom.text(parts.told, O.words.t("step.unanswered"));
    draw();
  }

  function build() {
    const { h } = O.dom;
    parts = {
      title: h("h2", {}), told: h("p", { class: "batch-told", role: "status" }), way: h("select", { class: "batch-way" }), items: h("ul", { class: "batch-items" }),
      busy: h("input", { type: "checkbox" }), busyText: h("span", {}), send: h("button", { type: "submit", class: "button" }), close: h("button", { type: "button", class: "button quiet" }),
    };
    parts.allow = h("label", { class: "batch-allow", hidden: true }, parts.busy, parts.busyText);
    const form = h("form", {}, parts.title, parts.told, parts.way, parts.items, parts.allow, h("div", { class: "sheet-foot" }, parts.close, parts.send));
    box = h("dialog", { class: "sheet batch-sheet" }, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
    parts.way.addEventListener("change", () => {
      one = parts.way.value;
      parts.busy.checked = false;
      draw();
    });
    parts.busy.addEventListener("change", draw);
    parts.close.addEventListener("click", () => box.close());
    // What became of each is not known yet: it would be lost.
    box.addEventListener("cancel", (event) => sending && event.preventDefault());
    box.addEventListener("close", () => {
      clearTimeout(waiting);
      box.remove();
      box = plan = outcomes = null;
      O.queue.focus();
    });
  }

  function open() {
    const rows = O.queue.list().chosen();
    if (!rows.length || box) return;
    build();
    document.body.append(box);
    one = "";
    sending = false;
    draw();
    box.showModal();
    parts.way.focus();
    ask("plan", { codes: rows.map((row) => row[O.queue.CODE]) });
  }

  const unitOf = (item) => (one ? plan.units.find((u) => u[0] === one) : item[5]);

  function send() {
    if (!plan || outcomes || sending || !plan.items.every(unitOf) || needsTick()) return;
    sending = true;
    draw();
    ask("send", { items: plan.items.map((item) => [item[0], item[4], unitOf(item)[0]]), confirmed: parts.busy.checked });
  }

  /** {n, action, told} with the plan's items and units, or the outcomes of what was sent. */
  function take(answer) {
    if (!answer || answer.n !== asked) return;
    if (answer.outcomes) settle(answer.outcomes);
    if (!box) return;
    clearTimeout(waiting);
    sending = false;
    O.dom.text(parts.told, answer.told);
    if (answer.items) plan = { items: answer.items, units: answer.units };
    if (answer.outcomes) outcomes = new Map(answer.outcomes.map((row) => [row[CODE], row]));
    draw();
    (outcomes ? parts.close : plan ? parts.send : parts.close).focus();
  }

  /* What was not sent and still waits stays ticked. */
  function settle(rows) {
    O.queue.list().clear(rows.filter((row) => !row[WAITS]).map((row) => row[CODE]));
    O.queue.list().renew();
    O.drawer.again();
  }

  const busy = () => plan.items.some((item) => unitOf(item) && unitOf(item)[5] > 0);
  const needsTick = () => busy() && !parts.busy.checked;

  function drawItem(node, item) {
    const { text, attr } = O.dom;
    const [code, name, urgency, place] = item;
    const unit = unitOf(item);
    const done = outcomes && outcomes.get(code);
    attr(node, "data-urgency", urgency);
    text(node.children[0], urgency);
    text(node.children[1], name);
    text(node.children[2], place);
    text(node.children[3], unit ? unit[1] : O.words.t("batch.nobody"));
    const why = unit ? (unit[5] ? O.words.t("batch.busy", { n: unit[5] }) : unit[2]) : "";
    text(node.children[4], done ? done[WHY] : why);
    attr(node, "data-ok", done ? String(done[OK]) : null);
    attr(node.children[4], "data-busy", !done && Boolean(unit) && unit[5] > 0);
  }

  function draw() {
    const { h, text, attr, rows } = O.dom;
    const n = plan ? plan.items.length : O.queue.list().chosen().length;
    attr(box, "aria-label", O.words.t("batch.open"));
    text(parts.title, O.words.t("batch.title", { n }));
    if (!plan && !parts.told.textContent) text(parts.told, O.words.t("batch.wait"));
    if (outcomes) {
      const done = Array.from(outcomes.values()).filter((row) => row[OK]).length;
      text(parts.told, O.words.t("batch.done", { n: done, rest: outcomes.size - done }));
    }
    parts.told.hidden = !parts.told.textContent;
    const ways = plan ? [["", O.words.t("batch.each")], ...plan.units.map((u) => [u[0], O.words.t("batch.one", { unit: u[1], why: u[2] })])] : [];
    rows(parts.way, ways, (w) => w[0], () => h("option", {}), (node, [value, label]) => {
      node.value = value;
      text(node, label);
    });
    parts.way.hidden = !plan || Boolean(outcomes);
    parts.way.value = one;
    attr(parts.way, "aria-label", O.words.t("batch.way"));
    const make = () => h("li", {}, h("span", { class: "mark" }), h("strong", {}), h("span", { class: "batch-place" }), h("b", {}), h("span", { class: "batch-why" }));
    rows(parts.items, plan ? plan.items : [], (item) => item[0], make, drawItem);
    const tick = Boolean(plan) && !outcomes && busy();
    parts.allow.hidden = !tick;
    text(parts.busyText, O.words.t("batch.busy.ok"));
    parts.close.disabled = sending;
    text(parts.close, O.words.t("batch.close"));
    text(parts.send, O.words.t("batch.send"));
    parts.send.hidden = !plan || Boolean(outcomes);
    parts.send.disabled = sending || !plan || needsTick() || !plan.items.every(unitOf);
  }

  O.batch = { open, take };
})();
