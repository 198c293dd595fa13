/* What is wrong with a wall, in words; nothing when all is well. `columns` and `rows` of monitors, `bezel` between two,
   in pixels. */
([columns, rows, bezel]) => {
  const found = [], near = 1.5;
  const box = (node) => node.getBoundingClientRect();
  const seen = (selector) => [...document.querySelectorAll(selector)].filter((n) => n.getClientRects().length);
  const name = (node) => (node.id || node.className || node.tagName) + "";
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) found.push("the page scrolls");
  const inside = (node, outer, what) => {
    const a = box(node), b = box(outer);
    if (a.left < b.left - near || a.right > b.right + near || a.top < b.top - near || a.bottom > b.bottom + near)
      found.push(name(node) + " leaves " + what);
  };
  const panels = seen(".side > .panel");
  // Nobody stands before it: no word is much smaller than a rem.
  const rem = parseFloat(getComputedStyle(root).fontSize), least = 0.89 * rem;
  const texts = document.createTreeWalker(document.getElementById("shell"), NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const owner = node.parentElement;
    if (node.data.trim() && owner.getClientRects().length && parseFloat(getComputedStyle(owner).fontSize) < least)
      found.push(`${name(owner)} is small: ${node.data.trim()}`);
  }
  for (const panel of panels) {
    inside(panel, panel.parentElement, name(panel.parentElement));
    inside(panel, root, "the screen");
    if (panel.scrollHeight > panel.clientHeight + near + 0.1 * rem) found.push(`${name(panel)} is cut below: ${panel.scrollHeight} of ${panel.clientHeight}`);
    // Cells of figures hang out by the width of the frame that shows where a pointer is.
    if (panel.scrollWidth > panel.clientWidth + near + 0.4 * rem) found.push(name(panel) + " is cut at its side");
    for (const text of panel.querySelectorAll(".kpi-main, .panel-title, dt, dd, .cover-rate, .bar-n, .rank-value, .row-state"))
      if (text.scrollWidth > text.clientWidth + near && getComputedStyle(text).display !== "inline") found.push(name(panel) + ": " + text.textContent + " is too long");
  }
  // A list shows whole rows; those that do not fit stand in a column beyond its edge.
  for (const body of seen(".panel-feed .panel-body, .panel-worst .panel-body, .panel-ranking .panel-body, .panel-classes .panel-body")) {
    const edge = box(body);
    for (const row of body.children) {
      const r = box(row);
      const out = r.left >= edge.right - near, whole = r.right <= edge.right + near && r.bottom <= edge.bottom + near;
      if (!out && !whole) found.push(name(body.parentElement) + ": a row is cut in two");
    }
    if (body.children.length && box(body.children[0]).bottom > edge.bottom + near) found.push(name(body.parentElement) + " shows no row");
  }
  const shown = [...panels, ...seen("#header, #ticker, #centre")];
  for (const [i, one] of shown.entries()) for (const other of shown.slice(i + 1)) {
    const a = box(one), b = box(other);
    if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > near && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > near)
      found.push(name(one) + " lies on " + name(other));
  }
  const bars = seen("#header > :not(.gap), .facts > li, .feeds")
    .filter((n) => box(n).height > near && getComputedStyle(n).opacity > 0); // tools come with a pointer
  for (const bar of bars) if (box(bar).right > innerWidth + near) found.push(name(bar) + " leaves the screen");
  // Of a bar only its words matter: a cell may begin within the frame.
  const words = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const r = range.getBoundingClientRect(), own = box(node), style = getComputedStyle(node);
    return { left: Math.max(r.left, own.left + parseFloat(style.paddingLeft)), right: Math.min(r.right, own.right - parseFloat(style.paddingRight)) };
  };
  for (let n = 1; n < columns; n += 1) {
    const left = innerWidth / columns * n - bezel / 2, right = left + bezel;
    for (const node of [...panels, ...bars, ...seen("#call")]) {
      const r = panels.includes(node) ? box(node) : words(node);
      if (r.left < right - near && r.right > left + near && r.right > r.left) found.push(name(node) + " lies across seam " + n);
    }
  }
  // Whole lines between two rows of monitors: words of panels, bars, and the curve.
  const lines = [...document.querySelectorAll(".side > .panel *")]
    .filter((n) => n.matches("svg, i") || [...n.childNodes].some((c) => c.nodeType === 3 && c.data.trim()));
  for (let n = 1; n < rows; n += 1) {
    const top = innerHeight / rows * n - bezel / 2, bottom = top + bezel;
    for (const node of [...lines, ...seen("#header, #ticker, #legend, #call")]) {
      const r = box(node), panel = node.closest(".panel");
      if (!r.height || (panel && r.left >= box(panel).right - near)) continue;
      if (r.top < bottom - near && r.bottom > top + near) found.push(`${name(panel || node)}: ${node.textContent || name(node)} lies across row ${n}`);
    }
  }
  return [...new Set(found)];
}
