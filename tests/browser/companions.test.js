// Companions: listed once, ticked on the sheet, on the ticket, and seen at the gate.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, launch, visit } from "./browser.js";
import { ask, bookedNow, free, ownVenue, resident, sheet, staff } from "./city.js";
import { barriers } from "./checks.js";

const AHEAD = 6;

let browser;

before(async () => (browser = await launch()));
after(() => browser.close());

for (const script of [true, false]) {
  test(`who comes along is ticked when booking, ${script ? "with" : "without"} a script`, async () => {
    const token = await resident(1_000_00);
    const { page, done } = await visit(browser, { token, javaScriptEnabled: script });
    await page.goto("/me");
    await page.getByText("Add a companion", { exact: true }).first().click();
    await page.getByLabel("Name").fill("Ann");
    await page.getByLabel("Year of birth (optional)").fill("2015");
    await page.getByRole("button", { name: "Add a companion" }).click();
    await page.getByText("Added to your companions.").waitFor();

    const slots = await free(AHEAD);
    await page.goto(sheet(slots[script ? 5 : 6]));
    await page.getByLabel("Ann, born 2015").check();
    if (script) assert.deepEqual(await barriers(page), []);
    await page.getByRole("button", { name: /^Book and pay/ }).click();
    await page.getByText(/^Booked:/).waitFor();
    assert.match(await page.locator("dl.facts").innerText(), /How many play\s+2[^]*With\s+Ann, born 2015/);
    await page.getByRole("link", { name: "Show the ticket" }).click();
    assert.match(await page.locator(".pass").innerText(), /With\s+Ann, born 2015/);
    await done();
  });
}

test("the front desk sees who comes along when it lets a booking in", async () => {
  const [token, manager] = [await resident(1_000_00), await staff("manager")];
  const { id } = await ask("POST", "/v1/residents/me/companions", { name: "Ben", birth_year: 2012 }, token);
  const { id: booking } = await bookedNow(ownVenue(), manager, token, [id]);
  const { code } = await ask("GET", `/v1/bookings/${booking}/ticket`, undefined, token);
  const { page, done } = await visit(browser, { token: manager, viewport: DESKTOP });
  await page.goto(`/manage/${ownVenue()}/gate`);
  await page.locator("input[name=shown]").fill(code);
  await page.keyboard.press("Enter");
  await page.locator(".verdict.good").waitFor();
  assert.match(await page.locator(".verdict").innerText(), /2 people[^]*Ben, born 2012/);
  assert.deepEqual(await barriers(page), []);
  await done();
});
