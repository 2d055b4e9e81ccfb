// The gate: the input keeps the focus for scanners, a camera reads tickets, and each answer has its tone.

/** A ticket that wasn't seen for so long was taken away. */
const AWAY_MS = 2_000;

const gate = document.querySelector("[data-gate]");
if (gate) watch(gate);

function watch(gate) {
  const form = gate.querySelector("[data-gate-form]");
  const input = form.elements.shown;
  const button = gate.querySelector("[data-camera]");
  const video = gate.querySelector("video");

  input.focus();
  if (gate.dataset.answer) sound(gate.dataset.answer === "good");

  // Browsers give a camera only to pages that came safely.
  if (!navigator.mediaDevices) {
    withoutCamera();
    return;
  }
  button.hidden = false;
  button.addEventListener("click", () => look());
  // Each answer is a page of its own: the camera stays on from one to the next.
  if (sessionStorage.getItem("camera") === "on") look();

  async function look() {
    button.hidden = true;
    try {
      const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
      const [stream, detector] = await Promise.all([navigator.mediaDevices.getUserMedia({ video: wanted }), reader()]);
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      sessionStorage.setItem("camera", "on");
      seek(detector);
    } catch {
      sessionStorage.removeItem("camera");
      for (const track of video.srcObject?.getTracks() ?? []) track.stop();
      video.hidden = true;
      withoutCamera();
    }
  }

  function withoutCamera() {
    button.hidden = true;
    gate.querySelector("[data-no-camera]").hidden = false;
  }

  async function seek(detector, seen = performance.now()) {
    const [found] = await detector.detect(video).catch(() => []);
    // The same ticket is still held up while its answer is read; once it was taken away it may be shown again.
    if (found && found.rawValue !== sessionStorage.getItem("shown")) {
      sessionStorage.setItem("shown", found.rawValue);
      input.value = found.rawValue;
      form.requestSubmit();
      return;
    }
    const last = found ? performance.now() : seen;
    if (performance.now() - last > AWAY_MS) sessionStorage.removeItem("shown");
    setTimeout(() => seek(detector, last), 150);
  }
}

/** The browser's own reader of codes, or else ours, which is fetched only here. */
async function reader() {
  const formats = ["qr_code"];
  const own = globalThis.BarcodeDetector;
  // Some browsers have the name, and no format behind it.
  if (own && (await own.getSupportedFormats()).includes("qr_code")) return new own({ formats });
  const { BarcodeDetector } = await import("./qr.js");
  return new BarcodeDetector({ formats });
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
