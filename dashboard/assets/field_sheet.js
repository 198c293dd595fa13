/* The sheet that comes up from below: for a step that needs a reason or a photo, for the text about positions, for what
   waits. And the large view of a photo. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  const REASON_MAX = 500;
  const PHOTOS_MAX = 4;

  let from = null; // where the focus was, and of which task that is: the page may be drawn anew meanwhile
  let draft = null; // what is being filled in: {unit, filled(), ask(), say(text), drop()}

  function open(title, ...parts) {
    const { h, at, icon, t } = F;
    const sheet = at("sheet");
    if (!sheet.open) from = came();
    sheet.oncancel = (event) => {
      if (holds()) event.preventDefault();
    };
    sheet.onclose = () => {
      if (draft && draft.filled()) sheet.showModal(); // a browser lets nobody stop it a second time
      if (!holds()) over();
    };
    const close = h("button", { type: "button", class: "round", "aria-label": t("field.close"), onclick: () => holds() || shut() }, icon("close"));
    sheet.replaceChildren(h("div", { class: "sheet-head" }, h("h2", { id: "sheet-title", tabindex: "-1" }, title), close), ...parts);
    if (!sheet.open) sheet.showModal();
    sheet.scrollTop = 0;
    F.at("sheet-title").focus();
    return sheet;
  }

  function shut() {
    drop();
    F.at("sheet").close();
  }

  /** What somebody has filled in does not go with a slip of the thumb: whether it stays, and the question is put. */
  function holds() {
    if (!draft || !draft.filled()) return false;
    draft.ask();
    return true;
  }

  function drop() {
    if (draft) draft.drop();
    draft = null;
  }

  function over() {
    drop();
    back(from);
  }

  function came() {
    const node = document.activeElement || document.body;
    const card = node.closest(".task");
    return { node, code: card && card.dataset.code, act: node.dataset.act, duty: Boolean(node.closest("#duty")) };
  }

  /** Nobody is left at the top of the page: back to where one came from, or to what has taken its place. */
  function back({ node, code, act, duty }) {
    if (node.isConnected && node.offsetParent) return node.focus();
    if (code) return F.tasks.focus(code, act);
    return ((duty && F.at("duty").querySelector("button")) || F.at("unit")).focus();
  }

  const letGo = (photo) => URL.revokeObjectURL(photo.url);

  /** A step of a unit with what it needs; `send(reason, photos, hours)` when everything is there. */
  function step(unit, task, act, send) {
    const { h, t } = F;
    const photos = [];
    const must = act.must;
    const note = h("textarea", { id: "note", rows: "3", maxlength: String(REASON_MAX), autocomplete: "off" });
    const label = h("label", { for: "note" });
    const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
    const strip = h("div", { class: "strip" });
    const shots = h("div", {});
    const span = h("select", { id: "span" }, ...act.spans.map(([hours, said]) => h("option", { value: String(hours) }, said)));
    const spans = act.spans.length ? [h("label", { for: "span" }, t("field.span")), span] : [];
    const go = h("button", { type: "submit", class: F.tasks.givesUp(act) ? "main danger" : "main" }, act.said);
    const stay = h("button", { type: "button", class: "quiet", onclick: () => {
      leave.hidden = true;
      note.focus();
    } }, t("field.leave.no"));
    const leave = h("div", { class: "leave", hidden: true, role: "group", "aria-labelledby": "leave" },
      h("strong", { id: "leave" }, t("field.leave")),
      h("div", { class: "ends" }, stay, h("button", { type: "button", class: "quiet no", onclick: shut }, t("field.leave.yes"))));
    const mine = {
      unit, say: complain,
      filled: () => Boolean(note.value.trim() || photos.length),
      ask: () => {
        leave.hidden = false;
        stay.focus();
      },
      drop: () => photos.splice(0).forEach(letGo),
    };

    function drawn() {
      label.textContent = act.reason ? t("field.reason") : must && !photos.length ? t("field.note.must") : t("field.note");
      strip.replaceChildren(...photos.map(shown));
      const ask = photos.length ? t("field.photo.again") : t("field.photo." + act.photo);
      shots.hidden = !act.photo || photos.length >= PHOTOS_MAX;
      if (act.photo) shots.replaceChildren(F.photo.button(ask, photos.length ? "quiet" : "shot", taken, (yes) => (go.disabled = yes), complain));
    }
    function complain(text) {
      wrong.hidden = !text;
      wrong.textContent = text;
    }
    function shown(photo) {
      const drop = h("button", { type: "button", class: "round", "aria-label": t("field.photo.drop"), onclick: () => {
        photos.splice(photos.indexOf(photo), 1).forEach(letGo);
        drawn();
      } }, F.icon("close"));
      return h("span", { class: "thumb" }, h("img", { src: photo.url, alt: t("photo_stage." + act.photo) }), drop);
    }
    function taken(photo) {
      if (draft !== mine) return; // the sheet was closed while the camera was in front
      photo.url = URL.createObjectURL(new Blob([photo.bytes], { type: "image/jpeg" }));
      photos.push(photo);
      complain("");
      drawn();
    }
    const form = h("form", { class: "step", onsubmit: async (event) => {
      event.preventDefault();
      const reason = note.value.trim();
      const missing = act.reason && !reason ? "field.reason.missing" : must && !reason && !photos.length ? "field.missing" : "";
      complain(missing && t(missing));
      if (missing) return note.focus();
      go.disabled = true;
      const kept = await send(reason, photos, Number(span.value) || 0);
      go.disabled = false;
      complain(kept ? "" : t("field.storage"));
      if (!kept) return go.focus();
      return draft === mine ? shut() : undefined;
    } }, strip, shots, ...spans, label, note, wrong, go, leave);
    drawn();
    open(act.said, h("p", { class: "sheet-of" }, task.title), form);
    draft = mine;
  }

  /** A question with one way on. */
  function ask(title, parts, yes, no, then, kind) {
    const { h } = F;
    open(
      title, ...parts,
      h("div", { class: "ends" }, h("button", { type: "button", class: kind || "main", onclick: () => (shut(), then()) }, yes),
        h("button", { type: "button", class: "quiet", onclick: shut }, no)),
    );
  }

  function waiting() {
    const { h, t, when } = F;
    const items = F.sending.waiting().map((item) =>
      h("li", {}, h("time", {}, when(item.at)), h("strong", {}, item.said), h("span", {}, (F.told && item.title) || "")));
    open(t("field.waiting.title"), h("p", { class: "sheet-of" }, t(F.sending.state.online ? "field.waiting.sending" : "field.offline.why")), h("ol", { class: "queue" }, ...items));
  }

  function view(address, label) {
    const viewer = F.at("viewer");
    const start = came();
    const shutIt = () => viewer.close();
    viewer.onclose = () => back(start);
    viewer.replaceChildren(
      F.h("img", { src: address, alt: label, onclick: shutIt }),
      F.h("p", {}, label),
      F.h("button", { type: "button", class: "round", "aria-label": F.t("field.close"), onclick: shutIt }, F.icon("close")),
    );
    viewer.showModal();
  }

  /** Nothing of a unit stays open, but what somebody has filled in or takes a photo for: that goes only when the phone is
      another unit's. `unit`: whose it is now, where that is known. */
  function forget(unit) {
    const stays = draft && (draft.filled() || F.photo.busy()) && (unit === undefined || unit === draft.unit);
    if (stays) draft.say(unit === undefined ? F.t("field.signed_out.draft") : "");
    else shut();
    for (const id of stays ? ["viewer"] : ["sheet", "viewer"]) {
      F.at(id).close();
      F.at(id).replaceChildren();
    }
  }

  /** Where a gesture leaves the page and not only the sheet, the browser asks in its own words. */
  const begin = () => window.addEventListener("beforeunload", (event) => draft && draft.filled() && event.preventDefault());

  F.sheet = { begin, open, shut, step, ask, waiting, view, forget };
})();
