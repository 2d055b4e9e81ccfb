// What is not of this project: the driver of the browser and the judge of accessibility, from where `npm ci` has put them.

import { createRequire } from "node:module";

const installed = createRequire(process.env.KAICHANG_BROWSER_TOOLS + "/");

export const { chromium } = installed("playwright-core");
export const axe = installed("axe-core").source;
