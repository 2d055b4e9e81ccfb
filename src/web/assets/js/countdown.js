// Time that runs down, by the server's clock: the page says what time it was there when it was made.

for (const shown of document.querySelectorAll("[data-countdown]")) run(shown);

/** Runs one down; what comes to a page later is run by who brings it. */
export function run(shown) {
  const until = Date.parse(shown.dataset.countdown);
  // How long the page took to come is part of the difference, and small beside what is told.
  const skew = Date.parse(shown.dataset.now) - Date.now();
  const left = shown.querySelector(".left");
  const spoken = (shown.dataset.spoken ?? "").split(" ").map(Number);
  const said = new Set();

  const seconds = Math.abs(skew) / 1000;
  const told = shown.querySelector(".skew");
  if (told && seconds >= 2) {
    const text = skew > 0 ? shown.dataset.skewSlow : shown.dataset.skewFast;
    told.textContent = text.replace("{0}", seconds.toFixed(1));
  }

  function tick() {
    const rest = Math.max(0, Math.ceil((until - (Date.now() + skew)) / 1000));
    if (rest === 0) {
      shown.textContent = shown.dataset.over;
      document.getElementById("notice").textContent = shown.dataset.over;
      // Nobody is sent anywhere: what can be done next stands on the page that one asks for.
      return;
    }
    const [hours, minutes, sec] = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60];
    const two = (number) => String(number).padStart(2, "0");
    left.textContent = hours ? `${hours}:${two(minutes)}:${two(sec)}` : `${minutes}:${two(sec)}`;
    for (const at of spoken) {
      if (at && rest <= at && rest > at - 5 && !said.has(at)) {
        said.add(at);
        document.getElementById("notice").textContent = shown.textContent;
      }
    }
    setTimeout(tick, 1000 - ((Date.now() + skew) % 1000));
  }
  tick();
}
