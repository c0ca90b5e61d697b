"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { page } = require("./page.js");

function newTask(answer) {
  const asked = [];
  const fetch = async (address, { body }) => {
    asked.push([address, body.pairs]);
    return { ok: true, json: async () => answer };
  };
  const html = `<form data-drop="optional" data-describe="/tasks/describe" data-max-files="9" data-max-bytes="9999">
    <input name="name" data-drop-name><input name="description"><input name="csrfmiddlewaretoken">
    <input name="start" value="upload"><div data-drop-zone></div><input data-drop-input webkitdirectory>
    <p data-drop-summary></p><div data-upload-errors></div></form>`;
  const it = page(html, ["upload", "create"], { fetch });
  const form = it.find("form"), input = it.find("[data-drop-input]");
  const field = (name) => it.find(`[name="${name}"]`);
  const choose = async (...files) => {
    input.files = files;
    it.happens("change", {}, input);
    await new Promise((resolve) => setImmediate(resolve));
    return [field("name").value, field("description").value];
  };
  return { asked, choose, field };
}

const file = (path, text = "") => ({ name: path.split("/").at(-1), webkitRelativePath: path, size: text.length, text: async () => text });
const SAYS = { name: "Protein folding", description: "Folds." };

test("a chosen folder fills in the name and the description that its task.yaml has", async () => {
  const { asked, choose } = newTask(SAYS);
  assert.deepEqual(await choose(file("code/main.py"), file("code/task.yaml", "name: x")), ["Protein folding", "Folds."]);
  assert.equal(asked[0][0], "/tasks/describe");
  assert.deepEqual(asked[0][1].at(-1), ["text", "name: x"]);
});

test("a folder without task.yaml, or without a name in it, gives its own name", async () => {
  assert.deepEqual(await newTask(SAYS).choose(file("code/main.py")), ["code", ""]);
  assert.deepEqual(await newTask({ name: "", description: "" }).choose(file("code/main.py"), file("code/task.yaml")), ["code", ""]);
});

test("what somebody typed stays, and what was filled in gives way to another folder", async () => {
  const { choose, field } = newTask(SAYS);
  field("name").value = "Mine";
  assert.deepEqual(await choose(file("code/main.py"), file("code/task.yaml")), ["Mine", "Folds."]);
  const second = newTask(SAYS);
  await second.choose(file("first/main.py"));
  assert.deepEqual(await second.choose(file("second/main.py")), ["second", ""]);
});

test("a task.yaml in a folder further down is not that of the Task", async () => {
  const { asked, choose } = newTask(SAYS);
  assert.deepEqual(await choose(file("code/main.py"), file("code/old/task.yaml")), ["code", ""]);
  assert.equal(asked.length, 0);
});
