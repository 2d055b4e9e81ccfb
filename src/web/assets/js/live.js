// A venue's day, live: one stream for all its pitches, gathered for a moment, shown in the cells that are there. No row is added
// and nothing moves; what is spoken is only the slot that somebody is on.

const GATHERED_MS = 250;

const grid = document.getElementById("grid");
if (grid?.dataset.live && "EventSource" in window) watch(grid);

function watch(grid) {
  const pitches = grid.dataset.pitches.split(" ");
  const order = new Map(pitches.map((pitch, at) => [pitch, at]));
  // By beginning, then by pitch: each slot as it was told last.
  const day = new Map();
  const changed = new Set();
  let stream = null;
  let timer = 0;

  function open() {
    if (stream || document.hidden) return;
    stream = new EventSource(grid.dataset.live);
    stream.onmessage = (event) => take(event);
    stream.addEventListener("slot", take);
  }

  function close() {
    stream?.close();
    stream = null;
  }

  function take(event) {
    const slot = JSON.parse(event.data);
    if (!order.has(slot.pitch)) return;
    let row = day.get(slot.start);
    if (!row) day.set(slot.start, (row = new Map()));
    row.set(slot.pitch, slot);
    changed.add(slot);
    timer ||= setTimeout(show, GATHERED_MS);
  }

  function show() {
    timer = 0;
    const starts = new Set();
    for (const slot of changed) {
      starts.add(slot.start);
      showCell(slot);
    }
    changed.clear();
    for (const start of starts) showTime(start);
  }

  const money = (price) => {
    const unit = Number(grid.dataset.unit);
    const decimals = price.amount % unit === 0 ? 0 : String(unit).length - 1;
    const number = (price.amount / unit).toFixed(decimals).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    return grid.dataset.symbol + number;
  };

  const filled = (text, ...values) => text.replace(/\{(\d)\}/g, (_, at) => values[at]);

  const sheet = (slot) =>
    `/book?pitch=${slot.pitch}&start=${encodeURIComponent(slot.start)}&end=${encodeURIComponent(slot.end)}`;

  function showCell(slot) {
    const row = grid.querySelector(`tr[data-start="${CSS.escape(slot.start)}"]`);
    const cell = row?.cells[order.get(slot.pitch) + 1];
    if (!cell?.dataset.state) return;
    const before = cell.dataset.state;
    const isOwn = before === "mine" || before === "held";
    if (slot.status === before || (isOwn && slot.status === "taken")) {
      if (slot.status === "free" && "places" in grid.dataset) cell.textContent !== String(slot.left) && setPlaces(cell, slot);
      return;
    }
    if (slot.status !== "free" && slot.status !== "taken") return;
    const head = grid.querySelector(`th[data-pitch="${CSS.escape(slot.pitch)}"]`);
    const pitch = head?.title ?? "";
    const [from, to] = [slot.start.slice(11, 16), slot.end.slice(11, 16)];
    const isHere = cell.contains(document.activeElement);
    cell.dataset.state = slot.status;
    if (slot.status === "free") {
      const link = document.createElement("a");
      link.href = sheet(slot);
      link.dataset.sheet = "";
      link.textContent = "places" in grid.dataset ? slot.left : money(slot.price);
      link.setAttribute("aria-label", filled(grid.dataset.free, pitch, from, to, money(slot.price), slot.left));
      cell.replaceChildren(link);
    } else {
      const name = document.createElement("i");
      name.className = "vh";
      name.textContent = filled(grid.dataset.taken, pitch, from, to);
      cell.replaceChildren(name);
      if (isHere) {
        cell.tabIndex = -1;
        cell.focus();
        document.getElementById("notice").textContent = name.textContent;
      }
    }
  }

  function setPlaces(cell, slot) {
    const link = cell.querySelector("a");
    if (!link) return;
    link.textContent = slot.left;
    const pitch = grid.querySelector(`th[data-pitch="${CSS.escape(slot.pitch)}"]`)?.title ?? "";
    const [from, to] = [slot.start.slice(11, 16), slot.end.slice(11, 16)];
    link.setAttribute("aria-label", filled(grid.dataset.free, pitch, from, to, money(slot.price), slot.left));
  }

  function showTime(start) {
    const item = grid.querySelector(`.times li[data-start="${CSS.escape(start)}"]`);
    const row = day.get(start);
    // The count stands for all pitches: it waits until all of them have been told.
    if (!item || row.size < pitches.length) return;
    const slots = [...row.values()].sort((a, b) => order.get(a.pitch) - order.get(b.pitch));
    const open = slots.filter((slot) => slot.status !== "closed");
    const free = open.filter((slot) => slot.status === "free");
    if (!open.length || open.every((slot) => slot.status === "unreleased")) return;
    const left = free.reduce((sum, slot) => sum + slot.left, 0);
    const all = open.reduce((sum, slot) => sum + slot.capacity, 0);
    const shown = item.firstElementChild;
    const told = shown.querySelector("span");
    const price = shown.querySelector("bdi");
    const state = free.length ? "free" : "taken";
    if (state !== shown.dataset.state) {
      const now = document.createElement(free.length ? "a" : "div");
      now.className = "time";
      now.dataset.state = state;
      if (free.length) {
        now.dataset.sheet = "";
        now.href = sheet(free[0]);
      }
      now.append(...shown.childNodes);
      shown.replaceWith(now);
    } else if (free.length && !free.some((slot) => shown.href.includes(`pitch=${slot.pitch}&`))) {
      shown.href = sheet(free[0]);
    }
    if (free.length) {
      const template = "places" in grid.dataset ? grid.dataset.toldPlaces : grid.dataset.toldFree;
      told.textContent = filled(template, left, all);
      price.textContent = money(free.reduce((low, slot) => (slot.price.amount < low.price.amount ? slot : low)).price);
    } else {
      told.textContent = grid.dataset.toldTaken;
      price.textContent = "";
    }
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  open();
}
