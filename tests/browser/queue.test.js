// The waiting room: one comes, waits, may close the page, and is told when it is one's turn.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, visit } from "./browser.js";
import { ask, queued, resident, staff } from "./city.js";
import { barriers } from "./checks.js";

let browser, operator;

before(async () => {
  browser = await launch();
  operator = await staff("operator");
});
after(() => browser.close());

const place = (id, token) => ask("GET", `/v1/releases/${id}/queue/me`, undefined, token);

/** Lets somebody have his turn as soon as it comes, and go. */
async function pass(id, token) {
  for (let look = 0; look < 300; look += 1) {
    const { state } = await place(id, token);
    if (state === "admitted") return ask("DELETE", `/v1/releases/${id}/queue/me`, undefined, token);
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("no turn came");
}

test("who waits sees it when it is his turn, without doing anything, and the turn outlives the page", async () => {
  const [token, other] = [await resident(100_00), await resident(100_00)];
  const id = await queued(5, 1, [other], operator);
  const { page, done } = await visit(browser, { token });
  await page.goto(`/releases/${id}`);
  await page.getByRole("link", { name: "To the waiting room" }).click();
  await page.getByRole("button", { name: "Queue", exact: true }).click();
  await page.getByText("You may close this page").waitFor();
  assert.match(await page.locator("h1").innerText(), /Waiting room/);
  assert.deepEqual(await barriers(page), []);
  // Whoever of the two is first: the other one doesn't stay.
  const passed = pass(id, other).catch(() => undefined);
  await page.getByRole("heading", { name: /It is your turn/ }).waitFor({ timeout: 40_000 });
  assert.match(await page.title(), /It is your turn/);
  assert.match(await page.locator("#notice").innerText(), /It is your turn/);
  await page.locator("[data-countdown] .left").filter({ hasText: /\d:\d\d/ }).waitFor();
  assert.deepEqual(await barriers(page), []);
  await page.close();
  await done();

  const elsewhere = await visit(browser, { token });
  await elsewhere.page.goto(`/releases/${id}/queue`);
  await elsewhere.page.locator("main ul.rows a").first().click();
  assert.match(elsewhere.page.url(), /\/venues\//);
  await elsewhere.done();
  assert.equal((await place(id, token)).state, "admitted");
  await ask("DELETE", `/v1/releases/${id}/queue/me`, undefined, token);
  await passed;
});

test("without a script one looks for oneself, and leaves", async () => {
  const token = await resident();
  const id = await queued(3600, 1, [], operator);
  const { page, done } = await visit(browser, { token, javaScriptEnabled: false });
  await page.goto(`/releases/${id}/queue`);
  await page.getByRole("button", { name: "Queue", exact: true }).click();
  await page.getByRole("link", { name: "Check my place" }).click();
  assert.match(await page.locator("dl.waiting").innerText(), /Your number\s+1/);
  await page.getByRole("button", { name: "Leave the queue" }).click();
  await page.getByText("You have left the queue").waitFor();
  await done();
  assert.equal((await place(id, token)).state, "left");
});

test("while very many come, the page shows by itself that it is no robot's", async () => {
  const [first, token] = [await resident(), await resident()];
  const id = await queued(3600, 1, [first], operator, { proof_of_work: 20_000 });
  const { page, done } = await visit(browser, { token });
  await page.goto(`/releases/${id}/queue`);
  assert.deepEqual(await barriers(page), []);
  await page.getByRole("button", { name: "Queue", exact: true }).click();
  await page.getByText("You may close this page").waitFor({ timeout: 20_000 });
  await done();
  assert.equal((await place(id, token)).number, 2);
});
