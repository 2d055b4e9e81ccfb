// Two browsers and one slot.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, visit } from "./browser.js";
import { booked, free, resident, venueDay } from "./city.js";

const AHEAD = 4;

let browser, slots;

before(async () => {
  browser = await launch();
  slots = await free(AHEAD);
});
after(() => browser.close());

/** The cell of a slot in a venue's day. */
const cell = (page, slot) => page.locator(`tr[data-start="${slot.start}"] td:has(a[href*="pitch=${slot.pitch}&"])`);

async function atSheet(slot) {
  const visitor = await visit(browser, { token: await resident(500_00) });
  await visitor.page.goto(`${venueDay(slot, AHEAD)}&view=all`);
  await cell(visitor.page, slot).locator("a").tap();
  await visitor.page.locator("dialog[open] form.pay button").first().waitFor();
  return visitor;
}

test("one gets it, the other pays nothing and is shown what is nearest", async () => {
  const slot = slots[0];
  const both = await Promise.all([atSheet(slot), atSheet(slot)]);
  await Promise.all(both.map(({ page }) => page.locator("dialog[open] button[value=book]").tap()));
  const ends = await Promise.all(
    both.map(({ page }) =>
      Promise.race([
        page.waitForURL(/\/bookings\/.+/).then(() => "won", () => "neither"),
        page.locator("[data-problem=slot-taken]").waitFor().then(() => "lost", () => "neither"),
      ]),
    ),
  );
  assert.deepEqual([...ends].sort(), ["lost", "won"]);
  const { page } = both[ends.indexOf("lost")];
  const dialog = page.locator("dialog[open]");
  assert.match(await dialog.innerText(), /You paid nothing/);
  const alternatives = dialog.locator("a.chip[data-state=free]");
  assert.ok((await alternatives.count()) >= 1);
  // One of them is had in two taps, within the sheet.
  await alternatives.first().tap();
  await dialog.locator("button[value=book]").tap();
  await page.waitForURL(/\/bookings\/.+/);
  for (const { done } of both) await done();
});

test("what another books is grey within a second", async () => {
  const slot = slots[1];
  const { page, done } = await visit(browser, { token: await resident() });
  const streamed = page.waitForRequest((request) => request.resourceType() === "eventsource");
  await page.goto(`${venueDay(slot, AHEAD)}&view=all`);
  await streamed;
  // The day as the stream tells it first.
  await page.waitForTimeout(600);
  const place = await cell(page, slot).evaluate((cell) => [cell.parentElement.rowIndex, cell.cellIndex]);
  const token = await resident(500_00);
  const begun = performance.now();
  await booked(slot, token);
  await page.waitForFunction(
    ([row, column]) => document.querySelector("table.grid").rows[row].cells[column].dataset.state === "taken",
    place,
    { polling: 20, timeout: 5_000 },
  );
  const took = Math.round(performance.now() - begun);
  console.log(`grey after ${took} ms, the booking included`);
  assert.ok(took < 1_000, `${took} ms`);
  await done();
});
