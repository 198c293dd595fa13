/* Steps of an event's life, in the drawer: a button for each that is allowed now, a small form where it must carry
   something. Buttons and fields are built once per event and set of steps; what is being typed is left alone. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const ANSWER_MAX_MS = 10000;
  const WANTED_MS = 5000;
  let asked = 0;
  let code = "";
  let steps = null;
  let open = null;
  let parts = null;
  let rev = 0;           // the revision that was seen when the form was opened: what is decided on
  let sure = false;      // a unit has something to do already, and is sent all the same
  let last = null;       // what was asked for, in case it needs that word
  let waiting = 0;       // for the answer to a step; nothing else is sent meanwhile, whichever card is open
  let sent = null;       // what that step was: {code, title, act}
  let title = "";        // of the event
  let hand = null;       // what had the focus when it was sent: a disabled button loses it
  let wanted = null;     // a step that is to be opened as soon as the card of its event is here

  const sends = (act) => act.needs.includes("unit");

  function build() {
    const { h } = O.dom;
    parts = {
      box: h("section", { class: "steps", hidden: true }),
      title: h("h3", {}),
      plan: h("button", { type: "button", class: "button steps-plan", hidden: true }, h("strong", {}), h("span", {})),
      acts: h("div", { class: "steps-acts" }),
      form: h("form", { class: "steps-form", hidden: true }),
      told: h("p", { class: "steps-told", role: "status", hidden: true }),
    };
    parts.confirm = h("button", { type: "submit", class: "button" });
    parts.cancel = h("button", { type: "button", class: "button quiet" });
    const units = O.stepUnits.build({
      submit: () => parts.form.requestSubmit(),
      changed() {
        tell("", true);
        unsure();
      },
      nobody: (missed) => tell(O.words.t(missed ? "candidate.failed" : "candidate.none"), false),
    });
    parts.form.append(...units, ...O.stepFields.build(), h("div", { class: "steps-ends" }, parts.confirm, parts.cancel));
    parts.box.append(parts.title, parts.plan, parts.acts, parts.form, parts.told);
    parts.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!open) return undefined; // it was overtaken, and said so
      if (sends(open) && O.stepUnits.looking()) return tell(O.words.t("candidate.looking"), false);
      return send(open, Object.assign(O.stepFields.read(), sends(open) ? O.stepUnits.chosen() : {}));
    });
    parts.form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      shut();
      home();
    });
    parts.plan.addEventListener("click", sendPlan);
    parts.cancel.addEventListener("click", shut);
    // A key that is held sends once: the next press is the word for a unit that is busy.
    parts.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.repeat) return;
      event.preventDefault();
      event.stopPropagation();
    }, true);
    return parts.box;
  }

  function send(act, carried) {
    if (waiting) return;
    asked += 1;
    const empty = { reason: "", unit: "", assists: [], until_h: 0, into: "", kind: "", accountable: "", joint: false };
    last = { act, carried };
    sent = { code, title, act: act.text };
    const question = Object.assign(empty, carried, { n: asked, code, action: act.action, rev: rev || steps.rev, confirmed: sure, lang: O.words.lang() });
    wait(true);
    window.dash_clientside.set_props("step-ask", { data: question });
  }

  /* The joint dispatch of the city's plan: those units that are shown, at once. */
  function sendPlan() {
    const act = steps.acts.find(sends);
    if (waiting || !act || !steps.plan) return;
    tell("", true);
    const [lead, ...others] = steps.plan.units.map((u) => u[0]);
    // The word that was given for some units holds for no others.
    if (!(planSure() && String(last.carried.assists) === String(others) && last.carried.unit === lead)) unsure();
    send(act, { unit: lead, assists: others, joint: true });
  }

  const planSure = () => sure && Boolean(last) && Boolean(last.carried.joint);

  function wait(yes) {
    clearTimeout(waiting);
    waiting = yes ? setTimeout(unanswered, ANSWER_MAX_MS) : 0;
    if (yes) hand = working() ? document.activeElement : null;
    hold();
    if (!yes && hand && document.activeElement === document.body) hand.focus();
    if (!yes) hand = null;
  }

  function hold() {
    for (const node of [parts.confirm, parts.plan, ...parts.acts.children]) node.disabled = Boolean(waiting);
  }

  function unanswered() {
    wait(false);
    say(O.words.t("step.unanswered"), false);
    O.drawer.again();
  }

  /* What became of the step: on its card; where that was left, beside everything, if it came to nothing. */
  function say(message, ok) {
    if (sent.code === code) tell(message, ok);
    else if (ok) O.stepsLost.forget(sent.code);
    else O.stepsLost.keep(sent, message);
  }

  /* Where the hand goes on when there is nothing more to fill in: to the next of the queue, else to the card. */
  function home() {
    if (O.queue.on()) O.queue.focus();
    else document.querySelector("#drawer h2").focus({ preventScroll: true });
  }

  const working = () => parts.box.contains(document.activeElement);

  function shut() {
    close();
    drawConfirm();
    drawActs();
  }

  function unsure() {
    sure = false;
    drawConfirm();
  }

  function drawConfirm() {
    const { t } = O.words;
    if (open) O.dom.text(parts.confirm, t(sure ? "step.confirm_busy" : "step.confirm", { act: open.text }));
    drawPlan();
  }

  function choose(act, to) {
    if (waiting) return undefined;
    tell("", true);
    shut();
    if (!act.needs.length) return send(act, {});
    open = act;
    rev = steps.rev;
    parts.form.hidden = false;
    O.stepFields.open(act, steps.twins);
    if (sends(act)) O.stepUnits.open(code, steps, to);
    drawConfirm();
    drawActs();
    return sends(act) ? O.stepUnits.focus() : O.stepFields.focus();
  }

  /* ---- a step that is asked for from elsewhere: by a key, or by a unit that was dropped on an event ---- */

  /** Open a step of an event ("plan": its joint dispatch, "first": whichever comes first), with this unit chosen; it is
      never taken without the hand that confirms it. */
  function want(event, action, to) {
    wanted = { code: event, action, to, at: performance.now() };
    const selected = "event:" + event;
    if (O.view.param("selected") !== selected) O.view.go(O.view.withParam("selected", selected));
    else if (code === event && steps && way(wanted)) answerWanted();
    else O.drawer.again();
  }

  /* How the step that is wanted is opened; null where it is not offered. */
  function way({ action, to }) {
    if (action === "plan") return steps.plan ? () => parts.plan.focus() : null;
    if (action === "first") return steps.acts.length ? () => parts.acts.firstElementChild.focus() : null;
    const act = steps.acts.find((a) => a.action === action);
    return act ? () => choose(act, to) : null;
  }

  function answerWanted() {
    const now = wanted;
    if (!now || now.code !== code) return;
    if (waiting) {
      // The answer to another event's step asks again; of this one a step is on its way already.
      if (sent.code === code) wanted = null;
      return;
    }
    const open_ = way(now);
    // What is here may be from before the step that was just taken: it is asked for once more.
    if (!open_ && !now.again) {
      now.again = true;
      return void O.drawer.again();
    }
    wanted = null;
    if (performance.now() - now.at > WANTED_MS) return;
    if (open_) return void open_();
    parts.box.hidden = false;
    tell(O.words.t(now.action === "plan" && steps.acts.some(sends) ? "plan.none" : "step.not_now"), false);
  }

  /* ---- drawing ---- */

  function drawActs() {
    const { h, text, attr, rows } = O.dom;
    const make = (act) => {
      const node = h("button", { type: "button", class: "button act" });
      node.addEventListener("click", () => choose(steps.acts.find((a) => a.action === node.dataset.key) || act));
      return node;
    };
    rows(parts.acts, steps.acts, (a) => a.action, make, (node, act) => {
      text(node, act.text);
      attr(node, "aria-expanded", act.needs.length ? String(Boolean(open) && open.action === act.action) : null);
    });
    hold();
  }

  function drawPlan() {
    const { text, attr } = O.dom;
    const plan = steps && steps.plan;
    attr(parts.plan, "hidden", !plan);
    if (!plan) return;
    text(parts.plan.firstChild, planSure() ? O.words.t("step.confirm_busy", { act: plan.name }) : O.words.t("plan.send", { name: plan.name }));
    const lines = [plan.units.map((u) => u[1]).join(" + ")];
    if (plan.missing.length) lines.push(O.words.t("plan.missing", { kinds: plan.missing.join(" ") }));
    if (plan.told.length) lines.push(O.words.t("plan.told", { roles: plan.told.join(" ") }));
    text(parts.plan.lastChild, lines.join(" · "));
  }

  function tell(message, ok) {
    const { text, attr } = O.dom;
    text(parts.told, message);
    attr(parts.told, "data-ok", String(ok));
    parts.told.hidden = !message;
  }

  /* Somebody else's step came while this one was still being decided: it is not possible any more, and says why. */
  function overtaken(moment) {
    if (!moment) return tell(O.words.t("step.changed"), false);
    const [at, act, who] = moment;
    return tell(O.words.t("step.first", { who, act, time: O.format.when(at, O.panels.zone(), O.panels.now()) }), false);
  }

  /** The card's answer came: `steps` is {rev, acts, twins, candidates, missing, at, plan} as callbacks/offering.py has it, or null. */
  function draw(box, answer, fresh) {
    const { text } = O.dom;
    code = answer.selected.slice(answer.selected.indexOf(":") + 1);
    title = answer.title;
    if (fresh) {
      tell(O.stepsLost.forget(code), false);
      hand = null;
      close();
    }
    steps = answer.steps || { rev: 0, acts: [] };
    const still = open && steps.acts.some((a) => a.action === open.action);
    if (open && !still) {
      const here = working();
      if (!waiting) overtaken((answer.timeline || []).at(-1));
      close();
      if (here) home();
    }
    box.hidden = !answer.steps && parts.told.hidden;
    text(parts.title, O.words.t("step.title"));
    text(parts.cancel, O.words.t("step.cancel"));
    O.stepFields.draw();
    drawActs();
    drawConfirm();
    answerWanted();
  }

  function close() {
    open = null;
    rev = 0;
    sure = false;
    parts.form.hidden = true;
    O.stepUnits.shut();
    O.stepFields.shut();
  }

  /** Nothing is selected any more: no form stays open for it. */
  function leave() {
    wanted = hand = null;
    code = "";
    close();
  }

  /** What became of the step: {n, code, ok, stale, confirm, text}; where it waits for a word, the next one is that word. */
  function answered(answer) {
    if (!answer || answer.n !== asked || answer.code !== sent.code) return;
    wait(false);
    say(answer.ok ? O.words.t("step.done", { act: answer.text }) : answer.text, answer.ok);
    if (answer.code !== code) return void O.drawer.again();
    if (answer.ok || answer.stale) {
      const here = working();
      shut();
      if (here) home();
    }
    sure = Boolean(answer.confirm);
    drawConfirm();
    O.drawer.again();
  }

  O.steps = { build, draw, answered, want, leave };
})();
