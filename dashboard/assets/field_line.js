/* The line: over it the server says that the tasks have changed, and no more; the page then asks. It is closed while
   nobody looks or there is no network, and comes again by itself, ever more seldom. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  const AGAIN_MS = [1000, 2000, 5000, 10000, 30000, 60000];
  const SILENT_MS = 50000; // the server beats every 20 s
  const OPENING_MS = 10000;
  const STOOD_MS = 10000; // what stood so long was a good line: the next one is tried soon
  const HIDDEN_MS = 60000;
  const ENDED = 4401;
  let socket = null;
  let heardAt = 0;
  let openedAt = 0;
  let tries = 0;
  let again = 0;
  let hiding = 0;
  let wanted = false;

  const since = (ms) => Date.now() - ms;
  const alive = () => Boolean(socket) && socket.readyState === WebSocket.OPEN && since(heardAt) < SILENT_MS;

  function open() {
    clearTimeout(again);
    again = 0;
    if (socket || !wanted || document.hidden || !navigator.onLine) return;
    const mine = new WebSocket(location.origin.replace(/^http/, "ws") + "/field/live");
    socket = mine;
    openedAt = heardAt = Date.now();
    mine.onopen = () => F.start.refresh(0); // something may have come while there was no line
    mine.onmessage = (event) => {
      heardAt = Date.now();
      const said = JSON.parse(event.data);
      if (said.k === "hello") F.build.heard(said.build);
      if (said.k === "new") F.start.refresh(0);
    };
    mine.onclose = (event) => lost(event.code);
  }

  /** Let go of the socket without waiting for it: a half-open one would take minutes to admit that it is closed. */
  function shut() {
    clearTimeout(again);
    again = 0;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    socket = null;
  }

  function lost(code) {
    tries = since(openedAt) > STOOD_MS ? 0 : tries + 1;
    shut();
    again = setTimeout(open, AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)] * (0.5 + Math.random()));
    F.start.refresh(code === ENDED ? 0 : undefined); // the answer tells whether this phone still is one
  }

  /** Once a second: a line that says nothing for long is none. */
  function tick() {
    if (socket && since(heardAt) > (socket.readyState === WebSocket.OPEN ? SILENT_MS : OPENING_MS)) lost();
  }

  /** Have a line, or have none: without a unit there is nothing to hear. */
  function want(yes) {
    wanted = yes;
    if (yes) return socket || again ? undefined : open();
    return shut();
  }

  function looked() {
    clearTimeout(hiding);
    if (document.hidden) {
      hiding = setTimeout(shut, HIDDEN_MS);
    } else {
      tries = 0;
      open();
    }
  }

  function begin() {
    document.addEventListener("visibilitychange", looked);
    window.addEventListener("online", looked);
    window.addEventListener("offline", shut);
  }

  F.line = { begin, want, tick, alive };
})();
