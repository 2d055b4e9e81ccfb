// The calendar under the hands of who runs a venue: cells are marked and bookings moved, by a mouse that drags and by the keys.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, PHONE, launch, visit } from "./browser.js";
import { ask, day, newPitch, ownVenue, sold, staff } from "./city.js";

const AHEAD = 5;
const SPORT = "table-tennis";

let browser, manager, pitches;

before(async () => {
  browser = await launch();
  manager = await staff("manager");
  pitches = [await newPitch(ownVenue(), manager, "North", SPORT, 60, 10_00), await newPitch(ownVenue(), manager, "South", SPORT, 60, 15_00)];
});
after(() => browser.close());

const at = (hour) => `${day(AHEAD)}T${String(hour).padStart(2, "0")}:00:00+08:00`;
const bookedAt = (hour, hours) => sold(ownVenue(), { pitch: pitches[0], start: at(hour), end: at(hour + hours) }, manager);

/** The calendar, and the cell of a pitch at an hour. */
async function calendar(viewport = DESKTOP) {
  const { page, done } = await visit(browser, { token: manager, viewport });
  await page.goto(`/manage/${ownVenue()}/calendar?date=${day(AHEAD)}&sport=${SPORT}`);
  await page.locator("[data-drag-hint]:not([hidden])").waitFor({ state: "attached" });
  const column = async (pitch) => page.locator(`thead th[data-pitch="${pitch}"]`).evaluate((head) => head.cellIndex);
  const columns = [await column(pitches[0]), await column(pitches[1])];
  const cell = (pitch, hour) => page.locator(`tr[data-start="${at(hour)}"] > :nth-child(${columns[pitch] + 1})`);
  return { page, done, cell };
}

/** Presses on one cell, goes over others, and lets go on the last. */
async function drag(page, ...cells) {
  // All of them are in the window, or the mouse would miss what scrolls.
  await cells[0].evaluate((cell) => cell.scrollIntoView({ block: "center" }));
  for (const [at, cell] of cells.entries()) {
    const { x, y, width, height } = await cell.boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2, { steps: 4 });
    if (at === 0) await page.mouse.down();
  }
  await page.mouse.up();
}

test("cells that are marked with the mouse are sold together, or closed with what is booked among them", async () => {
  await bookedAt(12, 1);
  const { page, done, cell } = await calendar();
  const bar = page.locator("[data-marks]");
  await drag(page, cell(0, 9), cell(0, 10));
  assert.equal(await page.locator("td.marked").count(), 2);
  assert.match(await bar.innerText(), /North, 09:00–11:00/);
  await bar.getByRole("button").click();
  assert.ok(!(await bar.isVisible()));
  assert.equal(await page.locator("td.marked").count(), 0);

  // From the last to the first is the same, and a drag is no tap on a cell.
  await drag(page, cell(0, 10), cell(0, 9));
  assert.match(await bar.innerText(), /North, 09:00–11:00/);
  await bar.getByRole("link", { name: "Sell" }).click();
  await page.waitForURL(/\/sell\?/);
  assert.match(await page.locator("main").innerText(), /09:00–11:00/);
  await page.getByLabel("Phone").fill("13800009911");
  await page.locator("form.stack button").click();
  await page.waitForURL(/done=sold/);

  await page.goBack();
  await page.goBack();
  await page.locator("[data-drag-hint]:not([hidden])").waitFor();
  await drag(page, cell(0, 11), cell(0, 13));
  assert.match(await bar.innerText(), /North, 11:00–14:00/);
  assert.ok(!(await bar.getByRole("link", { name: "Sell" }).isVisible()), "somebody has one of them");
  await bar.getByRole("link", { name: "Close…" }).click();
  await page.waitForURL(/\/closures\?/);
  const chosen = await page.locator("form.stack select").evaluateAll((selects) => selects.map((select) => select.value));
  assert.deepEqual(chosen, [pitches[0], "11:00", "14:00"]);
  assert.equal(await page.locator("input[name=from]").inputValue(), day(AHEAD));
  await page.locator("form.stack button").click();
  assert.match(await page.locator("main").innerText(), /1 booking, 1 person/);
  await done();
});

test("a booking that is dragged elsewhere tells the difference first, and is moved when that is tapped", async () => {
  const { id } = await bookedAt(15, 2);
  await bookedAt(18, 1);
  const { page, done, cell } = await calendar();
  await drag(page, cell(0, 15), cell(0, 18));
  assert.ok(page.url().includes("/calendar?"), "where somebody else is, nothing is moved");
  assert.equal(await page.locator("td.marked").count(), 0);
  await drag(page, cell(0, 15), cell(0, 19), cell(1, 15));
  await page.waitForURL(/\/move\?/);
  const told = await page.locator("main").innerText();
  assert.match(told, /15:00–17:00[^]*¥20[^]*South[^]*15:00–17:00[^]*¥30/);
  assert.match(told, /¥10/, "the difference");
  const place = async () => (await ask("GET", `/v1/manage/venues/${ownVenue()}/bookings?date=${day(AHEAD)}`, undefined, manager))
    .items.find((booking) => booking.id === id);
  assert.equal((await place()).pitch, pitches[0], "nothing is moved yet");
  await page.locator("button[value=kept]").click();
  await page.waitForURL(/done=moved/);
  assert.equal((await place()).pitch, pitches[1]);
  await done();
});

test("by the keys: Space begins, arrows extend, Enter opens, Esc leaves", async () => {
  await bookedAt(21, 1);
  const { page, done, cell } = await calendar();
  const bar = page.locator("[data-marks]");
  const notice = () => page.locator("#notice").innerText();
  await cell(0, 19).locator("a").focus();
  await page.keyboard.press("Space");
  assert.match(await notice(), /Enter opens/);
  await page.keyboard.press("ArrowDown");
  assert.match(await notice(), /North, 19:00–21:00/);
  await page.keyboard.press("ArrowUp");
  assert.match(await notice(), /North, 19:00–20:00/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.match(await bar.innerText(), /North, 19:00–21:00/);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Sell");
  await page.keyboard.press("Escape");
  assert.ok(!(await bar.isVisible()));
  assert.ok(await cell(0, 19).locator("a").evaluate((link) => link === document.activeElement), "back at the cell");

  await cell(0, 21).locator("a").focus();
  await page.keyboard.press("Space");
  assert.match(await notice(), /Taken up/);
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.locator("td.marked").count(), 1);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("td.marked").count(), 0);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/move\?/);
  assert.match(await page.locator("main").innerText(), /21:00–22:00[^]*20:00–21:00/);
  await done();
});

test("marks span pitches, by the mouse and by the keys, and are closed together", async () => {
  const { page, done, cell } = await calendar();
  const bar = page.locator("[data-marks]");
  await drag(page, cell(1, 8), cell(0, 9));
  assert.equal(await page.locator("td.marked").count(), 4);
  assert.match(await bar.innerText(), /North and South, 08:00–10:00/);
  assert.ok(!(await bar.getByRole("link", { name: "Sell" }).isVisible()), "a counter sells one pitch at a time");
  await bar.getByRole("button").click();
  assert.equal(await page.locator("td.marked").count(), 0);

  await cell(0, 8).locator("a").focus();
  for (const key of ["Space", "ArrowRight", "ArrowDown"]) await page.keyboard.press(key);
  assert.equal(await page.locator("td.marked").count(), 4);
  assert.match(await page.locator("#notice").innerText(), /North and South, 08:00–10:00/);
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.locator("td.marked").count(), 2);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await bar.getByRole("link", { name: "Close…" }).click();
  await page.waitForURL(/\/closures\?/);
  const chosen = page.locator("select[name=pitch]");
  assert.equal(await chosen.inputValue(), pitches.join(","));
  assert.equal(await chosen.locator("option:checked").innerText(), "North, South");
  await page.locator("form.stack button").click();
  const told = await page.locator("main").innerText();
  assert.match(told, /North, South[^]*08:00–10:00/);
  await page.locator("main form button").first().click();
  await page.waitForURL(/\/closures$/);
  const days = await Promise.all(pitches.map((pitch) => ask("GET", `/v1/pitches/${pitch}/slots?date=${day(AHEAD)}`)));
  for (const { slots } of days) {
    const states = slots.filter(({ start }) => [at(8), at(9)].includes(start)).map(({ status }) => status);
    assert.deepEqual(states, ["closed", "closed"]);
  }
  await done();
});

/** A finger that goes down on a cell, rests there or not, goes over others and leaves the last. */
async function finger(page, rests, ...cells) {
  await cells[0].evaluate(async (cell) => {
    // What a finger has set going rolls on for a while.
    for (let still = 0, before; still < 10; before = scrollY) {
      await new Promise(requestAnimationFrame);
      still = before === scrollY ? still + 1 : 0;
    }
    cell.scrollIntoView({ block: "center", inline: "center" });
  });
  const touch = await page.context().newCDPSession(page);
  const points = [];
  for (const cell of cells) {
    const { x, y, width, height } = await cell.boundingBox();
    points.push({ x: Math.round(x + width / 2), y: Math.round(y + height / 2) });
  }
  const send = (type, touchPoints) => touch.send("Input.dispatchTouchEvent", { type, touchPoints });
  await send("touchStart", [points[0]]);
  if (rests) await page.waitForFunction(() => document.documentElement.classList.contains("dragging"));
  let here = points[0];
  for (const next of points.slice(1)) {
    for (let step = 1; step <= 5; step += 1) {
      await send("touchMove", [{ x: here.x + ((next.x - here.x) * step) / 5, y: here.y + ((next.y - here.y) * step) / 5 }]);
    }
    here = next;
  }
  await send("touchEnd", []);
  await touch.detach();
}

test("a finger that rests on a cell marks, and moves a booking; one that doesn't rest scrolls", async () => {
  const { id } = await bookedAt(20, 1);
  const { page, done, cell } = await calendar(PHONE);
  const bar = page.locator("[data-marks]");
  await cell(0, 16).evaluate((one) => one.scrollIntoView({ block: "center", inline: "center" }));
  const before = await page.evaluate(() => scrollY);
  await finger(page, false, cell(0, 16), cell(0, 14));
  await page.waitForFunction((was) => scrollY !== was, before);
  assert.equal(await page.locator("td.marked").count(), 0, "it scrolled, and marked nothing");
  assert.ok(!(await bar.isVisible()));

  await finger(page, true, cell(0, 16), cell(0, 17), cell(1, 17));
  await bar.waitFor();
  assert.equal(await page.locator("td.marked").count(), 4);
  assert.match(await bar.innerText(), /North and South, 16:00–18:00/);
  assert.ok(page.url().includes("/calendar?"), "the finger's end is no tap on a link");
  await bar.getByRole("button").tap();

  await finger(page, true, cell(0, 20), cell(1, 20));
  await page.waitForURL(/\/move\?/);
  assert.match(page.url(), new RegExp(`/bookings/${id}/move`));
  await done();
});

test("a finger taps cells as before", async () => {
  const { page, done, cell } = await calendar(PHONE);
  await cell(0, 7).locator("a").tap();
  await page.waitForURL(/\/sell\?/);
  await done();
});
