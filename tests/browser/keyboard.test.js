// A venue's day and a booking by the keys alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, launch, visit } from "./browser.js";
import { free, resident, venueDay } from "./city.js";

const AHEAD = 6;

let browser;

before(async () => (browser = await launch()));
after(() => browser.close());

test("the arrows lead through the grid, Enter opens a slot, Esc leads back, Enter books", async () => {
  const { page, done } = await visit(browser, { token: await resident(500_00), viewport: DESKTOP });
  const [slot] = await free(AHEAD);
  await page.goto(`${venueDay(slot, AHEAD)}&view=all`);
  const here = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  const isIn = (selector) => page.evaluate((selector) => document.activeElement.matches(selector), selector);

  await page.keyboard.press("Tab");
  assert.ok(await isIn(".skip"), "the way past the bars is first");
  await page.keyboard.press("Enter");
  for (let tabs = 0; tabs < 30 && !(await isIn("td a")); tabs += 1) await page.keyboard.press("Tab");
  const first = await here();
  assert.match(first, /free/);
  await page.keyboard.press("ArrowDown");
  const second = await here();
  assert.notEqual(second, first);
  await page.keyboard.press("ArrowUp");
  assert.equal(await here(), first);
  await page.keyboard.press("Tab");
  assert.ok(!(await isIn("td a")), "the table is one stop");
  await page.keyboard.press("Shift+Tab");
  assert.equal(await here(), first);

  await page.keyboard.press("Enter");
  await page.locator("dialog[open] form.pay").waitFor();
  assert.ok(await isIn("dialog form.pay button"), "at the button that books");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("dialog[open]").count(), 0);
  assert.equal(await here(), first, "back at the slot");

  await page.keyboard.press("Enter");
  await page.locator("dialog[open] form.pay").waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/bookings\/.+/);
  assert.match(await page.locator("main").innerText(), /Booked: /);
  await done();
});
