// A ticket keeps the screen on while it is shown.

async function stayOn() {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen").catch(() => {});
}

document.addEventListener("visibilitychange", stayOn);
stayOn();
