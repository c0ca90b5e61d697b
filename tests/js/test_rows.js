"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { page } = require("./page.js");

const row = '<li><input name="v"><button data-list-remove>Remove</button></li>';
const list = (count, limits) => page(
  `<div data-list-field ${limits}><ul data-list-rows>${row.repeat(count)}</ul><template data-list-row>${row}</template><button data-list-add>Add</button></div>`,
  ["rows"]);
const rows = ({ find }) => find("[data-list-rows]").children.length;

test("a list grows to its most rows and shrinks to its least", () => {
  const it = list(1, 'data-list-min="1" data-list-max="2"');
  assert.equal(it.find("[data-list-remove]").disabled, true);
  it.find("[data-list-add]").click();
  assert.equal(rows(it), 2);
  assert.equal(it.find("[data-list-add]").disabled, true);
  assert.equal(it.document.activeElement, it.all("[data-list-rows] input")[1]);
  it.find("[data-list-remove]").click();
  assert.equal(rows(it), 1);
  assert.equal(it.find("[data-list-add]").disabled, false);
  assert.equal(it.find("[data-list-remove]").disabled, true);
});

test("a list without limits can be emptied, and the focus then waits where rows are added", () => {
  const it = list(1, "");
  it.find("[data-list-remove]").click();
  assert.equal(rows(it), 0);
  assert.equal(it.document.activeElement, it.find("[data-list-add]"));
});

test("a list that grows or shrinks tells its form", () => {
  const it = list(0, "");
  const heard = [];
  for (const kind of ["input", "change"]) it.document.addEventListener(kind, () => heard.push(kind));
  it.find("[data-list-add]").click();
  assert.deepEqual(heard, ["input", "change"]);
});

const boxes = (count) => Array.from({ length: count }, (_, at) => `<td><input type="checkbox" data-select-row value="${at}"></td>`).join("");
const table = (count) => page(`<div data-select-table><input type="checkbox" data-select-all><b data-select-count></b>${boxes(count)}<button data-select-none>None</button></div>`, ["rows"]);
const chosen = ({ all }) => all("[data-select-row]").filter((box) => box.checked).map((box) => box.value).join("");

test("one box chooses all rows, and stands between while only some are chosen", () => {
  const it = table(3), everything = it.find("[data-select-all]");
  everything.click();
  assert.equal(chosen(it), "012");
  assert.equal(it.find("[data-select-count]").textContent, "3 selected");
  it.all("[data-select-row]")[1].click();
  assert.deepEqual([everything.checked, everything.indeterminate], [false, true]);
  it.find("[data-select-none]").click();
  assert.equal(chosen(it), "");
  assert.deepEqual([everything.checked, everything.indeterminate], [false, false]);
});

test("the shift key chooses all rows between two, in either direction", () => {
  for (const [first, second] of [[1, 3], [3, 1]]) {
    const it = table(5), box = it.all("[data-select-row]");
    box[first].click();
    box[second].click({ shiftKey: true });
    assert.equal(chosen(it), "123");
  }
});

test("rows that are brought anew stay chosen, and an empty table is not all chosen", () => {
  const it = table(3), whole = it.find("[data-select-table]");
  it.all("[data-select-row]")[2].click();
  for (const cell of it.all("td")) cell.remove();
  whole.append(...page(boxes(3), []).all("td"));
  it.happens("htmx:afterSwap");
  assert.equal(chosen(it), "2");
  assert.equal(table(0).find("[data-select-all]").checked, false);
});
