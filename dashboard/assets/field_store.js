/* What the phone keeps: the queue of what is not sent yet, what was refused, and the last tasks. In IndexedDB, so that
   it outlives the page. Everything is written here first and only then sent. */
(function () {
  "use strict";
  const F = (window.field = window.field || {});
  const NAME = "onescreen-field";
  const REFUSED_MAX = 20;
  let opening = null;

  function open() {
    if (opening) return opening;
    opening = new Promise((done, failed) => {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore("queue", { keyPath: "n", autoIncrement: true });
        asked.result.createObjectStore("refused", { keyPath: "key" });
        asked.result.createObjectStore("kept");
      };
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
    opening.catch(() => (opening = null));
    return opening;
  }

  /** Do `work` with the stores in one transaction; its result once everything is safely written. */
  async function inside(names, mode, work) {
    const base = await open();
    return new Promise((done, failed) => {
      const tx = base.transaction(names, mode, { durability: "strict" });
      const asked = work(...names.map((name) => tx.objectStore(name)));
      tx.oncomplete = () => done(asked ? asked.result : undefined);
      tx.onerror = tx.onabort = () => failed(tx.error);
    });
  }

  /** Put a refusal where it is read; of very many the oldest go. */
  function put(refused, item, why) {
    const { key, kind, said, title, at, code, unit } = item;
    refused.put({ key, kind, said, title, at, code, unit, why });
    refused.getAll().onsuccess = (event) =>
      event.target.result.sort((a, b) => b.at - a.at).slice(REFUSED_MAX).forEach((old) => refused.delete(old.key));
  }

  /** Delete what is not of this unit; `gone(item)` hears of each. */
  function clear(shelf, unit, gone) {
    shelf.openCursor().onsuccess = (event) => {
      const cursor = event.target.result;
      if (!cursor) return;
      if (cursor.value.unit !== unit) {
        gone(cursor.value);
        cursor.delete();
      }
      cursor.continue();
    };
  }

  /** The phone is this unit's: what another one left on it goes. How much of what people did was not sent. */
  async function belong(unit) {
    let lost = 0;
    await inside(["queue", "refused"], "readwrite", (queue, refused) => {
      clear(queue, unit, (item) => (lost += item.kind !== "fix"));
      clear(refused, unit, () => {});
    });
    return lost;
  }

  F.store = {
    belong,
    /** All of them or none. */
    add: (items) => inside(["queue"], "readwrite", (queue) => void items.forEach((item) => queue.add(item))),
    queue: () => inside(["queue"], "readonly", (queue) => queue.getAll()),
    done: (items) => inside(["queue"], "readwrite", (queue) => void items.forEach((item) => queue.delete(item.n))),
    refuse: (item, why) =>
      inside(["queue", "refused"], "readwrite", (queue, refused) => {
        put(refused, item, why);
        queue.delete(item.n);
      }),
    refused: () => inside(["refused"], "readonly", (refused) => refused.getAll()),
    dismiss: (key) => inside(["refused"], "readwrite", (refused) => void refused.delete(key)),
    get: (name) => inside(["kept"], "readonly", (kept) => kept.get(name)),
    set: (name, value) => inside(["kept"], "readwrite", (kept) => void kept.put(value, name)),
    /** For what is a help and no more: a full phone keeps none of it, and works. */
    tried: (name, value) => F.store.set(name, value).catch(() => {}),
    forget: (name) => inside(["kept"], "readwrite", (kept) => void kept.delete(name)).catch(() => {}),
  };
})();
