/* Steps that came to nothing after their card was left: each stays in sight, with the way to its event, until it is read. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const lost = new Map();   // by event: [title, step, what became of it]
  let box = null;

  function keep({ code, title, act }, why) {
    lost.set(code, [title, act, why]);
    draw();
  }

  /** It is told on the card of its event, or was done after all; what was to be said of it. */
  function forget(code) {
    const [, , why] = lost.get(code) || ["", "", ""];
    if (lost.delete(code)) draw();
    return why;
  }

  function make() {
    const { h, icon } = O.dom;
    const node = h("li", {}, h("a", {}), h("span", {}), h("button", { type: "button" }, icon("close")));
    node.lastChild.addEventListener("click", () => forget(node.dataset.key));
    return node;
  }

  function draw() {
    const { h, text, attr, link, rows } = O.dom;
    if (!box && !lost.size) return;
    if (!box) document.body.append((box = h("ul", { class: "steps-lost", role: "alert" })));
    rows(box, Array.from(lost), ([code]) => code, make, (node, [code, [title, act, why]]) => {
      text(link(node.children[0], O.view.withParam("selected", "event:" + code)), title);
      text(node.children[1], O.words.t("step.lost", { act, why }));
      attr(node.children[2], "aria-label", O.words.t("step.lost.read", { title }));
    });
    box.hidden = !lost.size;
  }

  O.stepsLost = { keep, forget };
  (O.mounts = O.mounts || []).push(() => O.view.onChange(draw));
})();
