/* Photos of the selected event: thumbnails, and each one large over the page. The server gives them to whoever may open
   the event, and nobody keeps them. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  let shown = []; // [id, what it shows, epoch ms], as the card has them
  let large = null;
  let at = 0;

  const build = () => O.dom.h("section", { class: "drawer-photos", hidden: true }, O.dom.h("h3", {}), O.dom.h("div", {}));

  function said([, stage, taken]) {
    return stage + " · " + O.format.when(taken, O.panels.zone(), O.panels.now());
  }

  function draw(box, photos) {
    const { h, text, attr, rows } = O.dom;
    shown = photos;
    attr(box, "hidden", !photos.length);
    text(box.firstChild, O.words.t("drawer.photos"));
    const make = () => {
      const node = h("button", { type: "button" }, h("img", {}), h("span", {}));
      node.addEventListener("click", () => open(shown.findIndex((photo) => photo[0] === node.dataset.key)));
      return node;
    };
    rows(box.lastChild, photos, (photo) => photo[0], make, (node, photo) => {
      attr(node.firstChild, "src", "/photos/" + encodeURIComponent(photo[0]) + "?size=small");
      attr(node.firstChild, "alt", said(photo));
      text(node.lastChild, photo[1]);
    });
  }

  function frame() {
    const { h } = O.dom;
    const close = h("button", { type: "button", class: "tool" }, O.dom.icon("close"));
    const box = h("dialog", { class: "photo-large" }, h("img", {}), h("p", {}), close);
    close.addEventListener("click", () => box.close());
    box.addEventListener("click", (event) => event.target === box && box.close());
    box.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      event.stopPropagation(); // the page's own keys are for the map
      if (step) turn(at + step);
    });
    document.body.append(box);
    return box;
  }

  function turn(to) {
    if (!shown[to]) return;
    at = to;
    const { attr, text } = O.dom;
    attr(large.children[0], "src", "/photos/" + encodeURIComponent(shown[at][0]));
    attr(large.children[0], "alt", said(shown[at]));
    text(large.children[1], said(shown[at]) + (shown.length > 1 ? "   " + (at + 1) + " / " + shown.length : ""));
    attr(large.children[2], "aria-label", O.words.t("drawer.close"));
  }

  function open(which) {
    large = large || frame();
    turn(which);
    large.showModal();
  }

  O.photos = { build, draw };
})();
