// Each check of `checks.js` finds the fault that it is for. The faults are put into a page that has none.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, visit } from "./browser.js";
import { barriers, bytes, moved, sideways, smallTargets, unseenFocus } from "./checks.js";

let browser;

before(async () => (browser = await launch()));
after(() => browser.close());

const put = (page, html) => page.evaluate((html) => document.querySelector("main").insertAdjacentHTML("beforeend", html), html);

test("a field without a name and a faint text are barriers", async () => {
  const { page, done } = await visit(browser);
  await page.goto("/sign-in");
  assert.deepEqual(await barriers(page), []);
  await put(page, "<input type=text>");
  await page.evaluate(() => (document.querySelector("main p:last-of-type").style.color = "#ddd"));
  const found = (await barriers(page)).map((finding) => finding.split(":")[0]);
  assert.deepEqual([...new Set(found)].sort(), ["color-contrast", "label"]);
  await done();
});

test("a script and a style within a page are against the policy", async () => {
  const { context, page, wrong } = await visit(browser);
  await page.goto("/sign-in");
  await put(page, '<p style="color: red" onclick="alert()">');
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
  });
  await page.locator("main p").last().dispatchEvent("click");
  assert.equal(await page.evaluate(() => window.ran), undefined);
  await page.waitForTimeout(100);
  await context.close();
  for (const directive of ["style-src-attr", "script-src-attr", "script-src-elem"]) {
    assert.ok(wrong.some((said) => said.includes(`Policy: ${directive}`)), `${directive}: ${wrong.join("\n")}`);
  }
});

test("a script that breaks is heard", async () => {
  const { page, done } = await visit(browser);
  await page.goto("/sign-in");
  await page.evaluate(() => setTimeout(() => missing()));
  await page.waitForTimeout(100);
  await assert.rejects(done(), /missing is not defined/);
});

test("what is wide, small, late or hidden is found", async () => {
  const { page, done } = await visit(browser);
  await page.goto("/sign-in");
  await page.waitForTimeout(100);
  assert.deepEqual([await sideways(page), await smallTargets(page), await unseenFocus(page), await moved(page)], [[], [], [], 0]);
  // What moves right after a key is that key's doing.
  await page.waitForTimeout(600);
  await page.evaluate(() => {
    const main = document.querySelector("main");
    const button = document.createElement("button");
    button.textContent = "x";
    button.style.cssText = "position: fixed; bottom: 4px; left: 4px; width: 30px; min-width: 0; min-height: 0; height: 30px; padding: 0; z-index: 0";
    main.append(button);
    const wide = document.createElement("div");
    wide.style.cssText = "width: 500px; height: 300px";
    main.prepend(wide);
  });
  // The layout's shift is told with the next frames.
  await page.waitForTimeout(800);
  assert.equal((await sideways(page)).length, 1);
  assert.match((await smallTargets(page)).join(), /30x30/);
  assert.match((await unseenFocus(page)).join(), /button/);
  assert.ok((await moved(page)) > 0);
  await done();
});

test("what a page fetches is counted", async () => {
  const { context, done } = await visit(browser, { serviceWorkers: "block" });
  await context.route("/sign-in", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace("</main>", '<link rel="stylesheet" href="/docs/swagger-ui.css"></main>') });
  });
  assert.ok((await bytes(context, "/sign-in")) > 60 * 1024);
  await context.close();
});
