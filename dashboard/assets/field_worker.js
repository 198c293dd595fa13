/* The service worker of the field page: keeps the shell (page, scripts, styles, icons) so that it opens in a dead zone.
   Nothing that is a unit's own is kept here; that is the page's business, and it forgets it with the link. */
(function () {
  "use strict";
  if (typeof ServiceWorkerGlobalScope === "undefined") return;
  const worker = self;
  const PAGE = "/field";
  const WAIT_MS = 4000;
  const build = new URL(worker.location.href).searchParams.get("v") || "";
  const SHELF = "field-" + build;

  /** Fetch the page and all that it names, and put them on the shelf together. */
  async function stock() {
    const page = await fetch(PAGE, { credentials: "same-origin", cache: "reload" });
    if (!page.ok || page.redirected) throw new Error("the page is not there");
    const text = await page.clone().text();
    const named = Array.from(text.matchAll(/(?:src|href)="(\/(?:assets\/field|field\/manifest)[^"]+)"/g), (m) => m[1]);
    const shelf = await caches.open(SHELF);
    await shelf.addAll([...new Set(named)]);
    await shelf.put(PAGE, page);
  }

  async function tidy() {
    const old = (await caches.keys()).filter((name) => name.startsWith("field-") && name !== SHELF);
    await Promise.all(old.map((name) => caches.delete(name)));
    await worker.clients.claim();
  }

  /** The page from the network while that answers, else from the shelf. */
  async function page(request) {
    const shelf = await caches.open(SHELF);
    try {
      const answer = await fetch(request, { signal: AbortSignal.timeout(WAIT_MS) });
      if (answer.ok && !answer.redirected) await shelf.put(PAGE, answer.clone());
      if (answer.status < 500) return answer;
    } catch {
      // No network: the shelf has it.
    }
    return (await shelf.match(PAGE)) || Response.error();
  }

  async function file(request) {
    return (await caches.match(request)) || fetch(request);
  }

  worker.addEventListener("install", (event) => event.waitUntil(stock().then(() => worker.skipWaiting())));
  worker.addEventListener("activate", (event) => event.waitUntil(tidy()));
  worker.addEventListener("fetch", (event) => {
    const address = new URL(event.request.url);
    if (event.request.method !== "GET" || address.origin !== worker.location.origin) return;
    if (event.request.mode === "navigate" && address.pathname === PAGE) event.respondWith(page(event.request));
    else if (address.pathname.startsWith("/assets/field") || address.pathname === "/field/manifest.webmanifest") event.respondWith(file(event.request));
  });
})();
