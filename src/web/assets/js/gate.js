// The gate: the input keeps the focus for scanners, a camera reads tickets where the browser can, and each answer has its tone.

const gate = document.querySelector("[data-gate]");
if (gate) watch(gate);

function watch(gate) {
  const form = gate.querySelector("[data-gate-form]");
  const input = form.elements.shown;
  const button = gate.querySelector("[data-camera]");
  const video = gate.querySelector("video");

  input.focus();
  if (gate.dataset.answer) sound(gate.dataset.answer === "good");

  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) {
    gate.querySelector("[data-no-camera]").hidden = false;
    return;
  }
  button.hidden = false;
  button.addEventListener("click", () => look());
  // Each answer is a page of its own: the camera stays on from one to the next.
  if (sessionStorage.getItem("camera") === "on") look();

  async function look() {
    try {
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.hidden = false;
      button.hidden = true;
      await video.play();
      sessionStorage.setItem("camera", "on");
      seek(detector);
    } catch {
      sessionStorage.removeItem("camera");
      gate.querySelector("[data-no-camera]").hidden = false;
      button.hidden = true;
    }
  }

  async function seek(detector) {
    const [found] = await detector.detect(video).catch(() => []);
    const last = sessionStorage.getItem("shown");
    // The same ticket is still held up while its answer is read.
    if (found && found.rawValue !== last) {
      sessionStorage.setItem("shown", found.rawValue);
      input.value = found.rawValue;
      form.requestSubmit();
      return;
    }
    setTimeout(() => seek(detector), 150);
  }
}

function sound(isGood) {
  try {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    tone.frequency.value = isGood ? 880 : 220;
    tone.connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + (isGood ? 0.15 : 0.5));
  } catch {
    // A browser without sound shows the answer all the same.
  }
}
