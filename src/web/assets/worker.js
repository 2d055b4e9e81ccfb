// Keeps tickets for where there is no connection, and the page that says so. Everything else comes from the city, always.

const SHELL = "shell-{{version}}";
const TICKETS = "tickets";
const ASSETS = "{{assets}}";
const OFFLINE = "/offline";

addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.addAll([OFFLINE, ...ASSETS]))
      .then(() => skipWaiting()),
  );
});

addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== SHELL && name !== TICKETS) await caches.delete(name);
      await dropOld();
      await clients.claim();
    })(),
  );
});

const isTicket = (url) => /^\/bookings\/[^/]+\/ticket$/.test(url.pathname);
// Whoever signs in or out leaves nothing of the one before.
const endsSession = (request, url) =>
  request.method === "POST" && ["/sign-out", "/sign-in", "/sign-up", "/me/delete"].includes(url.pathname);

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (endsSession(request, url)) {
    event.waitUntil(caches.delete(TICKETS));
    return;
  }
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(isTicket(url) ? ticket(request, url) : page(request));
  else if (ASSETS.includes(url.pathname)) event.respondWith(asset(request));
});

// A page names the tickets that are coming; they are fetched while there is a connection.
addEventListener("message", (event) => {
  for (const address of event.data?.keep ?? []) {
    const url = new URL(address, location.origin);
    if (url.origin === location.origin && isTicket(url)) {
      event.waitUntil(fetch(url, { headers: { Accept: "text/html" } }).then((answer) => keep(url, answer), () => {}));
    }
  }
});

async function page(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(OFFLINE)) ?? Response.error();
  }
}

async function ticket(request, url) {
  try {
    const answer = await fetch(request);
    await keep(url, answer.clone());
    return answer;
  } catch {
    await dropOld();
    return (await caches.match(url.pathname, { cacheName: TICKETS })) ?? page(request);
  }
}

async function asset(request) {
  return (await caches.match(request, { cacheName: SHELL })) ?? fetch(request);
}

async function keep(url, answer) {
  const cache = await caches.open(TICKETS);
  // One that is cancelled, used up or another's is none any more.
  if (answer.ok && !answer.redirected && answer.headers.has("x-keep-until")) await cache.put(url.pathname, answer);
  else if (answer.type !== "opaqueredirect") await cache.delete(url.pathname);
}

async function dropOld() {
  const cache = await caches.open(TICKETS);
  for (const request of await cache.keys()) {
    const answer = await cache.match(request);
    if (Number(answer?.headers.get("x-keep-until")) < Date.now()) await cache.delete(request);
  }
}
