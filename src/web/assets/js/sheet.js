// A slot's sheet opens over the page instead of as a page: Esc closes it and the focus goes back to the slot.

const dialog = document.querySelector("dialog#sheet");
let opener = null;

async function open(link) {
  const answer = await fetch(link.href, { headers: { "HX-Request": "true", Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return location.assign(link.href);
  dialog.innerHTML = await answer.text();
  window.htmx?.process(dialog);
  opener = link;
  dialog.showModal();
  dialog.querySelector("form.pay button, a.button")?.focus();
}

if (dialog?.showModal) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-sheet]");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain) return;
    event.preventDefault();
    open(link).catch(() => location.assign(link.href));
  });
  dialog.addEventListener("close", () => {
    // A slot that is gone meanwhile is no link any more: what it stood in gets the focus.
    const place = opener?.isConnected ? opener : document.getElementById("main");
    place.focus({ preventScroll: place !== opener });
    dialog.replaceChildren();
  });
  // A tap beside the sheet closes it.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}
