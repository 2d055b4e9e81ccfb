// What every page does with a script: says when the line is gone, and keeps a form from being sent twice at one tap.

const said = document.documentElement;

function tellConnection() {
  const bar = document.getElementById("offline-bar");
  if (bar) bar.hidden = navigator.onLine;
}

addEventListener("online", tellConnection);
addEventListener("offline", tellConnection);
tellConnection();

// A second tap on a button that is on its way does nothing; the page stays as it is until the answer is there.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  said.classList.add("busy");
});

// Rows that scroll sideways show all of what a key has led to, not only its edge.
document.addEventListener("focusin", ({ target }) => {
  if (target.matches(".chips a:focus-visible, .days a:focus-visible, .jumps a:focus-visible")) {
    target.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
});

// Whoever comes back by the browser's own button finds the form as it was.
addEventListener("pageshow", () => {
  said.classList.remove("busy");
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Tickets that are coming are kept for where there is no connection.
if ("serviceWorker" in navigator && window.isSecureContext) {
  navigator.serviceWorker.register("/sw.js").then(async () => {
    const keep = [...document.querySelectorAll("a[data-keep]")].map((link) => link.pathname);
    const { active } = await navigator.serviceWorker.ready;
    if (keep.length) active.postMessage({ keep });
  }, () => {});
}
