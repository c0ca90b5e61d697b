"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { page } = require("./page.js");

const LIMITS = 'data-max-files="3" data-max-bytes="2048"';

function upload(way = "auto", named = {}) {
  const sent = [], asked = [];
  const fetch = async (address, options) => {
    asked.push({ address, options });
    return { ok: named !== null, status: named === null ? 422 : 200, json: async () => named, text: async () => "“.coretexignore”, line 1: no." };
  };
  class XMLHttpRequest {
    upload = {};
    open(method, address) { this.line = `${method} ${address}`; }
    setRequestHeader() {}
    getResponseHeader(name) { return this.headers?.[name] ?? null; }
    send(body) { this.pairs = body.pairs; sent.push(this); }
  }
  const html = `<form data-drop="${way}" ${LIMITS}><div data-drop-zone data-ignored="/ignored"></div><input data-drop-input webkitdirectory>
    <input type="checkbox" data-drop-gitignore><span data-drop-named></span>
    <p data-drop-summary></p><div data-upload-errors></div><p data-drop-status></p><button type="submit">Send</button></form>`;
  const it = page(html, ["upload"], { XMLHttpRequest, fetch, coretex: { duration: (seconds) => `${seconds} s` } });
  const form = it.find("form"), input = it.find("input");
  form.action = "/upload";
  const choose = (...files) => {
    input.files = files;
    it.happens("change", {}, input);
  };
  const text = (selector) => it.find(selector).textContent;
  return { ...it, form, sent, asked, choose, summary: () => text("[data-drop-summary]"), errors: () => text("[data-upload-errors]") };
}

const file = (path, size = 10) => ({ name: path.split("/").at(-1), webkitRelativePath: path, size });
const values = ({ pairs }, wanted) => pairs.filter(([name]) => name === wanted).map(([, value]) => value);
const settled = async () => { for (let turn = 0; turn < 50; turn += 1) await null; };
const sentPaths = ({ pairs }) => pairs.filter(([name]) => name === "paths").map(([, path]) => path);

test("a chosen folder is the root: its name is sent apart, and each path beside its file", () => {
  const { choose, sent } = upload();
  const files = [file("model/main.py"), file("model/lib/a.py")];
  choose(...files);
  assert.equal(sent[0].line, "POST /upload");
  assert.deepEqual(sent[0].pairs, [["files", files[0]], ["paths", "main.py"], ["files", files[1]], ["paths", "lib/a.py"], ["folder", "model"]]);
});

test("folders that nobody means are left out, and said to be", () => {
  const { choose, sent, summary } = upload();
  choose(file("m/main.py", 1500), file("m/.git/config"), file("m/lib/__pycache__/a.pyc"), file("m/.git/HEAD"));
  assert.deepEqual(sentPaths(sent[0]), ["main.py"]);
  assert.equal(summary(), "m: 1 file, 1.5 kB; without .git, __pycache__");
});

test("environments, compiled files and what systems leave behind are not sent, and are counted for the server", () => {
  const { choose, sent, summary } = upload();
  choose(file("m/main.py"), file("m/env/pyvenv.cfg"), file("m/env/lib/big.so", 4096), file("m/a.pyc"), file("m/Thumbs.DB"), file("m/.tox/x"));
  assert.deepEqual(sentPaths(sent[0]), ["main.py"]);
  assert.equal(summary(), "m: 1 file, 10 B; without *.pyc, .tox, Thumbs.DB, env");
  assert.deepEqual(values(sent[0], "skipped").sort(), ["1 *.pyc", "1 .tox", "1 Thumbs.DB", "2 env"]);
});

test("Conda environments are known by their history, and a folder of data that is called env is sent", () => {
  const { choose, sent } = upload();
  choose(file("m/main.py"), file("m/tools/bio/conda-meta/history"), file("m/tools/bio/bin/samtools", 4096), file("m/env/rain.csv"));
  assert.deepEqual(sentPaths(sent[0]), ["main.py", "env/rain.csv"]);
  assert.deepEqual(values(sent[0], "skipped"), ["2 tools/bio"]);
});

test("of a project inside an environment only what is the environment's own is left out", () => {
  const { choose, sent, summary } = upload();
  choose(file("m/pyvenv.cfg"), file("m/main.py"), file("m/lib/python3.12/site-packages/a/b.py"), file("m/bin/pip3"), file("m/bin/align.sh"));
  assert.deepEqual(sentPaths(sent[0]), ["main.py", "bin/align.sh"]);
  assert.equal(summary(), "m: 2 files, 20 B; without the environment around it");
});

test("what ignore files name is known before it is sent: one always holds, the other by its switch", async () => {
  const named = { ".coretexignore": { "raw/": [3] }, ".gitignore": { "data/": [1, 2] } };
  const { choose, sent, summary, asked, find, happens, form } = upload("wait", named);
  choose(file("m/main.py"), file("m/data/a.csv", 1000), file("m/data/b.csv", 1000), file("m/raw/x", 9999), file("m/.gitignore"), file("m/.coretexignore"));
  await settled();
  assert.equal(asked[0].address, "/ignored");
  assert.deepEqual(values(asked[0].options.body, "paths"), [".gitignore", ".coretexignore"]);
  assert.deepEqual(JSON.parse(values(asked[0].options.body, "listed")[0])[1], "data/a.csv");
  assert.equal(find("[data-drop-named]").textContent, "2 files, 2.0 kB: data/");
  assert.equal(summary(), "m: 5 files, 2.0 kB; without raw/");
  const toggle = find("[data-drop-gitignore]");
  toggle.checked = true;
  happens("change", {}, toggle);
  assert.equal(summary(), "m: 3 files, 30 B; without data/, raw/");
  form.requestSubmit();
  assert.deepEqual(sentPaths(sent[0]), ["main.py", ".gitignore", ".coretexignore"]);
  assert.deepEqual(values(sent[0], "ignored"), ["1 .coretexignore raw/", "2 .gitignore data/"]);
});

test("what is left out counts for no limit, and what stays can be made fit by the switch", async () => {
  const { choose, sent, errors, find, happens, form } = upload("wait", { ".gitignore": { "data/": [0, 1, 2] } });
  choose(...["a", "b", "c"].map((name) => file(`m/data/${name}`, 1024)), file("m/.gitignore"), file("m/main.py"));
  await settled();
  assert.match(errors(), /These are 5 files; at most 3 files/);
  form.requestSubmit();
  assert.equal(sent.length, 0);
  const toggle = find("[data-drop-gitignore]");
  toggle.checked = true;
  happens("change", {}, toggle);
  assert.equal(errors(), "");
  form.requestSubmit();
  assert.deepEqual(sentPaths(sent[0]), [".gitignore", "main.py"]);
});

test("a pattern that the server refuses is said, and nothing is sent", async () => {
  const { choose, sent, errors } = upload("auto", null);
  choose(file("m/main.py"), file("m/.coretexignore"));
  await settled();
  assert.equal(errors(), "What to leave out could not be found: “.coretexignore”, line 1: no.");
  assert.equal(sent.length, 0);
});

test("too many files and too large ones are refused before they are sent", () => {
  const { choose, sent, errors, summary } = upload();
  choose(...["a", "b", "c", "d"].map((name) => file(`m/${name}`, 1024)));
  assert.equal(errors(), "These are 4 files; at most 3 files are accepted at once.These are 4.0 kB; at most 2.0 kB are accepted at once.");
  assert.equal(summary(), "m: 4 files, 4.0 kB");
  assert.equal(sent.length, 0);
});

test("a folder with nothing but what is left out has no files", () => {
  const { choose, sent, errors } = upload();
  choose(file("m/.git/config"));
  assert.equal(errors(), "There are no files in what you chose.");
  assert.equal(sent.length, 0);
});

test("sizes have three figures and the unit that suits them", () => {
  for (const [bytes, words] of [[0, "0 B"], [1023, "1023 B"], [1024, "1.0 kB"], [1048064, "1.0 MB"], [150 * 1024 ** 2, "150 MB"], [2048 * 1024 ** 3, "2.0 TB"]]) {
    const { choose, summary } = upload("wait");
    choose(file("one.bin", bytes));
    assert.equal(summary(), `one.bin: 1 file, ${words}`);
  }
});

test("dropped folders are walked to their last entry", async () => {
  const { form, sent, happens, find } = upload();
  const leaf = (name) => ({ name, isFile: true, file: (done) => done(file(name)) });
  const folder = (name, ...batches) => ({
    name,
    createReader: () => { const left = [...batches, []]; return { readEntries: (done) => done(left.shift()) }; },
  });
  const root = folder("m", [leaf("a.py"), folder(".venv", [leaf("x")])], [folder("lib", [leaf("b.py")])]);
  const event = { dataTransfer: { items: [{ webkitGetAsEntry: () => root }], types: ["Files"] } };
  const Drop = class { constructor() { Object.assign(this, { type: "drop", bubbles: true, preventDefault() {} }, event); } };
  find("[data-drop-zone]").dispatchEvent(new Drop());
  for (let turn = 0; turn < 50 && !sent.length; turn += 1) await null;
  assert.deepEqual(sentPaths(sent[0]), ["a.py", "lib/b.py"]);
  assert.equal(form.submitted, false, "the script sends, not the browser");
  assert.equal(happens("submit", {}, form), false);
});

test("a form that needs files is not sent without", () => {
  const { form, sent, errors } = upload("wait");
  form.requestSubmit();
  assert.equal(form.submitted, false);
  assert.equal(errors(), "Choose or drop a folder, files or an archive first.");
  assert.equal(sent.length, 0);
});

test("a form to which files can be added is sent by the browser without", () => {
  const { form } = upload("optional");
  form.requestSubmit();
  assert.equal(form.submitted, true);
});

test("what goes on is told in bytes, and with the time that is left once it can be known", () => {
  const { choose, sent, clock, find } = upload();
  choose(file("a.py"));
  const status = () => find("[data-drop-status]").textContent;
  clock.pass(1000);
  sent[0].upload.onprogress({ lengthComputable: true, loaded: 512, total: 2048 });
  assert.equal(status(), "512 B of 2.0 kB");
  clock.pass(3000);
  sent[0].upload.onprogress({ lengthComputable: true, loaded: 1024, total: 2048 });
  assert.equal(status(), "1.0 kB of 2.0 kB, 4 s left");
  sent[0].upload.onprogress({ lengthComputable: true, loaded: 2048, total: 2048 });
  assert.equal(status(), "Being checked and stored…");
});

test("a stored upload leads on, and a refused one can be sent again", () => {
  const { choose, sent, window, find, errors } = upload();
  choose(file("a.py"));
  assert.equal(find("button").disabled, true);
  Object.assign(sent[0], { status: 413 });
  sent[0].onload();
  assert.equal(errors(), "This is larger than the server accepts at once.");
  assert.equal(find("button").disabled, false);
  choose(file("a.py"));
  Object.assign(sent[1], { status: 204, headers: { "HX-Redirect": "/tasks/1" } });
  sent[1].onload();
  assert.equal(window.location.href, "/tasks/1");
});
