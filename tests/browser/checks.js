// What a machine can judge of any page. Each answers what it finds, in words, so that a test shows all of it at once; `planted.test.js`
// shows each of them a page with the fault that it is for.

import { axe } from "./tools.js";

const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What axe finds against WCAG 2.2 AA: by all of its rules, or by those that are named. */
export async function barriers(page, rules) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const { violations } = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), rules ?? WCAG);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
}

/** What makes the page wider than its window. */
export function sideways(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - innerWidth;
    return wide > 0 ? [`${wide} px too wide at ${innerWidth} px`] : [];
  });
}

/** What is too small for a finger. A link in running text is as high as its line, and a cell or a label is the
 * whole target. */
export function smallTargets(page) {
  return page.evaluate(() => {
    const found = [];
    const open = document.querySelector("dialog[open]") ?? document.body;
    for (const target of open.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")) {
      if (!target.checkVisibility({ visibilityProperty: true }) || target.matches(".skip")) continue;
      if (getComputedStyle(target).display === "inline" && target.matches("p a, li a, dd a")) continue;
      const { width, height } = (target.closest("td, label") ?? target).getBoundingClientRect();
      if (width < 43.9 || height < 43.9) found.push(`${Math.round(width)}x${Math.round(height)}: ${target.outerHTML.slice(0, 120)}`);
    }
    return found;
  });
}

/** What Tab leads to that can't be seen then: outside of the window, or under a bar. */
export async function unseenFocus(page, steps = 40) {
  const found = [];
  for (let step = 0; step < steps; step += 1) {
    await page.keyboard.press("Tab");
    const unseen = await page.evaluate(async () => {
      // What Tab scrolls to is there with the next frames.
      for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
      const here = document.activeElement;
      if (!here || here === document.body) return null;
      const box = here.getBoundingClientRect();
      // Of what is larger than the window its beginning counts.
      const [x, y] = [box.left + Math.min(box.width, innerWidth) / 2, box.top + Math.min(box.height, 44) / 2];
      const seen = document.elementFromPoint(x, y);
      return seen && (here.contains(seen) || seen.contains(here)) && seen !== document.documentElement && seen !== document.body
        ? null : `${Math.round(x)},${Math.round(y)}: ${here.outerHTML.slice(0, 120)}`;
    });
    if (unseen) found.push(unseen);
  }
  return found;
}

/** What moved by itself since the page came. */
export const moved = (page) => page.evaluate(() => window.moved);

/** How many bytes came over the line for what a page shows, headers and all. */
export async function bytes(context, path) {
  const page = await context.newPage();
  const line = await context.newCDPSession(page);
  await line.send("Network.enable");
  let sum = 0;
  line.on("Network.loadingFinished", ({ encodedDataLength }) => (sum += encodedDataLength));
  await page.goto(path, { waitUntil: "load" });
  await page.waitForTimeout(300);
  await page.close();
  return sum;
}
