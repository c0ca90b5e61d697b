"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { page } = require("./page.js");

const several = (text = "", chips = "", more = "") =>
  `<button data-several-switch>Several</button><div data-several hidden>${more}<div data-chips>${chips}</div><p data-several-none></p>
  <button data-split-commas>Split</button><button data-chips-once>Once</button><textarea data-several-text>${text}</textarea></div>`;
const parameter = (kind, single, rest = several(), classes = "") => `<div data-parameter="${kind}" class="${classes}"><div class="one-value">${single}</div>${rest}</div>`;
const form = (html) => page(`<form id="run-task">${html}<textarea name="pairs"></textarea><textarea name="without"></textarea><input data-page-field value="3"></form>`, ["several"]);
const text = ({ find }) => find("[data-several-text]").value;
const input = (value, more = "") => `<input name="p" value="${value}"${more}>`;

// What a single value is called as the first line of several
const LINES = [
  ["int", input("5"), "5"],
  ["str", input("plain"), "plain"],
  ["str", input(""), '""'],
  ["str", input("null"), '"null"'],
  ["str", input(" a"), '" a"'],
  ["bool", '<input name="p" type="checkbox" checked>', "true"],
  ["range", input("0") + input("10") + input(""), "0..10 step 1"],
  ["list[int]", input("64") + input(" ") + input("8 "), "[64, 8]"],
  ["list[str]", input("a, b") + input(""), '["a, b",""]'],
  ["int", `${input("5")}<input type="checkbox" data-null checked>`, "null"],
];

for (const [kind, single, line] of LINES) {
  test(`the single ${kind} becomes the line ${line}`, () => {
    const it = form(parameter(kind, single));
    it.find("[data-several-switch]").click();
    assert.equal(text(it), `${line}\n`);
    assert.equal(it.find("[data-several]").hidden, false);
  });
}

test("a choice becomes the text of its option, and its box is ticked", () => {
  const picks = '<input type="checkbox" data-pick value="fast"><input type="checkbox" data-pick value="slow">';
  const it = form(parameter("enum", '<select name="p"><option value="0">fast</option><option value="1" selected>slow</option></select>', several("", "", picks)));
  it.find("[data-several-switch]").click();
  assert.equal(text(it), "slow\n");
  assert.deepEqual(it.all("[data-pick]").map((pick) => pick.checked), [false, true]);
  it.find("[data-pick]").click();
  assert.equal(text(it), "slow\nfast");
});

test("several values come back after a turn to one", () => {
  const it = form(parameter("int", input("5")));
  const turn = () => it.find("[data-several-switch]").click();
  turn();
  it.find("[data-several-text]").write("1\n2");
  turn();
  assert.equal(text(it), "", "one value sends no list");
  turn();
  assert.equal(text(it), "1\n2");
});

const chip = (line, classes = "") => `<span data-line="${line}" class="${classes}"><button data-chip-remove>x</button></span>`;
const withChips = () => form(parameter("int", input("5"), several("1\n2\n1", chip("1") + chip("2") + chip("1", "chip-twice")), "has-several"));

test("a chip that is removed takes its line along", () => {
  const it = withChips();
  it.all("[data-chip-remove]")[1].click();
  assert.equal(text(it), "1\n1");
});

test("values that stand twice can be taken out at once", () => {
  const it = withChips();
  it.find("[data-chips-once]").click();
  assert.equal(text(it), "1\n2");
});

test("chips of a text that was changed since do nothing", () => {
  const it = withChips();
  it.find("[data-several-text]").write("7\n8");
  it.find("[data-chip-remove]").click();
  it.find("[data-chips-once]").click();
  assert.equal(text(it), "7\n8");
});

test("without the last chip the one value counts again", () => {
  const it = form(parameter("int", input("5"), several("1", chip("1")), "has-several"));
  it.find("[data-chip-remove]").click();
  assert.equal(it.find("[data-parameter]").classList.contains("has-several"), false);
});

test("commas become lines, but not those of a quoted text", () => {
  const it = form(parameter("str", input(""), several('1, 2,,3\n"a, b"'), "has-several"));
  it.find("[data-split-commas]").click();
  assert.equal(text(it), '1\n2\n3\n"a, b"');
});

test("an answer to what was meant becomes the text", () => {
  const it = form(parameter("float", input("1"), several("0,1", "", '<button data-answer="0.1\n0.2">Decimal commas</button>'), "has-several"));
  it.find("[data-answer]").click();
  assert.equal(text(it), "0.1\n0.2");
});

test("an emptied list says which value is used instead", () => {
  const it = form(parameter("int", input("5"), several("1"), "has-several"));
  it.find("[data-several-text]").write(" \n");
  assert.equal(it.find("[data-several-none]").textContent, "No values here: 5 is used, as with one value.");
});

test("a spacing is written as a line once it is complete", () => {
  const parts = ["from", "to", "number"].map((name) => `<input data-spacing-part="${name}">`).join("");
  const it = form(parameter("float", input("1"), several("7", "", `<div data-spacing>${parts}<select data-spacing-part="kind"><option>log</option></select><button data-spacing-add>Add</button></div>`), "has-several"));
  const [from, to, number] = it.all("input[data-spacing-part]");
  Object.assign(from, { value: " 0.1" });
  it.find("[data-spacing-add]").click();
  assert.equal(it.document.activeElement, to);
  Object.assign(to, { value: "10" });
  Object.assign(number, { value: "3" });
  it.find("[data-spacing-add]").click();
  assert.equal(text(it), "7\n0.1..10 log 3");
  assert.equal(from.value, "");
});

test("pairs that are offered and combinations that are left out are added as lines", () => {
  const it = form('<div data-parameter="int"></div><button data-pair="lr, depth">Pair</button><button data-back="{&quot;lr&quot;: 1}">Back</button><input type="checkbox" data-combination="{&quot;lr&quot;: 1}">');
  it.find("[data-pair]").click();
  assert.equal(it.find('[name="pairs"]').value, "lr, depth");
  it.find("[data-combination]").click();
  assert.equal(it.find('[name="without"]').value, '{"lr": 1}');
  it.find("[data-back]").click();
  assert.equal(it.find('[name="without"]').value, "");
});

test("other values begin at the first page of combinations", () => {
  const it = form(parameter("int", input("5")));
  it.find('[name="p"]').write("6");
  assert.equal(it.find("[data-page-field]").value, "1");
});
