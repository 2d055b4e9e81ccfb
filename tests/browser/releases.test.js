// Releases under a manager's hands: a draw is published, settled, drawn; a queue is published and watched.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PHONE, launch, visit } from "./browser.js";
import { ask, day, ownVenue, resident, staff } from "./city.js";
import { barriers } from "./checks.js";

let browser, manager;

before(async () => {
  browser = await launch();
  manager = await staff("manager");
});
after(() => browser.close());

/** A moment so many minutes from now, as a field of days and times writes it where the city is. */
const local = (minutes) =>
  new Date(Date.now() + minutes * 60_000).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" }).replace(" ", "T").slice(0, 16);

/** The form of a mode, come to as one does. */
async function form(mode, lang = "en") {
  const { page, done } = await visit(browser, { token: manager, viewport: PHONE, lang });
  await page.goto(`/manage/${ownVenue()}/releases`);
  await page.locator(`a[href$="/releases/new"]`).click();
  await page.locator(`nav.chips a[href$="mode=${mode}"]`).click();
  await page.waitForURL(new RegExp(`mode=${mode}`));
  assert.deepEqual(await barriers(page), []);
  return { page, done };
}

const fill = async (page, fields) => {
  for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]`).fill(value);
};

test("a draw is published with its terms, and drawn when the public value is known", async () => {
  const { page, done } = await form("lottery");
  const rest = local(60);
  await fill(page, {
    name_zh: "周末抽签", name_en: "Browser draw", first_day: day(6), last_day: day(6), beacon: "what the dice say",
    opens_at: local(-180), closes_at: local(-120), draw_at: local(-60), pay_by: local(30),
    once_day: rest.slice(0, 10), once_time: rest.slice(11),
  });
  await page.getByRole("button", { name: "Publish" }).click();
  await page.getByText("Published.").waitFor();
  await page.getByRole("link", { name: "Browser draw" }).click();
  for (let look = 0; look < 300 && !(await page.getByRole("button", { name: "Draw now" }).isVisible()); look += 1) {
    await page.waitForTimeout(100);
    await page.reload();
  }
  assert.deepEqual(await barriers(page), []);
  await page.getByLabel("Public value").fill("6 1 4");
  await page.getByRole("button", { name: "Draw now" }).click();
  await page.getByText("It is drawn. Winners").waitFor();
  assert.match(await page.locator("dl.facts").innerText(), /6 1 4/);
  assert.deepEqual(await barriers(page), []);
  await page.getByRole("link", { name: "Report" }).click();
  await page.getByRole("heading", { name: /Report: Browser draw/ }).waitFor();
  await done();
});

test("a queue is published in Chinese, and its manager sees who waits", async () => {
  const { page, done } = await form("queue", "zh-Hans");
  const opens = local(120);
  await fill(page, {
    name_zh: "周末排队", name_en: "Browser queue", first_day: day(5), last_day: day(5), once_day: opens.slice(0, 10),
    once_time: opens.slice(11), join_from: local(-5), minutes_to_act: "7", at_once: "25", proof_of_work: "50000",
  });
  await page.getByRole("button", { name: "发布" }).click();
  const link = page.getByRole("link", { name: "周末排队" }).first();
  await link.waitFor();
  const code = (await link.getAttribute("href")).split("/").at(-1);
  await ask("POST", `/v1/releases/${code}/queue`, {}, await resident());
  await link.click();
  assert.match(await page.locator("dl.facts").innerText(), /等候人数\s+1[^]*25/);
  assert.deepEqual(await barriers(page), []);
  await done();
});
