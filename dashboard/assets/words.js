/* What never changes while the page is open (dcc.Store "words"): the words of both languages, layers, classes, home. */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  let all = null;

  function lang() {
    return document.documentElement.dataset.lang === "en" ? "en" : "zh";
  }

  /** The words of `key` with `values` put into its braces; the key itself while the words are not here yet. */
  function t(key, values) {
    const text = all ? all[lang()][key] : "";
    if (text === undefined) {
      console.error("no words for " + key);
      return key;
    }
    return values ? text.replace(/\{(\w+)\}/g, (_, name) => String(values[name])) : text;
  }

  O.words = {
    lang,
    t,
    list: (names) => names.join(lang() === "en" ? ", " : "、"),
    ready: () => all !== null,
    set(city) {
      all = city.words;
      O.city = city;
    },
  };
})();
