"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { page } = require("./page.js");

const hiddenUnless = (id, ...texts) => `<div id="shown" data-parameter="int" data-visible-if="${JSON.stringify([[id, texts]]).replaceAll('"', "&quot;")}"><input name="shown"></div>`;
const form = (kind, controls, condition = "") => page(`<div id="one" data-parameter="${kind}">${controls}</div>${condition}`, ["parameters"]);

function shownFor(kind, control, ...texts) {
  return !form(kind, control, hiddenUnless("one", ...texts)).find("#shown").hidden;
}

test("a parameter shows while another one has a value that it needs", () => {
  assert.equal(shownFor("str", '<input name="p" value="fast">', "slow", "fast"), true);
  assert.equal(shownFor("str", '<input name="p" value="quick">', "slow", "fast"), false);
});

test("numbers are compared as numbers and texts as texts", () => {
  assert.equal(shownFor("float", '<input name="p" value="1e-1">', "0.1"), true);
  assert.equal(shownFor("str", '<input name="p" value="1.0">', "1"), false);
});

test("a tick is true or false", () => {
  assert.equal(shownFor("bool", '<input name="p" type="checkbox" checked>', "true"), true);
  assert.equal(shownFor("bool", '<input name="p" type="checkbox">', "true"), false);
});

test("an empty number is no value, while an empty text is a text", () => {
  assert.equal(shownFor("int", '<input name="p" value=" ">', null), true);
  assert.equal(shownFor("str", '<input name="p" value="">', null), false);
  assert.equal(shownFor("str", '<input name="p" value="">', ""), true);
});

test("what is typed shows and hides at once", () => {
  const it = form("str", '<input name="p" value="a">', hiddenUnless("one", "b"));
  it.find('[name="p"]').write("b");
  assert.equal(it.find("#shown").hidden, false);
  it.find('[name="p"]').write("c");
  assert.equal(it.find("#shown").hidden, true);
});

test("which of several values fulfil a condition is left to the server", () => {
  const it = page(`<div id="one" data-parameter="str" class="has-several"><input name="p" value="a"></div>${hiddenUnless("one", "b")}`, ["parameters"]);
  assert.equal(it.find("#shown").hidden, false);
});

test("what the server finds after a check counts, for what is still there", () => {
  const it = page('<div id="one" data-parameter="int"><b data-required-mark hidden>*</b><input name="p"></div>', ["parameters"]);
  it.happens("parameters", { one: { hidden: true, required: true }, gone: { hidden: true } });
  assert.deepEqual([it.find("#one").hidden, it.find("b").hidden, it.find("input").getAttribute("aria-required")], [true, false, "true"]);
  it.happens("parameters", { one: { hidden: false, required: false } });
  assert.deepEqual([it.find("#one").hidden, it.find("b").hidden, it.find("input").getAttribute("aria-required")], [false, true, null]);
});

test("no value empties the control, and gives back what it held", () => {
  const it = form("int", '<input name="p" value="5"><input name="n" type="checkbox" data-null>');
  const control = it.find('[name="p"]');
  it.find("[data-null]").click();
  assert.deepEqual([control.value, control.placeholder], ["", "no value"]);
  it.find("[data-null]").click();
  assert.deepEqual([control.value, control.placeholder], ["5", ""]);
});

test("what is typed into no value is one", () => {
  const it = form("int", '<input name="p" value="5"><input name="n" type="checkbox" data-null>');
  it.find("[data-null]").click();
  it.find('[name="p"]').write("7");
  assert.equal(it.find("[data-null]").checked, false);
  assert.equal(it.find('[name="p"]').value, "7");
});

test("the rows of a list that had no value come back", () => {
  const it = form("list[int]", '<ul data-list-rows><li><input name="p" value="1"></li><li><input name="p" value="2"></li></ul><input name="n" type="checkbox" data-null>');
  it.find("[data-null]").click();
  assert.equal(it.find("[data-list-rows]").children.length, 0);
  it.find("[data-null]").click();
  assert.deepEqual(it.all('[name="p"]').map((control) => control.value), ["1", "2"]);
});

test("a long choice can be searched by all words in any order, and keeps what is chosen", () => {
  const names = ["", "Iris small", "Iris large", "Leaves large", ...Array.from({ length: 7 }, (_, at) => `Other ${at}`)];
  const it = form("dataset", `<select name="p" data-searchable="Datasets">${names.map((name) => `<option value="${name}"${name === "Other 3" ? " selected" : ""}>${name}</option>`).join("")}</select>`);
  const search = it.find(".searchable input");
  assert.equal(search.placeholder, "Search 10 Datasets");
  search.write("LARGE ir");
  assert.deepEqual(it.all("option").filter((option) => !option.hidden).map((option) => option.value), ["", "Iris large", "Other 3"]);
});

test("a short choice needs no search", () => {
  const it = form("dataset", '<select name="p" data-searchable="Datasets"><option>a</option></select>');
  assert.equal(it.find(".searchable"), null);
});
