"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { page } = require("./page.js");

const line = (at) => `<div class="console-line" data-at="${at}">${at}</div>`;
const chunk = (start, end) => `<div class="console-chunk" data-start="${start}" data-end="${end}">${Array.from({ length: end - start }, (_, at) => line(start + at)).join("")}</div>`;

// A console with `chunks` whose lines are one pixel high, in a window of 100; `answers` are by query.
function show(chunks, { next, polls = true, answers = {}, found = "" }) {
  let arrived;
  const kept = {}, asked = [];
  const html = `<div data-console data-url="/console"><div class="console-lines">${chunks.map(([start, end]) => chunk(start, end)).join("")}<div id="console-live" data-next="${next}"${polls ? " hx-get" : ""}></div></div>
    <b data-console-status></b><button data-console-resume>Follow</button><button data-console-toggle="times"></button><button data-console-toggle="wrap"></button>
    <button data-console-edge="start"></button><button data-console-step="1"></button><button data-console-step="-1"></button>
    <form data-console-search><input name="q"></form><b data-console-hits></b><div data-console-found hidden></div></div>`;
  const it = page(html, [], {});
  const lines = it.find(".console-lines");
  Object.defineProperties(lines, { scrollHeight: { get: () => it.all(".console-line").length }, clientHeight: { value: 100 } });
  it.run("console", {
    localStorage: { getItem: (name) => kept[name] ?? null, setItem: (name, value) => { kept[name] = value; } },
    MutationObserver: class { constructor(heard) { arrived = heard; } observe() {} },
    fetch: async (address) => {
      const query = address.split("?")[1];
      asked.push(query);
      return { ok: true, text: async () => (address.startsWith("/console") ? chunk(...answers[query]) : found) };
    },
  });
  const find = it.find;
  const bring = (start, end) => {
    const live = it.find("#console-live"), fresh = page(chunk(start, end), []).find(".console-chunk");
    live.before(fresh);
    live.dataset.next = end;
    arrived([{ addedNodes: [fresh] }]);
  };
  const poll = (next) => {
    find("#console-live").dataset.next = next;
    arrived([{ addedNodes: [find("#console-live")] }]);
  };
  const scroll = async (top) => {
    lines.scrollTop = top;
    it.happens("scroll", {}, lines);
    await new Promise((done) => setImmediate(done));
  };
  const numbers = () => it.all(".console-line").map((one) => Number(one.dataset.at));
  const ends = () => [numbers()[0], numbers().at(-1)];
  return { ...it, lines, asked, kept, bring, poll, scroll, numbers, ends, status: () => it.find("[data-console-status]").textContent };
}

test("chunks that follow each other become one, but not beyond five hundred lines", () => {
  const { bring, all } = show([[0, 200]], { next: 200 });
  bring(200, 400);
  assert.equal(all(".console-chunk").length, 1);
  bring(400, 600);
  assert.deepEqual(all(".console-chunk").map(({ dataset }) => [dataset.start, dataset.end]), [["0", "400"], ["400", "600"]]);
});

test("who follows sees the end, and no more than the last lines are kept", () => {
  const { bring, ends, lines, status } = show([[0, 500]], { next: 500 });
  for (let start = 500; start < 4000; start += 500) bring(start, start + 500);
  assert.deepEqual(ends(), [1000, 3999]);
  assert.equal(lines.scrollTop, 3000);
  assert.equal(status(), "Following");
});

test("who reads further up keeps the place, and is told how much is new", async () => {
  const { bring, scroll, lines, status, find } = show([[0, 1000]], { next: 1000 });
  await scroll(700);
  bring(1000, 1020);
  bring(1020, 2020);
  assert.equal(status(), "Paused, 1,020 new lines");
  assert.equal(lines.scrollTop, 700);
  find("[data-console-resume]").click();
  assert.deepEqual([status(), lines.scrollTop], ["Following", 2020]);
});

test("a console that has ended follows nothing", async () => {
  const { scroll, status, find } = show([[0, 1000]], { next: 1000, polls: false });
  assert.equal(status(), "Ended");
  await scroll(700);
  assert.equal(status(), "Ended");
  assert.equal(find("[data-console-resume]").textContent, "To the end");
});

test("what stands above is read when the reader comes near it", async () => {
  const { scroll, asked, ends, lines } = show([[500, 1500]], { next: 1500, answers: { "before=500": [300, 500] } });
  await scroll(50);
  assert.deepEqual(asked, ["before=500"]);
  assert.deepEqual(ends(), [300, 1499]);
  assert.equal(lines.scrollTop, 250, "the same line as before");
});

test("lines that the poll will bring are left to it", async () => {
  const { find, ends, bring } = show([[490, 600]], { next: 600, answers: { "edge=start": [0, 700] } });
  find('[data-console-edge="start"]').click();
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(ends(), [0, 599]);
  bring(600, 610);
  assert.deepEqual(ends(), [0, 609]);
});

test("who went to the start is not shown what comes at the end", async () => {
  const { find, ends, bring, status } = show([[490, 600]], { next: 600, answers: { "edge=start": [0, 200] } });
  find('[data-console-edge="start"]').click();
  await new Promise((done) => setImmediate(done));
  bring(600, 610);
  assert.deepEqual(ends(), [0, 199]);
  assert.equal(status(), "Paused, 10 new lines");
});

test("lines that the script went back to are replaced by what comes", () => {
  const { bring, numbers, status, all } = show([[0, 150]], { next: 150 });
  bring(120, 160);
  assert.deepEqual(numbers(), Array.from({ length: 160 }, (_, at) => at));
  assert.deepEqual(all(".console-chunk").map(({ dataset }) => [dataset.start, dataset.end]), [["0", "160"]]);
  assert.equal(status(), "Following");
});

test("lines that became living again leave their chunk", () => {
  const { find, ends, poll } = show([[0, 150]], { next: 150 });
  poll(130);
  assert.deepEqual(ends(), [0, 129]);
  assert.equal(find(".console-chunk").dataset.end, "130");
});

test("lines that are replaced while one reads above are not counted as new", async () => {
  const { bring, scroll, status } = show([[0, 1000]], { next: 1000 });
  await scroll(700);
  bring(960, 1010);
  assert.equal(status(), "Paused, 10 new lines");
});

test("a chunk of a few lines is filled up with those above it", async () => {
  const { asked, ends } = show([[500, 503]], { next: 503, answers: { "before=500": [480, 500], "before=480": [0, 480] } });
  for (let times = 0; times < 9; times += 1) await new Promise((done) => setImmediate(done));
  assert.deepEqual(asked, ["before=500", "before=480"]);
  assert.deepEqual(ends(), [0, 502]);
});

test("what stands above living lines is read when they are all there is", async () => {
  const { asked, ends } = show([], { next: 500, answers: { "before=500": [300, 500] } });
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(asked, ["before=500"]);
  assert.deepEqual(ends(), [300, 499]);
});

test("times and wrapping are remembered", () => {
  const { find, kept } = show([[0, 10]], { next: 10 });
  find('[data-console-toggle="times"]').click();
  assert.deepEqual(kept, { "console-times": "off" });
  assert.equal(find("[data-console]").classList.contains("console-no-times"), true);
});

test("a search waits until one has typed, and its hits are walked around", async () => {
  const hits = [3, 7].map((at) => `<button data-console-hit="${at}">${at}</button>`).join("");
  const { find, all, clock, asked } = show([[0, 10]], { next: 10, found: hits });
  const field = find('[name="q"]'), form = find("form"), told = () => find("[data-console-hits]").textContent;
  form.action = "/search";
  field.write("er");
  clock.pass(200);
  field.write("error");
  clock.pass(250);
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(asked, ["q=error"]);
  assert.equal(told(), "2 found");
  const said = [1, 1, -1].map((by) => { all("[data-console-step]").find(({ dataset }) => Number(dataset.consoleStep) === by).click(); return told(); });
  assert.deepEqual(said, ["1 of 2", "2 of 2", "1 of 2"]);
  field.write("");
  clock.pass(250);
  assert.deepEqual([told(), find("[data-console-found]").hidden], ["", true]);
});
