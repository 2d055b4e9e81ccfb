// Takes a picture of every page: `node shoot.js DIR [NAME…]` for some alone, started by `KAICHANG_PICTURES=DIR cargo test --test browser`.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { DESKTOP, PHONE, launch, visit } from "./browser.js";
import { PAGES, show, stage } from "./pages.js";

const [dir, ...names] = process.argv.slice(2);
const wanted = names.length ? PAGES.filter((line) => names.includes(line.name)) : PAGES;
const SIZES = { phone: PHONE, desktop: DESKTOP };

mkdirSync(dir, { recursive: true });
const browser = await launch();
const set = await stage(2);
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const lang of ["zh-Hans", "en"]) {
    for (const line of wanted) {
      const { page, done } = await visit(browser, { token: set.who[line.as], lang, viewport });
      await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
      await show(page, line, set);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.screenshot({ path: join(dir, `${line.name}.${size}.${lang}.${colorScheme}.png`) });
      }
      await done();
    }
  }
}
await browser.close();
console.log(`pictures of ${wanted.length} pages are in ${dir}`);
