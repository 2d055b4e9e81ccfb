// A ticket where there is no line, and for nobody who comes after.

import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { after, before, test } from "node:test";

import { launch, visit } from "./browser.js";
import { address, booked, free, resident } from "./city.js";

let browser;

before(async () => (browser = await launch()));
after(() => browser.close());

/** A line to the city that can be cut and mended. */
async function wire() {
  const { hostname, port } = new URL(address);
  const ends = new Set();
  let isCut = false;
  const line = createServer((near) => {
    if (isCut) return near.resetAndDestroy();
    const far = connect(port, hostname);
    for (const [end, other] of [[near, far], [far, near]]) {
      ends.add(end.on("error", () => other.destroy()).on("close", () => ends.delete(end)));
      end.pipe(other);
    }
  });
  await new Promise((listening) => line.listen(0, "127.0.0.1", listening));
  const cut = () => {
    isCut = true;
    for (const end of ends) end.destroy();
  };
  const end = () => {
    cut();
    line.close();
  };
  return { address: `http://127.0.0.1:${line.address().port}`, cut, mend: () => (isCut = false), end };
}

const kept = (page) => page.evaluate(async () => (await (await caches.open("tickets")).keys()).length);

test("a ticket is shown offline, and gone after sign-out", async (test) => {
  const token = await resident(500_00);
  const [slot] = await free(5);
  const { id } = await booked(slot, token);
  const line = await wire();
  test.after(line.end);
  const { page, done } = await visit(browser, { token, baseURL: line.address });
  // It is enough to have looked at one's bookings: the ticket itself was never opened.
  await page.goto("/bookings");
  for (let tries = 0; tries < 50 && (await kept(page)) < 1; tries += 1) await page.waitForTimeout(100);
  assert.equal(await kept(page), 1);
  line.cut();
  await page.goto(`/bookings/${id}/ticket`);
  assert.ok(await page.locator("svg.qr").isVisible(), await page.locator("main").innerText());
  assert.match(await page.locator(".signs").innerText(), /\S{4}/);
  await page.goto("/find");
  await page.locator("[data-saved] a").click();
  assert.ok(await page.locator("svg.qr").isVisible(), "the offline page leads to it");

  line.mend();
  await page.goto("/me");
  await page.locator('form[action="/sign-out"] button').click();
  await page.waitForURL((url) => url.pathname !== "/me");
  assert.equal(await kept(page), 0);
  line.cut();
  await page.goto(`/bookings/${id}/ticket`);
  assert.equal(await page.locator("svg.qr").count(), 0);
  await done();
});
