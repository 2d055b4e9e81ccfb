// A browser of the machine's own, without a past and without talk to its maker. Every context listens for what its pages do
// against their policy and for scripts that break: a test ends with `done`, which fails on any.

import assert from "node:assert/strict";

import { address } from "./city.js";
import { chromium } from "./tools.js";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 800 };

/** The driver gives each launch a folder of its own for what a browser keeps. */
export const launch = (...flags) => chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: [...FLAGS, ...flags] });

/** Written into every page before anything of its own: what the policy forbade, and what moved without a tap. */
function listen() {
  addEventListener("securitypolicyviolation", (event) =>
    console.error(`Content Security Policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
  window.moved = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}

/** A window on the city, or on another one: who looks (the token of a session, or nobody), in which language, on what. */
export async function visit(browser, { token, lang = "en", viewport = PHONE, at = address, ...options } = {}) {
  const isPhone = viewport.width < 600;
  const context = await browser.newContext({ baseURL: at, viewport, hasTouch: isPhone, ...options });
  await context.addCookies([{ name: "lang", value: lang, url: at }]);
  if (token) {
    // A browser takes such a cookie from this very machine also over plain http, but its driver can't give it so.
    const url = at.replace("http:", "https:");
    await context.addCookies([{ name: "__Host-session", value: token, url, secure: true, httpOnly: true }]);
  }
  await context.addInitScript(listen);
  const page = await context.newPage();
  page.setDefaultTimeout(5_000);
  const wrong = [];
  const hear = (page) => {
    page.on("console", (message) => /Content Security Policy/.test(message.text()) && wrong.push(`${page.url()}: ${message.text()}`));
    page.on("pageerror", (error) => wrong.push(`${page.url()}: ${error}`));
  };
  hear(page);
  context.on("page", hear);
  /** Nothing was done against the policy, and no script broke. */
  const done = async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  };
  return { context, page, wrong, done };
}
