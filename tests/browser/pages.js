// Every page there is, and who looks at it. A page that is added gets a line here, and with it every check of `barriers.js` and
// its pictures; `layout.test.js` fails while a route of `src/web` has none. `as` is "anyone", "resident", "manager" or "operator".
// What a line's address needs beforehand is made by `stage`.

import { booked, day, free, freeAt, ownVenue, queued, resident, sheet, sold, staff, ask, venueDay } from "./city.js";

/** A page of the manager's own venue. */
const own = (name, rest, path = () => rest) => ({
  name: `manage-${name}`,
  route: `/manage/{venue}${rest}`,
  path: (stage) => `/manage/${ownVenue()}${path(stage)}`,
  as: "manager",
});

export const PAGES = [
  { name: "home", route: "/", path: () => "/", as: "resident" },
  { name: "home-stranger", route: "/", path: () => "/", as: "anyone" },
  { name: "find", route: "/find", path: () => `/find?sport=badminton&date=${day(1)}`, as: "resident" },
  { name: "find-nothing", route: "/find", path: () => `/find?sport=badminton&date=${day(1)}&q=zzzzzz`, as: "resident" },
  // A name whose longest word is wider than a narrow phone, where the text is large.
  { name: "find-long-name", route: "/find", path: () => `/find?sport=badminton&date=${day(1)}&q=Zhangkengjing`, as: "anyone" },
  { name: "venue", route: "/venues/{venue}", path: (stage) => venueDay(stage.slot, stage.ahead), as: "resident" },
  { name: "venue-all", route: "/venues/{venue}", path: (stage) => `${venueDay(stage.slot, stage.ahead)}&view=all`, as: "resident" },
  { name: "venue-unreleased", route: "/venues/{venue}", path: (stage) => stage.unreleased, as: "resident" },
  { name: "venue-sheet", route: "/book", path: (stage) => `${venueDay(stage.slot, stage.ahead)}&view=all`, as: "resident", opens: "td a[data-sheet]" },
  { name: "book", route: "/book", path: (stage) => sheet(stage.slot), as: "resident" },
  { name: "book-stranger", route: "/book", path: (stage) => sheet(stage.slot), as: "anyone" },
  { name: "book-gone", route: "/book", path: (stage) => sheet(stage.gone), as: "resident" },
  { name: "bookings", route: "/bookings", path: () => "/bookings", as: "resident" },
  { name: "booking", route: "/bookings/{id}", path: (stage) => `/bookings/${stage.booking}`, as: "resident" },
  { name: "booking-held", route: "/bookings/{id}", path: (stage) => `/bookings/${stage.held}`, as: "resident" },
  { name: "ticket", route: "/bookings/{id}/ticket", path: (stage) => `/bookings/${stage.booking}/ticket`, as: "resident" },
  { name: "releases", route: "/releases", path: () => "/releases", as: "anyone" },
  { name: "release", route: "/releases/{release}", path: () => "/releases/sports-centres", as: "anyone" },
  { name: "report", route: "/releases/{release}/report", path: () => "/releases/sports-centres/report", as: "anyone" },
  { name: "entry", route: "/releases/{release}/entry", path: (stage) => `/releases/${stage.draw}/entry`, as: "resident" },
  { name: "queue", route: "/releases/{release}/queue", path: (stage) => `/releases/${stage.gathering}/queue`, as: "resident" },
  { name: "queue-stranger", route: "/releases/{release}/queue", path: (stage) => `/releases/${stage.gathering}/queue`, as: "anyone" },
  { name: "queue-turn", route: "/releases/{release}/queue", path: (stage) => `/releases/${stage.turn}/queue`, as: "resident" },
  { name: "queue-release", route: "/releases/{release}", path: (stage) => `/releases/${stage.gathering}`, as: "resident" },
  { name: "wallet", route: "/wallet", path: () => "/wallet", as: "resident" },
  { name: "me", route: "/me", path: () => "/me", as: "resident" },
  { name: "me-companions", route: "/me", path: () => "/me#companions", as: "resident", opens: "#companions ~ details summary", waits: "#companions ~ details[open] form" },
  { name: "delete", route: "/me/delete", path: () => "/me/delete", as: "resident" },
  { name: "delete-staff", route: "/me/delete", path: () => "/me/delete", as: "manager" },
  { name: "deleted", route: "/me/deleted", path: () => "/me/deleted", as: "anyone" },
  { name: "sign-in", route: "/sign-in", path: () => "/sign-in", as: "anyone" },
  { name: "sign-up", route: "/sign-up", path: () => "/sign-up", as: "anyone" },
  { name: "offline", route: "/offline", path: () => "/offline", as: "anyone" },
  own("today", ""),
  own("calendar", "/calendar", (stage) => `/calendar?date=${day(stage.ahead)}`),
  own("sell", "/sell", ({ forSale }) => sheet(forSale).replace("/book", "/sell")),
  own("bookings", "/bookings", (stage) => `/bookings?date=${day(stage.ahead)}`),
  own("booking", "/bookings/{id}", (stage) => `/bookings/${stage.sold.id}`),
  own("move", "/bookings/{id}/move", ({ sold, forSale }) => sheet(forSale).replace("/book", `/bookings/${sold.id}/move`)),
  own("gate", "/gate"),
  own("closures", "/closures"),
  own("releases", "/releases"),
  own("new-release", "/releases/new"),
  own("new-draw", "/releases/new", () => "/releases/new?mode=lottery"),
  own("new-queue", "/releases/new", () => "/releases/new?mode=queue"),
  own("release-draw", "/releases/{release}", (stage) => `/releases/${stage.draw}`),
  own("release-due", "/releases/{release}", (stage) => `/releases/${stage.due}`),
  own("release-queue", "/releases/{release}", (stage) => `/releases/${stage.ownQueue}`),
  own("pitches", "/pitches"),
  own("new-pitch", "/pitches/new"),
  own("new-pitch-parts", "/pitches/new", () => "/pitches/new?kind=divisible"),
  own("new-pitch-places", "/pitches/new", () => "/pitches/new?kind=session"),
  own("new-pitch-instead", "/pitches/new", (stage) => `/pitches/new?kind=divisible&instead_of=${stage.sold.pitch}`),
  own("pitch", "/pitches/{pitch}", (stage) => `/pitches/${stage.sold.pitch}`),
  own("stats", "/stats"),
  own("staff", "/staff"),
  own("audit", "/audit"),
  own("audit-filtered", "/audit", () => "/audit?what=counter_booked"),
  { name: "operator", route: "/operator", path: () => "/operator", as: "operator" },
  { name: "operator-venues", route: "/operator/venues", path: () => "/operator/venues", as: "operator" },
  { name: "operator-new-venue", route: "/operator/venues/new", path: () => "/operator/venues/new", as: "operator" },
  { name: "operator-venue", route: "/operator/venues/{venue}", path: () => "/operator/venues/sz-0001", as: "operator" },
  { name: "operator-districts", route: "/operator/districts", path: () => "/operator/districts", as: "operator" },
  { name: "operator-district", route: "/operator/districts/{district}", path: () => "/operator/districts/nanshan", as: "operator" },
  { name: "operator-sports", route: "/operator/sports", path: () => "/operator/sports", as: "operator" },
  { name: "operator-sport", route: "/operator/sports/{sport}", path: () => "/operator/sports/badminton", as: "operator" },
  { name: "operator-holidays", route: "/operator/holidays", path: () => "/operator/holidays", as: "operator" },
  { name: "operator-staff", route: "/operator/staff", path: () => "/operator/staff", as: "operator" },
  { name: "operator-new-staff", route: "/operator/staff/new", path: () => "/operator/staff/new", as: "operator" },
  { name: "operator-member", route: "/operator/staff/{id}", path: (stage) => `/operator/staff/${stage.member}`, as: "operator" },
  { name: "operator-audit", route: "/operator/audit", path: () => "/operator/audit", as: "operator" },
  { name: "operator-audit-filtered", route: "/operator/audit", path: () => `/operator/audit?venue=${ownVenue()}&what=counter_booked`, as: "operator" },
  { name: "problem-busy", route: "", path: () => "/problems/overloaded", as: "resident" },
  { name: "problem-fault", route: "", path: () => "/problems/internal", as: "anyone" },
  { name: "not-there", route: "", path: () => "/nothing-is-here", as: "anyone" },
];

/** Addresses that answer a browser, but with no page to look at. */
export const NO_PAGES = ["/sw.js", "/manage", "/me/data"];

/** A release of a pitch of the manager's that is drawn by lot, with its window open. */
async function drawn(pitch, date, token, [opens, closes, draws] = [-1, 5, 6]) {
  const after = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const lottery = { opens_at: after(opens), closes_at: after(closes), draw_at: after(draws), pay_by: after(20), beacon: "the numbers of the evening" };
  const release = {
    name: { "zh-Hans": "周末抽签", en: "Weekend draw" }, pitches: [pitch], first_day: date, last_day: date,
    once: { at: after(24) }, mode: "lottery", lottery,
  };
  return (await ask("POST", "/v1/manage/releases", release, token)).id;
}

/** What the pages are looked at with: people, a booking, a hold, a slot that is free and one that is gone. */
export async function stage(ahead) {
  const slots = await free(ahead);
  const token = await resident(1_000_00);
  const companions = [{ name: "王小明", birth_year: 2015 }, { name: "Alexandra Featherstonehaugh" }];
  const added = [];
  for (const one of companions) added.push((await ask("POST", "/v1/residents/me/companions", one, token)).id);
  const booking = await booked(slots[1], token, added);
  const order = { pitch: slots[2].pitch, start: slots[2].start, end: slots[2].end, party_size: 1 };
  const held = await ask("POST", "/v1/holds", order, token);
  await booked(slots[3], await resident(1_000_00));
  const who = { anyone: undefined, resident: token, manager: await staff("manager"), operator: await staff("operator") };
  const unreleased = `/venues/sz-0001?date=${day(7)}&view=all`;
  const [first, forSale] = await freeAt(ownVenue(), ahead);
  // Its window is open since an hour, which may have been yesterday: a week from there is open.
  const draw = await drawn(first.pitch, day(3 + ahead), who.manager);
  // Its window is over, its list is settled, and it waits for the public value.
  const due = await drawn(first.pitch, day(3 + ahead), who.manager, [-3, -2, -1]);
  while (!(await ask("GET", `/v1/releases/${due}/draw`)).sealed) await new Promise((done) => setTimeout(done, 100));
  const queue = {
    name: { "zh-Hans": "晚间排队", en: "Evening queue" }, pitches: [first.pitch], first_day: day(3 + ahead), last_day: day(3 + ahead),
    once: { at: new Date(Date.now() + 3_600_000).toISOString() }, mode: "queue", limit_per_resident: 1,
  };
  const { id: ownQueue } = await ask("POST", "/v1/manage/releases", queue, who.manager);
  const gathering = await queued(3600, 10, [token], who.operator);
  const turn = await queued(-1, 10, [token], who.operator);
  const atCounter = await sold(ownVenue(), first, who.manager);
  const [{ id: member }] = (await ask("GET", "/v1/operator/staff?limit=1", undefined, who.operator)).items;
  return { ahead, who, member, sold: atCounter, forSale, due, ownQueue, slot: slots[0], booking: booking.id, held: held.id, gone: slots[3], unreleased, draw, gathering, turn };
}

/** Opens a line of the table, with what stands open on it. */
export async function show(page, line, stage) {
  await page.goto(line.path(stage), { waitUntil: "load" });
  if (!line.opens) return;
  await page.locator(line.opens).first().click();
  await page.locator(line.waits ?? "dialog[open] form.pay button").first().waitFor();
}
