// What holds for every page, in one language, light and dark, on a phone. Each language is a file of tests, so that they run at once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, visit } from "./browser.js";
import { barriers, sideways, smallTargets } from "./checks.js";
import { PAGES, show, stage } from "./pages.js";

export function noBarriers(lang, ahead) {
  let browser, set;

  before(async () => {
    browser = await launch();
    set = await stage(ahead);
  });
  after(() => browser.close());

  for (const line of PAGES) {
    test(`${line.name} in ${lang}: no barrier, nothing against the policy, nothing sideways or too small`, async () => {
      const { page, done } = await visit(browser, { token: set.who[line.as], lang });
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
      await show(page, line, set);
      assert.equal(await page.getAttribute("html", "lang"), lang, "the language that was asked for");
      const found = await barriers(page);
      // In the dark a page differs by its colours alone.
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      found.push(...(await barriers(page, ["color-contrast", "link-in-text-block"])).map((finding) => `dark: ${finding}`));
      found.push(...(await smallTargets(page)));
      for (const width of [360, 320]) {
        await page.setViewportSize({ width, height: 740 });
        found.push(...(await sideways(page)));
      }
      // Text of twice the size, as who sees badly sets it.
      await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
      found.push(...(await sideways(page)).map((finding) => `large: ${finding}`));
      await done();
      assert.deepEqual(found, []);
    });
  }
}
