// What a person sees when the city can't serve him: too often asked, too many at once, our fault. Each is brought about for real, in a city
// of its own: by asking on and on, by a bound of one claim a second, and by taking the residents' keys away.

import assert from "node:assert/strict";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { launch, visit } from "./browser.js";
import { ask, day, password, phone } from "./city.js";
import { barriers, sideways, smallTargets } from "./checks.js";

const at = process.env.KAICHANG_BROWSER_TROUBLED;
const dir = process.env.KAICHANG_BROWSER_TROUBLED_DIR;
/** A folder for pictures of these pages, where one wants to look at them. */
const pictures = process.env.KAICHANG_TROUBLED_PICTURES;
const TRIES = 60;

let browser;

before(async () => (browser = await launch()));
after(() => browser.close());

/** Somebody who signed up there. */
async function resident() {
  const body = { phone: phone(), password, name: "林小雨" };
  return (await ask("POST", "/v1/residents", body, undefined, at)).token;
}

/** Asks on and on, whatever is answered, until it is told to stop. */
function hammer(path, options) {
  let goesOn = true;
  const one = async () => {
    while (goesOn) await (await fetch(at + path, options)).arrayBuffer();
  };
  const all = Array.from({ length: 6 }, one);
  return async () => {
    goesOn = false;
    await Promise.all(all);
  };
}

/** Does it until the page that comes has this status. */
async function until(status, act) {
  for (let time = 0; time < TRIES; time += 1) {
    const answer = await act();
    if (answer.status() === status) return answer;
  }
  throw new Error(`no ${status} in ${TRIES} tries`);
}

/** What holds for every page holds for these. */
async function check(page, name, lang, told) {
  const main = page.locator("main");
  assert.match(await main.innerText(), told);
  assert.equal(await page.getAttribute("html", "lang"), lang);
  assert.equal(await page.locator("h1").count(), 1);
  const found = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    found.push(...(await barriers(page)).map((finding) => `${colorScheme}: ${finding}`));
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.${lang}.${colorScheme}.png`) });
  }
  found.push(...(await smallTargets(page)), ...(await sideways(page)));
  assert.deepEqual(found, []);
}

const TOLD = {
  429: { en: /Too many requests[^]*Try again in \d+ s/, "zh-Hans": /操作过于频繁[^]*请 \d+ 秒后再试/ },
  503: { en: /Busy[^]*Try again in \d+ s/, "zh-Hans": /繁忙[^]*请 \d+ 秒后再试/ },
  500: { en: /Our fault/, "zh-Hans": /系统出现问题/ },
};

for (const lang of ["en", "zh-Hans"]) {
  test(`who asks too often is told so in ${lang}, and can go on`, async () => {
    const token = await resident();
    const { page, done } = await visit(browser, { token, lang, at });
    const stop = hammer("/v1/wallet", { headers: { authorization: `Bearer ${token}` } });
    const answer = await until(429, () => page.goto("/me"));
    await stop();
    assert.ok(Number(answer.headers()["retry-after"]) >= 1);
    await check(page, "too-often", lang, TOLD[429][lang]);
    // The bucket is fuller by now: the page's own way on leads there.
    await page.waitForTimeout(1_000);
    await page.locator("main a.button").first().click();
    await page.getByText("林小雨").waitFor();
    await done();
  });

  test(`when too many claim at once one is told so in ${lang}, and nothing is booked`, async () => {
    const token = await resident();
    await ask("POST", "/v1/wallet/top-ups", { amount: 1_000_00, provider: "sandbox" }, token, at);
    const ahead = lang === "en" ? 3 : 4;
    const { items } = await ask("GET", `/v1/availability?sport=badminton&date=${day(ahead)}&limit=500`, undefined, undefined, at);
    const slots = items.filter(({ kind }) => kind === "exclusive");
    const { page, done } = await visit(browser, { token, lang, at });
    const stop = hammer("/v1/bookings", { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    let letIn = -1;
    await until(503, async () => {
      letIn += 1;
      // Another one each time: now and then one is let in, and holds what it asked for.
      const slot = slots[letIn * 7];
      await page.goto(`/book?pitch=${slot.pitch}&start=${encodeURIComponent(slot.start)}&end=${encodeURIComponent(slot.end)}`);
      const answer = page.waitForResponse((response) => response.request().method() === "POST" && response.url().endsWith("/book"));
      // As for who has no script: the form goes, and a page comes.
      await page.evaluate(() => {
        const form = document.querySelector("form.pay");
        form.insertAdjacentHTML("beforeend", '<input type="hidden" name="deed" value="hold">');
        form.submit();
      });
      return answer;
    });
    await stop();
    await page.getByRole("heading", { name: lang === "en" ? "Busy" : "繁忙" }).waitFor();
    await check(page, "busy", lang, TOLD[503][lang]);
    assert.equal((await ask("GET", "/v1/bookings", undefined, token, at)).items.length, letIn);
    await done();
  });
}

test("our own fault is told in both languages, with its number and without what broke", async () => {
  const tokens = [await resident(), await resident()];
  truncateSync(join(dir, "keys/residents.keys"), 0);
  for (const [number, lang] of ["en", "zh-Hans"].entries()) {
    const { page, done } = await visit(browser, { token: tokens[number], lang, at });
    const answer = await page.goto("/me");
    assert.equal(answer.status(), 500);
    await check(page, "fault", lang, TOLD[500][lang]);
    const told = await page.locator("main").innerText();
    assert.ok(told.includes(answer.headers()["x-request-id"]), told);
    assert.ok(!/keys?\b/i.test(told), told);
    // What needs no name goes on.
    assert.equal((await page.goto("/wallet")).status(), 200);
    await done();
  }
});
