"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { page } = require("./page.js");

// Parallel coordinates

const LR = { key: "p:lr", label: "lr", values: [0.1, 0.2, null, 0.4] };
const MODE = { key: "p:mode", label: "mode", values: [0, 1, 1, 2], texts: ["adam", "sgd", "rms"] };

function parallel(...columns) {
  const brushed = [], it = page('<div id="place"></div>', ["parallel"]);
  const made = new it.window.Parallel(it.find("#place"), (ranges) => brushed.push(Object.fromEntries(ranges)));
  const pen = { scale() {}, beginPath() {}, moveTo() {}, lineTo() {}, stroke() {} };
  made.canvas.getContext = () => pen;
  Object.assign(made.place, { clientWidth: 400, clientHeight: 272 });
  Object.assign(made.svg, { getBoundingClientRect: () => ({ top: 0 }), setPointerCapture() {} });
  made.show(columns, () => "red", [0, 1, 2, 3]);
  const drag = (axis, from, to) => {
    const grip = made.svg.querySelectorAll(".parallel-grip")[axis];
    const at = (type, clientY) => ({ type, clientY, bubbles: true, preventDefault() {} });
    grip.dispatchEvent(at("pointerdown", from));
    made.svg.dispatchEvent(at("pointerup", to));
    return brushed.at(-1);
  };
  return { made, drag };
}

test("an axis runs from the least to the greatest value, and around a single one", () => {
  const same = { key: "p:n", label: "n", values: [3, 3, 3, 3] };
  assert.deepEqual(JSON.parse(JSON.stringify(parallel(LR, MODE, same).made.ends)), [[0.1, 0.4], [0, 2], [2.5, 3.5]]);
});

test("what has no value stands below its axis", () => {
  const { made } = parallel(LR, MODE);
  const ends = [made.y(0, 0.1), made.y(0, 0.4)];
  assert.deepEqual(ends, [242, 42]);
  assert.ok(made.y(0, null) > Math.max(...ends));
});

test("a stretch of numbers is what was dragged over, from either end", () => {
  const { made, drag } = parallel(LR, MODE);
  for (const [from, to] of [[42, 142], [142, 42]]) {
    const [low, high] = drag(0, from, to)["p:lr"];
    assert.deepEqual([low.toFixed(6), high.toFixed(6)], ["0.250000", "0.400000"]);
  }
  assert.deepEqual([0, 1, 2, 3].filter((run) => made.passes(run)), [3], "no value is in no stretch");
});

test("a stretch of options takes those whose middle it covers", () => {
  const { made, drag } = parallel(LR, MODE);
  drag(1, 242, 140);
  assert.deepEqual([0, 1, 2, 3].filter((run) => made.passes(run)), [0, 1, 2]);
});

test("a click takes a stretch away", () => {
  const { made, drag } = parallel(LR, MODE);
  drag(0, 42, 142);
  assert.deepEqual(drag(0, 100, 101), {});
  assert.ok([0, 1, 2, 3].every((run) => made.passes(run)));
});

// The charts of a Batch

const RUNS = { metric: "m:loss", direction: "min", runs: [11, 12, 13, 14], live: false };
const LOSS = { key: "m:loss", label: "loss", values: [4, null, 2, 3] };

async function batchCharts({ columns = [LR, MODE, LOSS], curves = [], smoothing = "0", heat }) {
  const drawn = {}, asked = [];
  const answers = { "/data": { ...RUNS, columns }, "/curves": { curves, metric: "loss" } };
  const chart = (name, controls) => `<div data-chart="${name}">${controls}<div class="chart-empty"></div></div>`;
  const selects = (...names) => names.map((name) => `<select name="${name}"></select>`).join("");
  const it = page(`<div data-batch-charts data-url="/data?f.state=ended" data-curves="/curves?" data-table="/table">
    ${chart("curves", `<input name="smoothing" value="${smoothing}"><input name="most" value="20"><input name="log">`)}
    ${chart("parallel", "<b data-brushed></b>")}${chart("scatter", selects("x", "y", "colour"))}${chart("heat", selects("x", "y"))}</div>`,
  ["batchcharts"], {
    Plotly: { react(place, traces) { place.on = () => {}; drawn[place.closest("[data-chart]").dataset.chart] = traces; } },
    Parallel: class { constructor(_, brushed) { drawn.brush = brushed; } show(_, colours, order) { Object.assign(drawn, { colours, order }); } },
    Option: class { constructor(text, value) { return Object.assign(it.document.createElement("option"), { textContent: text, value }); } },
    fetch: async (address) => ({ ok: true, json: async () => answers[address.split("?")[0]] }),
    htmx: { ajax: (_, address) => asked.push(Object.fromEntries(new URL(address, "http://x").searchParams)) },
  });
  it.document.head.children[0].onload();
  await new Promise((done) => setImmediate(done));
  if (heat) {
    const [x, y] = it.all('[data-chart="heat"] select');
    [x.value, y.value] = heat;
    it.happens("change", {}, x);
    await new Promise((done) => setImmediate(done));
  }
  return { ...it, drawn, asked, brush: (ranges) => drawn.brush(new Map(Object.entries(ranges))) };
}

// Arrays of the page's own realm, as the test's own
const plain = (value) => JSON.parse(JSON.stringify(value));

test("a smoothed curve starts at its first point, and keeps gaps", async () => {
  const curve = { run: 11, label: "lr 0.1", x: [1, 2, 3, 4], y: [8, null, 4, 4] };
  const { drawn } = await batchCharts({ curves: [curve], smoothing: "0.5" });
  const [faint, line] = drawn.curves;
  assert.deepEqual(plain(faint.y), curve.y);
  assert.deepEqual(plain(line.y).map((y) => y && Number(y.toFixed(3))), [8, null, 5.333, 4.571]);
});

test("a curve that is not smoothed is drawn once, as it is", async () => {
  const { drawn } = await batchCharts({ curves: [{ run: 11, label: "", x: [1, 2], y: [8, 4] }, { run: 12, label: "", x: [], y: [] }] });
  assert.deepEqual(plain(drawn.curves).map(({ y }) => y), [[8, 4]]);
});

test("charts without anything to draw say so", async () => {
  const { find } = await batchCharts({ columns: [LOSS] });
  const said = (name) => find(`[data-chart="${name}"] .chart-empty`).textContent;
  assert.equal(said("curves"), "No Run has reported points of this metric yet.");
  assert.equal(said("parallel"), "Two columns with values are needed.");
  assert.equal(said("heat"), "Two parameters that vary are needed.");
});

test("the best Run is drawn last, and those without the metric first", async () => {
  const { drawn } = await batchCharts({});
  assert.deepEqual(plain(drawn.order), [1, 0, 3, 2]);
});

test("stretches become filters of the table, beside those that it has", async () => {
  const { brush, asked, find } = await batchCharts({});
  brush({ "p:lr": [0.1, 0.25], "p:mode": [-0.4, 1.4] });
  assert.deepEqual(asked, [{ "f.state": "ended", "f.p:lr": "0.1..0.25", "f.p:mode": "=adam|=sgd" }]);
  assert.equal(find("[data-brushed]").textContent, "2 brushed");
  brush({});
  assert.deepEqual(asked[1], { "f.state": "ended" });
  assert.equal(find("[data-brushed]").textContent, "");
});

test("options that are numbers are filtered by their exact text", async () => {
  const { brush, asked } = await batchCharts({ columns: [LR, { ...MODE, exact: ["=1", "=1.0", "=2"] }, LOSS] });
  brush({ "p:mode": [0.6, 1.4] });
  assert.equal(asked[0]["f.p:mode"], "=1.0");
});

test("a stretch between all options leaves no Run", async () => {
  const { brush, asked } = await batchCharts({});
  brush({ "p:mode": [0.2, 0.4] });
  assert.equal(asked[0]["f.p:mode"], "=");
});

test("a cell of the heat map is the mean of its Runs, and empty without any", async () => {
  const size = { key: "p:size", label: "size", values: [10, 10, 20, 10] };
  const mode = { ...MODE, values: [0, 1, 1, 0] };
  const { drawn } = await batchCharts({ columns: [size, mode, LOSS], heat: ["p:size", "p:mode"] });
  const [{ z, text }] = plain(drawn.heat);
  assert.deepEqual(z, [[3.5, null], [null, 2], [null, null]]);
  assert.equal(text[0][0], "size 10, mode adam: 2 Runs");
});
