// What a machine can judge of how pages come and stand; `barriers.js` has what holds for each page in each language.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";

import { launch, visit } from "./browser.js";
import { bytes, moved, unseenFocus } from "./checks.js";
import { NO_PAGES, PAGES, show, stage } from "./pages.js";

const BYTES_MAX = 60 * 1024;

let browser, set;

before(async () => {
  browser = await launch();
  set = await stage(3);
});
after(() => browser.close());

test("every route of the pages has a line in the table", () => {
  const web = new URL("../../src/web/", import.meta.url);
  const shown = new Set([...NO_PAGES, ...PAGES.map((line) => line.route)]);
  const routes = readdirSync(web, { recursive: true })
    .filter((file) => file.endsWith(".rs") && file !== "assets.rs")
    .flatMap((file) => [...readFileSync(new URL(file, web), "utf8").matchAll(/\.route\(\s*"([^"]+)",\s*get\(/g)])
    .map(([, route]) => route);
  assert.ok(routes.length > 10, "the routes are read from the sources");
  assert.deepEqual(routes.filter((route) => !shown.has(route)), []);
});

for (const name of ["home", "find", "venue", "venue-all", "book"]) {
  test(`${name}: nothing moves by itself`, async () => {
    const { page, done } = await visit(browser, { token: set.who.resident });
    await show(page, PAGES.find((line) => line.name === name), set);
    // Long enough for what the stream tells first.
    await page.waitForTimeout(700);
    assert.equal(await moved(page), 0);
    await done();
  });
}

for (const name of ["home", "venue", "venue-all", "venue-sheet"]) {
  test(`${name}: what Tab leads to is seen`, async () => {
    const { page, done } = await visit(browser, { token: set.who.resident });
    await show(page, PAGES.find((line) => line.name === name), set);
    assert.deepEqual(await unseenFocus(page), []);
    await done();
  });
}

test("home and the grid come with at most 60 KB in all", async () => {
  // The worker would fetch for later what no page has asked for.
  const { context, done } = await visit(browser, { token: set.who.resident, serviceWorkers: "block" });
  const home = await bytes(context, "/");
  const grid = await bytes(context, PAGES.find((line) => line.name === "venue-all").path(set));
  console.log(`home ${home} bytes, then the grid ${grid}`);
  assert.ok(home > 4_000 && grid > 2_000, "they are counted");
  assert.ok(home + grid <= BYTES_MAX, `${home} + ${grid}`);
  await done();
});
