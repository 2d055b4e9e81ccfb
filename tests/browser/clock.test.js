// A device whose clock is wrong: what opens is counted down by the city's.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, visit } from "./browser.js";

let browser;

before(async () => (browser = await launch()));
after(() => browser.close());

for (const [told, wrong] of [["slow", -3 * 3_600_000], ["fast", 90_000]]) {
  test(`a release is counted down rightly where the clock is ${told}`, async () => {
    const { page, done } = await visit(browser);
    await page.clock.install({ time: Date.now() + wrong });
    await page.goto("/releases/sports-centres");
    const shown = page.locator("[data-countdown]");
    const opens = Date.parse(await shown.getAttribute("data-countdown"));
    const parts = (await shown.locator(".left").innerText()).split(":").map(Number);
    const left = parts.reduce((sum, part) => sum * 60 + part, 0);
    const really = (opens - Date.now()) / 1_000;
    assert.ok(Math.abs(left - really) <= 3, `${left} s shown, ${really} s left`);
    assert.match(await shown.locator(".skew").innerText(), new RegExp(told));
    const over = await shown.getAttribute("data-over");
    await page.clock.fastForward(Math.ceil(really + 3) * 1_000);
    assert.equal(await shown.innerText(), over);
    await done();
  });
}
