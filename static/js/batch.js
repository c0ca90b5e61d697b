// The Batch page: the arrow keys walk the map, choices show themselves at once.
"use strict";

(() => {
  // One stop for the Tab key; the arrow keys, Home and End move within the map.
  function prepare(map) {
    const links = [...map.querySelectorAll("td > a")];
    links.forEach((link, index) => (link.tabIndex = index ? -1 : 0));
  }

  function beside(link, key) {
    const cell = link.parentElement, row = cell.parentElement, step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[key];
    if (key === "Home" || key === "End") {
      const links = row.querySelectorAll("a");
      return links[key === "Home" ? 0 : links.length - 1];
    }
    if (key === "ArrowLeft" || key === "ArrowRight") {
      let next = cell;
      do next = step < 0 ? next.previousElementSibling : next.nextElementSibling; while (next && !next.querySelector("a"));
      return next?.querySelector("a");
    }
    let next = row;
    do next = step < 0 ? next.previousElementSibling : next.nextElementSibling; while (next && !next.cells[cell.cellIndex]?.querySelector("a"));
    return next?.cells[cell.cellIndex].querySelector("a");
  }

  document.addEventListener("keydown", (event) => {
    const link = event.target.closest?.("[data-map] td > a");
    if (!link || event.ctrlKey || event.metaKey || event.altKey || !/^(Arrow|Home$|End$)/.test(event.key)) return;
    event.preventDefault();
    const next = beside(link, event.key);
    if (!next) return;
    link.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  // While the map is brought anew, the reader keeps the place: focus and scroll.
  let place = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "batch-map") return;
    const wrap = event.target.querySelector(".map-wrap"), link = document.activeElement?.closest?.("[data-map] td > a");
    place = { left: wrap?.scrollLeft, top: wrap?.scrollTop, cell: link?.parentElement.cellIndex, row: link?.closest("tr").rowIndex };
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const map of document.querySelectorAll("[data-map]")) prepare(map);
    if (!place) return;
    const wrap = document.querySelector("#batch-map .map-wrap");
    if (wrap && place.top !== undefined) wrap.scrollTo(place.left, place.top);
    if (place.row !== undefined) wrap?.querySelector("table").rows[place.row]?.cells[place.cell]?.querySelector("a")?.focus({ preventScroll: true });
    place = null;
  });

  // The head is brought anew as Runs end: its menu stays open, and the focus where it was.
  let head = null;
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    if (detail.target.id !== "batch-actions") return;
    const focused = document.activeElement, within = detail.target.contains(focused);
    head = { open: Boolean(detail.target.querySelector(".menu[open]")), words: within ? focused.textContent.trim() : null };
  });
  document.addEventListener("htmx:oobAfterSwap", () => {
    const actions = document.querySelector("#batch-actions");
    if (!head || !actions) return;
    if (head.open) actions.querySelector(".menu").open = true;
    const controls = [...actions.querySelectorAll("button, a, summary")];
    if (head.words !== null) controls.find((one) => one.textContent.trim() === head.words)?.focus({ preventScroll: true });
    head = null;
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-auto-submit]");
    if (form) form.requestSubmit();
  });

  // A row of several Runs has one box to see and one for each of its Runs; before others count them.
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.(".matrix [data-select-row]")) return;
    for (const box of event.target.closest("td").querySelectorAll("[data-select-row]")) box.checked = event.target.checked;
  }, true);

  for (const map of document.querySelectorAll("[data-map]")) prepare(map);
})();
