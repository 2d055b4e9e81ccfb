// The gate by camera: a ticket as its holder's screen shows it, before a camera that Chromium plays from a file, is read and let in, by
// the reader that the gate fetches where the browser has none of its own.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { launch, visit } from "./browser.js";
import { bookedNow, ownVenue, resident, staff } from "./city.js";

const WIDTH = 640;
const HEIGHT = 480;
const NO_READER = () => delete globalThis.BarcodeDetector;

let folder, manager, film, booking;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "kaichang-camera-"));
  manager = await staff("manager");
  const token = await resident(500_00);
  booking = await bookedNow(ownVenue(), manager, token);
  film = join(folder, "ticket.y4m");
  const browser = await launch();
  const { page, done } = await visit(browser, { token });
  await page.goto(`/bookings/${booking.id}/ticket`);
  const drawing = await page.locator("svg.qr").evaluate((svg) => svg.outerHTML);
  await done();
  writeFileSync(film, await filmed(browser, drawing));
  await browser.close();
});
after(() => rmSync(folder, { recursive: true }));

/** What a camera sees of a ticket that is held before it by hand: some frames, each a little askew, in the planes of a y4m file. */
async function filmed(browser, drawing) {
  const page = await browser.newPage();
  const frames = await page.evaluate(async ([drawing, width, height]) => {
    const sized = drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600" ');
    const ticket = new Image();
    ticket.src = `data:image/svg+xml,${encodeURIComponent(sized)}`;
    await ticket.decode();
    const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    return [-6, 0, 9].map((degrees) => {
      canvas.resetTransform();
      canvas.fillStyle = "#777";
      canvas.fillRect(0, 0, width, height);
      canvas.translate(width / 2 + 2 * degrees, height / 2);
      canvas.rotate((degrees * Math.PI) / 180);
      canvas.fillStyle = "#eee";
      canvas.fillRect(-190, -190, 380, 380);
      canvas.drawImage(ticket, -180, -180, 360, 360);
      const { data } = canvas.getImageData(0, 0, width, height);
      return Array.from({ length: width * height }, (_, at) => data[4 * at]);
    });
  }, [drawing, WIDTH, HEIGHT]);
  const grey = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const parts = frames.flatMap((luma) => [Buffer.from("FRAME\n"), Buffer.from(luma), grey]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F5:1 Ip A1:1 C420jpeg\n`), ...parts]);
}

const withCamera = () =>
  launch("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${film}`);

const fetched = (page) => page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => /assets\/qr/.test(name)));

test("a ticket before the camera lets in, once, where the browser has no reader of its own", async () => {
  const browser = await withCamera();
  const { page, done } = await visit(browser, { token: manager });
  await page.addInitScript(NO_READER);
  const gate = `/manage/${ownVenue()}/gate`;
  await page.goto(gate);
  await page.waitForLoadState("networkidle");
  assert.deepEqual(await fetched(page), [], "nothing is fetched for a camera that nobody uses");
  const sent = [];
  page.on("request", (request) => request.method() === "POST" && sent.push(request.postData()));
  await page.getByRole("button", { name: "Use the camera" }).tap();
  await page.locator("[data-answer=good]").waitFor({ timeout: 20_000 });
  assert.match(await page.locator(".verdict").innerText(), /Come in[^]*Night and day[^]*林小雨/);
  // The camera stays on for the next.
  await page.locator("video").waitFor();
  // The ticket is still held up: its answer stands.
  await page.waitForFunction(() => document.querySelector("video").currentTime > 1.5);
  assert.equal(sent.length, 1);
  assert.ok(await page.locator("[data-answer=good]").isVisible());
  // Whoever shows it again, to whomever, is told since when it is used.
  await page.evaluate(() => sessionStorage.removeItem("shown"));
  await page.locator("[data-problem=already-used]").waitFor({ timeout: 20_000 });
  await done();
  await browser.close();
});

test("a browser's own reader is used where it has one", async () => {
  const browser = await withCamera();
  const { page, done } = await visit(browser, { token: manager });
  await page.addInitScript(() => {
    globalThis.BarcodeDetector = class {
      static getSupportedFormats = async () => ["qr_code"];
      detect = async () => [{ rawValue: "NO TICKET AT ALL" }];
    };
  });
  await page.goto(`/manage/${ownVenue()}/gate`);
  await page.getByRole("button", { name: "Use the camera" }).tap();
  await page.locator("[data-problem=ticket-invalid]").waitFor({ timeout: 20_000 });
  assert.deepEqual(await fetched(page), []);
  await done();
  await browser.close();
});

test("where there is no camera the gate says what reads tickets then", async () => {
  const browser = await launch();
  const { page, done } = await visit(browser, { token: manager });
  await page.goto(`/manage/${ownVenue()}/gate`);
  await page.getByRole("button", { name: "Use the camera" }).tap();
  await page.getByText("A scanner or the eight signs do.").waitFor();
  assert.ok(!(await page.locator("video").isVisible()));
  await done();
  await browser.close();
});
