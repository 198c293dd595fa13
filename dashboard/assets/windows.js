/* Windows of a long list, asked of the server (callbacks/windows.py). A newer question of a list ends its older one.

   const ask = onescreen.windows.asker("queue", {
     place: () => text,        what makes another list of this one: an answer to another place comes too late,
                               and where it is "", the list is not on the page and asks nothing
     take: (answer) => {},     the answer to the newest question
     failed: (error) => {},    it did not come, or took too long; error.refused: the question itself was wrong
   });
   ask(question)                                                                                                     */
(function () {
  "use strict";
  const O = (window.onescreen = window.onescreen || {});
  const ANSWER_MAX_MS = 5000;

  async function read(what, question, signal) {
    const sent = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question), signal };
    const answer = await fetch("/windows/" + what, sent);
    if (!answer.ok) throw Object.assign(new Error("/windows/" + what + " answered " + answer.status), { refused: answer.status === 422 });
    return answer.json();
  }

  function asker(what, options) {
    let running = null;

    return function ask(question) {
      if (running) running.abort();
      running = null;
      const place = options.place();
      if (!place) return;
      const mine = (running = new AbortController());
      const late = setTimeout(() => mine.abort(), ANSWER_MAX_MS);
      const end = (then) => (answer) => {
        clearTimeout(late);
        if (running !== mine) return;
        running = null;
        if (options.place() === place) then(answer);
      };
      read(what, Object.assign({ address: O.view.address() }, question), mine.signal).then(end(options.take), end(options.failed));
    };
  }

  O.windows = { asker };
})();
