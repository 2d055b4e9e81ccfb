// Cells of the calendar are marked, over hours and over pitches, or a booking is moved: by a mouse that drags, by a finger that rests on
// a cell before it moves, or by the keys, where Space begins, arrows extend, Enter opens and Esc leaves. Cells stay the links that they
// are without this; a finger that doesn't rest scrolls and taps.

/** How long a finger rests until it marks, and how far it may tremble meanwhile. */
const REST_MS = 450;
const TREMBLE = 10;
/** So near to an edge the table is scrolled on, by so much with each movement. */
const EDGE = 36;
const CREEP = 14;

const table = document.querySelector("table[data-drag]");
if (table) watch(table);

function watch(table) {
  const bar = document.querySelector("[data-marks]");
  const notice = document.getElementById("notice");
  const region = table.closest(".table");
  const names = new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" });
  // What is being done: `{ first, corner, cells, heads }` where cells are marked from the first to a corner: those of the first's pitch, and
  // the heads of all pitches; `{ from, cells }` where a booking is on its way.
  let deed = null;

  const cellOf = (target) => target?.closest?.("tbody td[data-minutes]");
  const isFree = (cell) => cell.dataset.state === "free" || cell.dataset.state === "unreleased";
  const start = (cell) => Date.parse(cell.parentElement.dataset.start);
  const end = (cell) => start(cell) + cell.dataset.minutes * 60_000;
  const pitch = (cell) => table.tHead.rows[0].cells[cell.cellIndex];
  const column = (cell) => [...table.tBodies[0].rows].map((row) => row.cells[cell.cellIndex]).filter(cellOf);
  const follows = (cell, before) => !before || start(cell) === end(before);

  /** A moment as the city writes it: with the offset that its rows have. */
  function written(ms, cell) {
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(cell.parentElement.dataset.start) ?? [, "+", "00", "00"];
    const offset = (sign === "-" ? -1 : 1) * (hours * 60 + +minutes) * 60_000;
    return `${new Date(ms + offset).toISOString().slice(0, 19)}${sign}${hours}:${minutes}`;
  }

  const clock = (ms, cell) => written(ms, cell).slice(11, 16);

  function span({ cells, heads }) {
    const [first, last] = [cells[0], cells.at(-1)];
    const midnight = clock(end(last), last) === "00:00" ? "24:00" : clock(end(last), last);
    const name = names.format(heads.map((head) => head.textContent.trim()));
    return { pitch: heads.map((head) => head.dataset.pitch).join(","), name, from: clock(start(first), first), to: midnight };
  }

  function show(cells) {
    for (const cell of table.querySelectorAll(".marked")) cell.classList.remove("marked");
    for (const cell of cells) cell.classList.add("marked");
  }

  /** Begins at a cell: a free one is marked, a booking that can be moved is taken up. */
  function begin(cell) {
    bar.hidden = true;
    if (isFree(cell)) deed = { first: cell, corner: cell, cells: [cell], heads: [pitch(cell)] };
    else if (cell.dataset.move) deed = { from: cell, cells: [] };
    else return false;
    return true;
  }

  /** The cells of one pitch from the first to where somebody is now, as far as nothing closed lies between. */
  function marked(first, here) {
    const all = column(first);
    // Another pitch's hours may begin between the first one's.
    const [at, to] = [all.indexOf(first), Math.max(0, all.findLastIndex((cell) => start(cell) <= start(here)))];
    const step = to < at ? -1 : 1;
    const cells = [first];
    for (let next = at + step; next !== to + step; next += step) {
      const [earlier, later] = step > 0 ? [cells.at(-1), all[next]] : [all[next], cells.at(-1)];
      if (all[next].dataset.state === "closed" || !follows(later, earlier)) break;
      cells.push(all[next]);
    }
    return step > 0 ? cells : cells.reverse();
  }

  /** The heads of the pitches from one cell's to another's. */
  function heads(one, other) {
    const [from, to] = [one.cellIndex, other.cellIndex].sort((a, b) => a - b);
    return [...table.tHead.rows[0].cells].slice(from, to + 1);
  }

  /** What lies beside the marked cells on the other pitches, in the same hours. */
  function beside({ cells, heads, first }) {
    const [from, to] = [start(cells[0]), end(cells.at(-1))];
    const inside = (cell) => cell.dataset.state !== "closed" && start(cell) < to && end(cell) > from;
    return heads.filter((head) => head !== pitch(first)).flatMap((head) => column(head).filter(inside));
  }

  /** Where a booking would lie that begins at a cell: cells that are free or its own, or none. */
  function place(from, here) {
    const cells = [];
    for (const cell of column(here).slice(column(here).indexOf(here))) {
      const isOwn = cell.dataset.move === from.dataset.move;
      if (!(isFree(cell) || isOwn) || !follows(cell, cells.at(-1))) return [];
      cells.push(cell);
      const length = end(cell) - start(here);
      if (length >= from.dataset.length * 60_000) return length === from.dataset.length * 60_000 ? cells : [];
    }
    return [];
  }

  function over(cell) {
    if (deed.from) return show((deed.cells = place(deed.from, cell)));
    Object.assign(deed, { corner: cell, cells: marked(deed.first, cell), heads: heads(deed.first, cell) });
    show([...deed.cells, ...beside(deed)]);
  }

  function leave() {
    deed = null;
    bar.hidden = true;
    show([]);
    document.documentElement.classList.remove("dragging");
  }

  const told = (text, { name, from, to }) => text.replace("{0}", name).replace("{1}", `${from}–${to}`);
  const say = (text) => (notice.textContent = text);

  /** Opens what can be done: with marked cells it is offered, a move goes to its page, which tells the difference first. */
  function open() {
    const { first, from, cells } = deed;
    if (from) {
      if (!cells.length) return say(bar.dataset.noPlace);
      const query = new URLSearchParams({
        pitch: pitch(cells[0]).dataset.pitch,
        start: written(start(cells[0]), cells[0]),
        end: written(end(cells.at(-1)), cells.at(-1)),
      });
      leave();
      if (cells[0].dataset.move !== from.dataset.move || cells[0] !== firstOf(from)) location.assign(`${from.dataset.move}?${query}`);
      return;
    }
    const { pitch: code, name, from: begins, to } = span(deed);
    const sell = bar.querySelector("[data-sell]");
    const close = bar.querySelector("[data-close]");
    // A counter sells one pitch at a time.
    sell.hidden = deed.heads.length > 1 || !cells.every(isFree);
    sell.href = `${sell.dataset.sell}?${new URLSearchParams({
      pitch: code, start: written(start(cells[0]), first), end: written(end(cells.at(-1)), first),
    })}`;
    if (close) close.href = `${close.dataset.close}?${new URLSearchParams({ pitch: code, date: table.dataset.date, start: begins, end: to })}`;
    bar.querySelector("[data-marked]").textContent = told(bar.dataset.told, { name, from: begins, to });
    bar.hidden = false;
    bar.querySelector("a:not([hidden]), button").focus();
  }

  /** The first cell of a booking. */
  const firstOf = (from) => column(from).find((cell) => cell.dataset.move === from.dataset.move);

  let pressed = null;
  let isDragging = false;
  // Of a finger that rests: where, and when it will have rested long enough.
  let resting = null;

  /** The cell that is pressed is taken up, if it can be. */
  function takeUp() {
    isDragging = begin(pressed);
    if (!isDragging) return (pressed = null);
    document.documentElement.classList.add("dragging");
    over(pressed);
  }

  function rest(event) {
    const { clientX: x, clientY: y } = event;
    const after = setTimeout(() => {
      resting = null;
      takeUp();
      if (isDragging) navigator.vibrate?.(10);
    }, REST_MS);
    resting = { x, y, after };
  }

  function restNoMore() {
    clearTimeout(resting?.after);
    resting = null;
  }

  /** Near an edge the table goes on, so that what is marked may be larger than a screen. */
  function creep({ clientX: x, clientY: y }) {
    const { left, right } = region.getBoundingClientRect();
    region.scrollBy(x < left + EDGE ? -CREEP : x > right - EDGE ? CREEP : 0, 0);
    scrollBy(0, y < EDGE ? -CREEP : y > innerHeight - EDGE ? CREEP : 0);
  }

  table.addEventListener("dragstart", (event) => event.preventDefault());
  table.addEventListener("pointerdown", (event) => {
    // A second finger zooms.
    if (!event.isPrimary) return restNoMore();
    if (event.button !== 0) return;
    pressed = cellOf(event.target) ?? null;
    if (pressed && event.pointerType === "touch") rest(event);
  });
  document.addEventListener("pointermove", (event) => {
    if (!pressed || !event.isPrimary) return;
    if (resting) {
      if (Math.hypot(event.clientX - resting.x, event.clientY - resting.y) <= TREMBLE) return;
      // It scrolls.
      restNoMore();
      pressed = null;
      return;
    }
    if (isDragging) creep(event);
    const cell = cellOf(document.elementFromPoint(event.clientX, event.clientY));
    if (!cell || (!isDragging && cell === pressed)) return;
    if (!isDragging) takeUp();
    if (isDragging) over(cell);
  });
  // What a finger has taken up is not scrolled away, and no menu of the link beneath it opens.
  document.addEventListener("touchmove", (event) => isDragging && event.cancelable && event.preventDefault(), { passive: false });
  table.addEventListener("contextmenu", (event) => (resting || isDragging) && event.preventDefault());
  document.addEventListener("pointerup", () => {
    restNoMore();
    pressed = null;
    if (!isDragging) return;
    isDragging = false;
    document.documentElement.classList.remove("dragging");
    // The button's release is no tap on a link.
    const swallow = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }));
    if (!deed) return;
    if (deed.cells.length) open();
    else leave();
  });
  document.addEventListener("pointercancel", () => {
    restNoMore();
    pressed = null;
    isDragging = false;
    if (deed) leave();
  });

  table.addEventListener("keydown", (event) => {
    const cell = cellOf(event.target);
    if (!cell) return;
    if (event.key === " " && !deed) {
      if (begin(cell)) {
        over(cell);
        say(deed.first ? bar.dataset.begun : bar.dataset.taken);
      }
    } else if (!deed) {
      return;
    } else if (event.key === "Escape") {
      leave();
      say(bar.dataset.left);
    } else if (event.key === "Enter") {
      open();
    } else if (deed.first && event.key.startsWith("Arrow")) {
      const isReversed = getComputedStyle(table).direction === "rtl";
      const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
      extend({ ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0, isReversed ? -across : across);
    } else if (event.key !== " ") {
      // Where a booking goes, the arrows lead as they always do.
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  function extend(down, across) {
    const { first, corner, cells } = deed;
    const edge = cells[0] === first ? cells.at(-1) : cells[0];
    const all = column(first);
    const row = (all[all.indexOf(edge) + down] ?? edge).parentElement;
    const next = corner.cellIndex + across;
    if (table.tHead.rows[0].cells[next]?.dataset.pitch) over(row.cells[next]);
    say(told(bar.dataset.told, span(deed)));
  }

  table.addEventListener("focusin", (event) => {
    const cell = cellOf(event.target);
    if (cell && deed?.from && !isDragging) over(cell);
  });
  bar.querySelector("[data-leave]").addEventListener("click", back);
  bar.addEventListener("keydown", (event) => event.key === "Escape" && back());
  document.addEventListener("keydown", (event) => event.key === "Escape" && isDragging && (pressed = null, isDragging = false, leave()));

  function back() {
    const first = deed?.first;
    leave();
    first?.querySelector("a")?.focus();
  }

  document.querySelector("[data-drag-hint]").hidden = false;
}
