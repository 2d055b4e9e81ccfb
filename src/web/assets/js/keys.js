// The arrows lead through a day's table: one stop for Tab, and from there to the next cell that can be acted on.

const table = document.querySelector("table.grid");
if (table) lead(table);

function lead(table) {
  const links = () => [...table.querySelectorAll("td a")];
  let here = links()[0];

  // Cells change while the day is live: whoever is the stop is asked for anew.
  function settle() {
    const all = links();
    if (!all.includes(here)) here = all[0];
    for (const link of all) link.tabIndex = link === here ? 0 : -1;
  }

  const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

  table.setAttribute("role", "grid");
  new MutationObserver(settle).observe(table.tBodies[0], { childList: true, subtree: true });
  table.addEventListener("focusin", (event) => {
    const link = event.target.closest("td a");
    if (!link) return;
    here = link;
    settle();
  });
  table.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const cell = event.target.closest("td");
    if (!step || !cell) return;
    event.preventDefault();
    const isReversed = getComputedStyle(table).direction === "rtl";
    const across = isReversed ? -step[1] : step[1];
    let [row, column] = [cell.parentElement.rowIndex, cell.cellIndex];
    do {
      row += step[0];
      column += across;
      const next = table.rows[row]?.cells[column];
      if (!next) return;
      const link = next.querySelector("a");
      if (link) return link.focus();
    } while (true);
  });
  settle();
}
