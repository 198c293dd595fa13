/* What this desk has chosen for its bell: volume, mute, quiet hours, and a way to try it. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  let parts = null;

  function line(label, input) {
    const { h } = O.dom;
    return h("label", { class: "desk-line" }, label, input);
  }

  function build() {
    const { h } = O.dom;
    const span = () => h("span", {});
    parts = {
      volume: h("input", { type: "range", min: 0, max: 100, step: 5 }), muted: h("input", { type: "checkbox" }),
      from: h("input", { type: "time" }), to: h("input", { type: "time" }), attempt: h("button", { type: "button", class: "button" }),
      note: h("p", {}), said: [span(), span(), span(), span()],
    };
    const [volume, muted, from, to] = parts.said;
    parts.volume.addEventListener("input", () => O.bell.keep({ volume: Number(parts.volume.value) }));
    parts.muted.addEventListener("change", () => O.bell.keep({ muted: parts.muted.checked }));
    parts.from.addEventListener("change", () => O.bell.keep({ from: parts.from.value }));
    parts.to.addEventListener("change", () => O.bell.keep({ to: parts.to.value }));
    parts.attempt.addEventListener("click", () => O.bell.trial());
    return h("div", { class: "alerts-desk", hidden: true }, line(volume, parts.volume), line(muted, parts.muted),
      line(from, parts.from), line(to, parts.to), h("div", { class: "desk-line" }, parts.note, parts.attempt));
  }

  function draw() {
    const { text } = O.dom;
    const kept = O.bell.settings();
    ["bell.volume", "bell.mute", "bell.from", "bell.to"].forEach((key, i) => text(parts.said[i], O.words.t(key)));
    text(parts.attempt, O.words.t("bell.try"));
    text(parts.note, O.words.t("bell.note"));
    const typing = document.activeElement;
    if (typing !== parts.volume) parts.volume.value = kept.volume;
    parts.muted.checked = kept.muted;
    if (typing !== parts.from) parts.from.value = kept.from;
    if (typing !== parts.to) parts.to.value = kept.to;
  }

  O.alertsDesk = { build, draw };
})();
