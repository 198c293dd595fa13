/* Who looks at the page: where its reach begins, the way to its account, and what is said when its session is over. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const COME_IN = "/login?next=";
  const STEP_IN = "/demo";

  const me = () => (O.city && O.city.me) || { name: "", screen: false, tops: [] };

  /** The first step of a path (root first) that is within reach. */
  function firstStep(path) {
    const at = path.findIndex(([code]) => me().tops.includes(code));
    return at < 0 ? path.length - 1 : at;
  }

  /** A link to the account of who looks; a screen has none. */
  function link() {
    const { h, icon } = O.dom;
    return h("a", { class: "tool tool-account", href: "/account" }, icon("account"));
  }

  function draw(node) {
    const { attr } = O.dom;
    const title = O.panels.value("title");
    const again = me().screen && title && title.demo;
    attr(node, "hidden", (me().screen && !again) || !me().name);
    attr(node, "href", again ? STEP_IN : "/account");
    const label = O.words.t(again ? "page.role" : "page.account", { name: me().name });
    attr(attr(node, "aria-label", label), "title", label);
  }

  /* A desk comes in again; a wall has nobody at hand: it says so, and its line tries on. */
  function signedOut() {
    const page = O.view.parse().page;
    if (page !== "wall" && !me().screen) location.assign(COME_IN + encodeURIComponent(O.view.address()));
    else O.panels.signedOut(true);
  }

  O.account = { me, firstStep, link, draw };
  (O.mounts = O.mounts || []).push(() => {
    O.live.on("signed_out", signedOut);
    O.live.on("hello", () => O.panels.signedOut(false));
  });
})();
