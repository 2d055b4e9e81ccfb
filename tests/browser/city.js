// The city that is looked at: its address, who its people are, and what is free in it. What a test needs before it begins is asked
// of the API; what it is about, it does in a browser.

import { readFileSync } from "node:fs";

export const address = process.env.KAICHANG_BROWSER_ADDRESS;
const accounts = JSON.parse(readFileSync(process.env.KAICHANG_BROWSER_ACCOUNTS, "utf8"));
export const password = "correct horse battery";

let people = 0;

/** A phone number that no other test of this run has. */
export function phone() {
  people += 1;
  return `+86139${String(process.pid % 10_000).padStart(4, "0")}${String(people).padStart(4, "0")}`;
}

export async function ask(method, path, body, token, at = address) {
  const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(at + path, { method, headers, body: body && JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(told)}`);
  return told;
}

/** Somebody who signed up just now, with so much in the wallet. */
export async function resident(cents = 0) {
  const { token } = await ask("POST", "/v1/residents", { phone: phone(), password, name: "林小雨" });
  if (cents) await ask("POST", "/v1/wallet/top-ups", { amount: cents, provider: "sandbox" }, token);
  return token;
}

const first = (role) => accounts.find((account) => account.role === role);

/** The venue that the first manager of the demo city manages. */
export const ownVenue = () => first("manager").venue;

/** The session of the first account with this role that the demo city has. */
export async function staff(role) {
  const account = first(role);
  return (await ask("POST", "/v1/logins", { phone: account.phone, password: account.password })).token;
}

/** The date so many days from today, where the city is. */
export function day(ahead) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(Date.now() + ahead * 86_400_000);
}

/** Badminton in the evening of that day: the first such slots that are free, each at another venue. */
export async function free(ahead) {
  const { items } = await ask("GET", `/v1/availability?sport=badminton&from=18:00&date=${day(ahead)}&limit=100`);
  return items.filter((slot, at) => at === items.findIndex((other) => other.venue === slot.venue));
}

export const sheet = (slot) =>
  `/book?pitch=${slot.pitch}&start=${encodeURIComponent(slot.start)}&end=${encodeURIComponent(slot.end)}`;

export const venueDay = (slot, ahead) => `/venues/${slot.venue}?sport=badminton&date=${day(ahead)}`;

export const booked = (slot, token, companions = []) =>
  ask("POST", "/v1/bookings", { pitch: slot.pitch, start: slot.start, end: slot.end, party_size: 1 + companions.length, companions, pay_with: "wallet" }, token);

/** What is free at a venue on that day. */
export async function freeAt(venue, ahead) {
  const { pitches } = await ask("GET", `/v1/venues/${venue}`);
  const days = pitches.map(async ({ id: pitch }) => {
    const { slots } = await ask("GET", `/v1/pitches/${pitch}/slots?date=${day(ahead)}`);
    return slots.filter((slot) => slot.status === "free").map((slot) => ({ ...slot, pitch }));
  });
  return (await Promise.all(days)).flat();
}

/** A slot sold at its venue's counter, to somebody new. */
export const sold = (venue, { pitch, start, end }, token) =>
  ask("POST", `/v1/manage/venues/${venue}/bookings`, { pitch, start, end, phone: phone(), name: "陈大文" }, token);

const ALWAYS = { days: ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"], from: "00:00", to: "24:00" };

/** A new pitch of this venue that is open day and night. */
export async function newPitch(venue, manager, name, sport, slot_minutes, price) {
  const pitch = {
    name: { "zh-Hans": name, en: name }, sport, kind: "exclusive", slot_minutes, max_slots: 3, party_size_max: 4,
    hours: [ALWAYS], prices: [{ ...ALWAYS, price }], cancellation: [],
  };
  return (await ask("POST", `/v1/manage/venues/${venue}/pitches`, pitch, manager)).id;
}

/** A booking that lets in now, at a pitch in slots of half an hour. */
export async function bookedNow(venue, manager, token, companions = []) {
  const id = await newPitch(venue, manager, "Night and day", "badminton", 30, 10_00);
  const days = await Promise.all([0, 1].map((ahead) => ask("GET", `/v1/pitches/${id}/slots?date=${day(ahead)}`)));
  // The first may begin while it is booked; the second lets in by then as well.
  const [slot, next] = days.flatMap(({ slots }) => slots).filter(({ status }) => status === "free").map((slot) => ({ ...slot, pitch: id }));
  return booked(slot, token, companions).catch(() => booked(next, token, companions));
}

/** A release that one queues for and that opens in so many seconds, with so many at once; these are in the queue. Where it has opened, their
 * turn has come. It is of a pitch where nothing else is tried. */
export async function queued(opensIn, atOnce, tokens, operator, terms = {}) {
  const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
  const { items } = await ask("GET", `/v1/availability?sport=tennis&date=${day(6)}&limit=500`);
  const pitches = [...new Set(items.map((slot) => slot.pitch))];
  people += 1;
  const release = {
    name: { "zh-Hans": "周末抢票", en: "Weekend rush" }, pitches: [pitches.at(-1 - (people % pitches.length))], first_day: day(6), last_day: day(6),
    once: { at: at(opensIn) }, mode: "queue", limit_per_resident: 1, queue: { join_from: at(opensIn - 3600), at_once: atOnce, minutes_to_act: 60, ...terms },
  };
  const { id } = await ask("POST", "/v1/manage/releases", release, operator);
  for (const token of tokens) await ask("POST", `/v1/releases/${id}/queue`, {}, token);
  for (const token of opensIn < 0 ? tokens : []) {
    while ((await ask("GET", `/v1/releases/${id}/queue/me`, undefined, token)).state !== "admitted") {
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  return id;
}
