/* On and off duty: agreed to once, said plainly each time. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  let drawn = "";

  /** Whether the unit is on duty, with what waits to be sent; null without a unit. */
  function on() {
    if (!F.told || !F.told.unit) return null;
    const asked = F.sending.pending().filter((item) => item.kind === "sign").at(-1);
    return asked ? asked.body.on : F.told.unit.on;
  }

  async function sign(yes) {
    const body = { on: yes, consent: yes ? F.told.consent.version : "" };
    const kept = await F.sending.add({ kind: "sign", key: F.key(), at: F.now(), said: F.t(yes ? "field.item.sign_on" : "field.item.sign_off"), body });
    if (kept && yes) {
      F.told.consent.agreed = F.told.consent.agreed || F.now();
      F.store.tried("told", F.told);
    }
    return kept;
  }

  function consent() {
    const { h, t, when } = F;
    const { version, agreed } = F.told.consent;
    const told = ["what", "when", "how_long", "not"].map((part) => h("li", {}, t("field.consent." + part)));
    const said = t("field.consent.version", { version }) + (agreed ? " · " + t("field.consent.agreed", { time: when(agreed) }) : "");
    return [h("ul", { class: "told" }, ...told), h("p", { class: "fine" }, said)];
  }

  function askOn() {
    if (F.told.consent.agreed) return sign(true);
    return F.sheet.ask(F.t("field.consent.title"), consent(), F.t("field.consent.agree"), F.t("field.consent.no"), () => sign(true));
  }

  function askOff() {
    F.sheet.ask(F.t("field.sign_off"), [F.h("p", { class: "sheet-of" }, F.t("field.sign_off.sure"))], F.t("field.sign_off"), F.t("field.cancel"), () => sign(false));
  }

  function fixSaid() {
    const { here, denied } = F.place.state;
    if (denied) return F.t("field.fix.denied");
    return here ? F.t("field.fix.age", { age: F.age(F.now() - here.at) }) : F.t("field.fix.none");
  }

  function draw() {
    const { h, t, at } = F;
    const yes = on();
    const box = at("duty");
    F.place.follow(yes === true);
    if (yes !== null) {
      const unit = F.told.unit;
      const queued = F.sending.state.queue.some((item) => item.kind === "sign");
      const now = JSON.stringify([yes, queued, unit.status, unit.since]);
      if (now !== drawn) {
        drawn = now;
        const status = !queued && yes ? unit.status : t(yes ? "field.on" : "field.off");
        const since = queued ? t("field.to_send") : t("field.since", { time: F.when(unit.since) });
        box.dataset.on = String(yes);
        const held = box.contains(document.activeElement);
        box.replaceChildren(
          h("span", { class: "lamp", "aria-hidden": "true" }),
          h("p", { class: "duty-said" }, h("strong", {}, status), " ", h("span", {}, since), h("small", { id: "fix" }, yes ? fixSaid() : t("field.off.why"))),
          h("button", { type: "button", class: yes ? "quiet" : "main good", onclick: yes ? askOff : askOn }, t(yes ? "field.sign_off" : "field.sign_on")),
        );
        if (held) box.querySelector("button").focus({ preventScroll: true });
      }
      tick();
    } else {
      drawn = "";
      box.replaceChildren(...(F.told ? [h("p", { class: "empty" }, t("field.no_unit"))] : []));
    }
  }

  function tick() {
    const fix = F.at("fix");
    if (fix && on()) {
      fix.textContent = fixSaid();
      fix.classList.toggle("wrong", F.place.state.denied);
    }
  }

  F.duty = { on, draw, tick, about: () => F.told && F.sheet.open(F.t("field.about"), ...consent()) };
})();
