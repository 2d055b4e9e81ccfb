// The end of an account: what it comes to is said before the tap, the password decides, and nothing stays in the browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { launch, visit } from "./browser.js";
import { booked, free, password, resident } from "./city.js";
import { barriers } from "./checks.js";

const AHEAD = 4;

let browser, slots;

before(async () => {
  browser = await launch();
  slots = await free(AHEAD);
});
after(() => browser.close());

/** The whole way, from one's own page to the end. */
async function leave(options) {
  const token = await resident(1_000_00);
  await booked(slots.shift(), token);
  const { context, page, done } = await visit(browser, { token, acceptDownloads: true, ...options });
  await page.goto("/me");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download my data" }).click()]);
  assert.equal(file.suggestedFilename(), "kaichang-my-data.json");
  const data = JSON.parse(readFileSync(await file.path(), "utf8"));
  assert.equal(data.profile.name, "林小雨");
  assert.equal(data.bookings.length, 1);

  await page.getByRole("link", { name: "Delete account" }).click();
  const told = await page.locator("main").innerText();
  assert.match(told, /can’t be undone/);
  assert.match(told, /¥1,000(\.00)? from your wallet goes back/, "with what the booking gives back");
  assert.match(told, /called off/);
  assert.equal(await page.locator("main ul.rows > li").count(), 1);

  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Delete for good" }).click();
  await page.locator("[role=alert]").waitFor();
  assert.match(await page.locator("[role=alert]").innerText(), /Wrong password/);
  if (options.javaScriptEnabled !== false) assert.deepEqual(await barriers(page), []);

  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Delete for good" }).click();
  await page.waitForURL("/me/deleted");
  assert.match(await page.locator("main").innerText(), /Your account is deleted/);
  assert.deepEqual((await context.cookies()).filter(({ name }) => name.includes("session")), []);
  await page.goto("/me");
  assert.match(page.url(), /\/sign-in/);
  await done();
}

test("an account is deleted after what that comes to was said, and with the password only", () => leave({}));

test("the same without a script", () => leave({ javaScriptEnabled: false }));
