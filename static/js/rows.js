// Rows: lists of inputs that grow and shrink, and tables whose rows are chosen.
"use strict";

(() => {
  // Lists of inputs: [data-list-field] > [data-list-rows], <template data-list-row>, [data-list-add], [data-list-remove]
  function limitRows(list) {
    const rows = list.querySelector("[data-list-rows]").children;
    const least = Number(list.dataset.listMin ?? 0), most = Number(list.dataset.listMax ?? Infinity);
    for (const button of list.querySelectorAll("[data-list-remove]")) button.disabled = rows.length <= least;
    for (const button of list.querySelectorAll("[data-list-add]")) button.disabled = rows.length >= most;
  }

  function tell(list) {
    limitRows(list);
    for (const kind of ["input", "change"]) list.dispatchEvent(new Event(kind, { bubbles: true }));
  }

  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-list-add]"), remove = event.target.closest("[data-list-remove]");
    const list = (add ?? remove)?.closest("[data-list-field]");
    if (!list) return;
    const rows = list.querySelector("[data-list-rows]");
    if (add) {
      rows.append(list.querySelector("template[data-list-row]").content.cloneNode(true));
      window.htmx?.process(rows.lastElementChild);
      rows.lastElementChild.querySelector("input, select, textarea")?.focus();
    } else {
      const row = [...rows.children].find((child) => child.contains(remove));
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      (next?.querySelector("input, select, textarea") ?? list.querySelector("[data-list-add]"))?.focus();
    }
    tell(list);
  });

  // Chosen rows: [data-select-table] around [data-select-all], [data-select-row] and [data-select-count]
  const chosen = new WeakMap(); // table → values, so that rows that htmx brings again stay chosen
  let last = null;

  function count(table) {
    const boxes = [...table.querySelectorAll("[data-select-row]")], ticked = boxes.filter((box) => box.checked);
    const all = table.querySelector("[data-select-all]");
    if (all) {
      all.checked = boxes.length > 0 && ticked.length === boxes.length;
      all.indeterminate = ticked.length > 0 && ticked.length < boxes.length;
    }
    for (const place of table.querySelectorAll("[data-select-count]")) place.textContent = `${ticked.length} selected`;
    chosen.set(table, new Set(ticked.map((box) => box.value)));
  }

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches?.("[data-select-row]")) return;
    const table = box.closest("[data-select-table]");
    if (event.shiftKey && last && last !== box && table.contains(last)) {
      const boxes = [...table.querySelectorAll("[data-select-row]")];
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
  });

  document.addEventListener("change", (event) => {
    const table = event.target.closest?.("[data-select-table]");
    if (!table) return;
    if (event.target.matches("[data-select-all]")) {
      for (const box of table.querySelectorAll("[data-select-row]")) box.checked = event.target.checked;
    } else if (!event.target.matches("[data-select-row]")) return;
    count(table);
  });

  document.addEventListener("click", (event) => {
    const clear = event.target.closest("[data-select-none]");
    const table = clear?.closest("[data-select-table]");
    if (!table) return;
    for (const box of table.querySelectorAll("[data-select-row]")) box.checked = false;
    count(table);
  });

  function settle(root) {
    for (const list of root.querySelectorAll("[data-list-field]")) limitRows(list);
    for (const table of document.querySelectorAll("[data-select-table]")) {
      const before = chosen.get(table);
      if (before?.size) for (const box of table.querySelectorAll("[data-select-row]")) box.checked ||= before.has(box.value);
      count(table);
    }
  }

  settle(document);
  document.addEventListener("htmx:afterSwap", () => settle(document));
})();
