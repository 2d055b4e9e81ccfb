// "Near me": the position is asked for on a tap, goes into the address of one page, and is kept nowhere.

for (const button of document.querySelectorAll("button[data-near]")) {
  if (!("geolocation" in navigator) || !window.isSecureContext) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    button.setAttribute("aria-disabled", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        // A hundred metres are near enough.
        const place = `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`;
        location.assign(button.dataset.near + encodeURIComponent(place));
      },
      () => {
        button.removeAttribute("aria-disabled");
        document.getElementById("notice").textContent = button.dataset.refused;
      },
      { maximumAge: 300_000, timeout: 8_000 },
    );
  });
}
