// The waiting room: asks how far the line is, as often as the answer says, and brings the page anew when something has changed for who
// looks at it. Everybody asks for the same small answer; a page of one's own is asked for seldom.

import { run } from "./countdown.js";

/** A page that stands unchanged is brought anew after so long, for the time that is told on it. */
const ANEW_MS = 120_000;
/** Those whose places have just been drawn come for them within a time that grows with their number. */
const DRAWN_EACH_MS = 0.03;

const said = new Set();
let shown = document.querySelector("[data-room]");
let fresh = Date.now();

if (shown?.dataset.board) later(1);

function later(seconds) {
  setTimeout(look, seconds * 1000);
}

async function look() {
  const { board: address, room, place } = shown.dataset;
  let again = 5 + Math.random() * 5;
  try {
    const answer = await fetch(address);
    again = Number(answer.headers.get("retry-after")) || again;
    if (answer.ok) {
      const board = await answer.json();
      const own = Number(place);
      if (room === "gathering" && board.seed !== null) {
        await new Promise((done) => setTimeout(done, Math.random() * board.waiting * DRAWN_EACH_MS));
        await anew();
      } else if (own > 0 && board.now_serving >= own) {
        await anew();
      } else if (room !== "gathering" && (room === "sold_out") !== (board.state === "sold_out")) {
        await anew();
      } else if (Date.now() - fresh > ANEW_MS && !document.hidden) {
        await anew();
      } else if (own > 0) {
        tell(own, board);
      }
    }
  } catch {
    // The line is lost: the place is kept, and in a moment it is asked again.
  }
  if (shown.dataset.board) later(again);
}

function tell(own, board) {
  const written = new Intl.NumberFormat("en");
  const put = (where, number) => {
    const at = shown.querySelector(where);
    if (at) at.textContent = written.format(number);
  };
  put(".serving", board.now_serving);
  // Some of them may have left: that many at most.
  const before = Math.min(own - board.now_serving - 1, board.waiting - 1);
  const told = Number((shown.querySelector(".before")?.textContent ?? "").replaceAll(",", ""));
  if (before >= 0 && (before < told || Number.isNaN(told))) put(".before", before);
}

/** Brings the page anew. Its heading is announced once, when it has become another. */
async function anew() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.querySelector("[data-room]");
  if (!next) return;
  fresh = Date.now();
  const before = document.title;
  shown.replaceWith(next);
  shown = next;
  document.title = page.title;
  shown.querySelectorAll("[data-countdown]").forEach(run);
  if (document.title !== before && !said.has(document.title)) {
    said.add(document.title);
    document.getElementById("notice").textContent = shown.querySelector("h1").textContent;
  }
}
