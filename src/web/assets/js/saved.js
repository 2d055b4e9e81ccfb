// The tickets that this device has kept, on the page that is shown without a connection.

const list = document.querySelector("[data-saved]");

if (list && "caches" in window) {
  const cache = await caches.open("tickets");
  for (const request of await cache.keys()) {
    const answer = await cache.match(request);
    const ticket = new DOMParser().parseFromString(await answer.text(), "text/html");
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.className = "row";
    link.href = new URL(request.url).pathname;
    const parts = [...ticket.querySelectorAll(".pass p:nth-of-type(2) bdi")].map((part) => part.textContent);
    link.textContent = parts.join(" · ") || link.pathname;
    item.append(link);
    list.append(item);
  }
  document.querySelector("[data-none]").hidden = list.children.length > 0;
}
