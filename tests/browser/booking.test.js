// A resident's ways: from nothing to a booking for tonight, money into the wallet, a hold, and what a hurried finger does.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, visit } from "./browser.js";
import { free, password, phone, resident, sheet, venueDay } from "./city.js";

const AHEAD = 3;

let browser, slots;

before(async () => {
  browser = await launch();
  slots = await free(AHEAD);
});
after(() => browser.close());

const next = () => slots.shift();

/** How many bookings a resident's list shows. */
async function count(page) {
  await page.goto("/bookings");
  return page.locator("ul.rows > li").count();
}

test("who signs up has badminton tonight in at most three taps", async () => {
  const { page, done } = await visit(browser);
  await page.goto("/");
  await page.locator(".enter").tap();
  await page.getByRole("link", { name: "Create account" }).tap();
  await page.getByLabel("Name").fill("Lin");
  await page.getByLabel("Phone").fill(phone());
  await page.getByLabel("Password").fill(password);
  await page.locator("form.stack button").tap();
  await page.waitForURL("/");

  let taps = 0;
  const tap = async (target) => {
    taps += 1;
    await target.tap();
  };
  const chip = page.locator("nav.chips .chip", { hasText: "Badminton" });
  if ((await chip.getAttribute("aria-current")) !== "true") await tap(chip);
  await tap(page.locator("ul.venues a.slot[data-state=free]").first());
  const pay = page.locator("dialog[open] form.pay button").first();
  await pay.waitFor();
  assert.match(await page.locator("dialog[open]").innerText(), /refund/i, "the rule stands before the button");
  await tap(pay);
  await page.waitForURL(/\/bookings\/.+/);
  assert.match(await page.locator("main").innerText(), /Booked: .*paid/);
  assert.ok(taps <= 3, `${taps} taps`);
  console.log(`badminton tonight: ${taps} taps after sign-in`);
  await done();
});

test("what is put into the wallet is there once", async () => {
  const { page, done } = await visit(browser, { token: await resident() });
  await page.goto("/wallet");
  const balance = page.locator(".balance");
  assert.equal(await balance.innerText(), "¥0.00");
  await page.locator("button[name=amount]").first().dblclick();
  await page.waitForLoadState();
  await page.locator(".notice.good").waitFor();
  assert.equal(await page.locator("ul.rows > li").count(), 1);
  assert.notEqual(await balance.innerText(), "¥0.00");
  await done();
});

test("a double tap, the way back and a form that is sent again make one booking", async () => {
  const token = await resident(500_00);
  const { context, page, done } = await visit(browser, { token });
  const slot = next();
  await page.goto(sheet(slot));
  const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/book"));
  await page.locator("form.pay button[value=book]").dblclick();
  const form = (await sent).postData();
  // Two answers may come, of which the first is dropped for the second.
  await page.locator(".notice.good").waitFor();
  const address = new URL(page.url()).pathname;
  // Back to a page that still stands in the browser, and the button once more.
  await page.goBack();
  const again = page.locator("form.pay button[value=book]");
  if (await again.count()) await again.click();
  await page.waitForLoadState();
  // The very same form over the line, as a proxy or a reload sends it.
  const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", accept: "text/html" };
  const answer = await context.request.post("/book", { data: form, headers, maxRedirects: 0 });
  assert.equal(answer.status(), 303);
  assert.equal(new URL(answer.headers().location, "http://city").pathname, address);
  assert.equal(await count(page), 1);
  await done();
});

test("a hold is counted down and paid", async () => {
  const { page, done } = await visit(browser, { token: await resident(500_00) });
  await page.goto(sheet(next()));
  await page.locator("button[value=hold]").tap();
  await page.waitForURL(/\/bookings\/.+/);
  assert.match(await page.locator("[data-countdown] .left").innerText(), /^\d+:\d\d$/);
  await page.locator("form.pay button").first().tap();
  await page.locator(".notice.good").waitFor();
  assert.equal(await page.locator("[data-countdown]").count(), 0);
  assert.equal(await count(page), 1);
  await done();
});

test("a hold that runs out says so when it does", async () => {
  const { page, done } = await visit(browser, { token: await resident(500_00) });
  await page.clock.install();
  await page.goto(sheet(next()));
  await page.locator("button[value=hold]").tap();
  const hold = page.locator("[data-countdown]");
  await hold.waitFor();
  const over = await hold.getAttribute("data-over");
  const left = Date.parse(await hold.getAttribute("data-countdown")) - Date.parse(await hold.getAttribute("data-now"));
  await page.clock.runFor(left - 31_000);
  assert.match(await page.locator("[data-countdown] .left").innerText(), /^0:3\d$/);
  await page.clock.runFor(2_000);
  assert.match(await page.locator("#notice").innerText(), /Pay by/, "spoken at 30 s");
  await page.clock.runFor(31_000);
  assert.equal(await hold.innerText(), over);
  assert.equal(await page.locator("#notice").innerText(), over);
  await done();
});

test("without a script one finds, books, looks at the ticket and cancels", async () => {
  const { page, done } = await visit(browser, { javaScriptEnabled: false });
  const slot = next();
  await page.goto(`${venueDay(slot, AHEAD)}&view=all`);
  await page.locator("td[data-state=free] a").first().tap();
  await page.getByRole("link", { name: /Sign in/ }).last().tap();
  await page.getByRole("link", { name: "Create account" }).tap();
  await page.getByLabel("Name").fill("Lin");
  await page.getByLabel("Phone").fill(phone());
  await page.getByLabel("Password").fill(password);
  await page.locator("form.stack button").tap();
  // Back at the slot that was chosen.
  await page.locator("form.pay button").first().tap();
  await page.waitForURL(/\/bookings\/.+/);
  await page.getByRole("link", { name: /ticket/i }).first().tap();
  await page.locator("svg.qr").waitFor();
  await page.goBack();
  await page.locator("details.apart summary").tap();
  await page.locator("details.apart button").tap();
  await page.getByText(/is back in your wallet/).waitFor();
  await done();
});
