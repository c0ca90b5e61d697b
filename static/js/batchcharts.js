// The charts of a Batch: curves, a scatter and a heat map by Plotly, and parallel coordinates that filter the table.
"use strict";

(() => {
  const COLOURS = ["#5a52e0", "#0d8f6f", "#c2571a", "#b8338a", "#0a7fc2", "#8a7400", "#c23a45", "#5b7a1d", "#7a5ac8", "#2b8a99", "#a0522d", "#666f7d"];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function load(address) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error("The charts could not be loaded."));
      document.head.append(script);
    });
  }

  // Beside an axis Plotly leaves out names that are too long for their place; whole ones stand in the hover.
  const LONGEST = 16;
  const short = (text) => (String(text).length > LONGEST ? `${String(text).slice(0, LONGEST - 1)}…` : String(text));

  function axis(title) {
    const line = css("--border"), text = css("--muted");
    return { title: { text: title, font: { size: 12, color: text } }, gridcolor: line, zerolinecolor: line, linecolor: line, tickfont: { color: text, size: 11 }, automargin: true };
  }

  function layout(more) {
    return {
      margin: { l: 50, r: 16, t: 10, b: 44 }, autosize: true, showlegend: false, hovermode: "closest", dragmode: "zoom",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: css("--font"), color: css("--text"), size: 12 },
      hoverlabel: { bgcolor: css("--surface"), bordercolor: css("--border"), font: { color: css("--text"), size: 12 } }, ...more,
    };
  }

  const SETTINGS = { displaylogo: false, displayModeBar: false, responsive: false };
  // From what stands back to what stands out, on either ground.
  const scale = () => [[0, css("--border")], [0.5, dark.matches ? "#7f79c9" : "#a5a0e6"], [1, css("--link")]];

  // What the exponential moving average of each point is, started without a bias.
  function smooth(values, weight) {
    let sum = 0, seen = 0;
    return values.map((value) => {
      if (value === null || !weight) return value;
      sum = sum * weight + (1 - weight) * value;
      seen += 1;
      return sum / (1 - weight ** seen);
    });
  }

  class Charts {
    constructor(root) {
      this.root = root;
      this.charts = Object.fromEntries([...root.querySelectorAll("[data-chart]")].map((chart) => [chart.dataset.chart, chart]));
      this.curves = [];
      this.table = root.dataset.table;
      this.filters = new Map();
      root.addEventListener("input", (event) => { if (event.target.name === "smoothing") this.drawCurves(); });
      root.addEventListener("change", (event) => this.changed(event.target));
      dark.addEventListener("change", () => this.draw());
      new ResizeObserver(() => this.resize()).observe(root);
      this.start();
    }

    body(name) { return this.charts[name].querySelector(".chart-body, .chart-empty"); }
    field(name, field) { return this.charts[name].querySelector(`[name="${field}"]`); }

    say(name, text) {
      const place = this.body(name);
      if (window.Plotly && place.classList.contains("js-plotly-plot")) window.Plotly.purge(place);
      delete place.dataset.bound;
      place.textContent = text;
      place.className = "chart-empty muted";
    }

    async start() {
      try {
        this.Plotly = await load(this.root.dataset.plotly);
        await this.fetch();
      } catch (error) {
        for (const name of Object.keys(this.charts)) this.say(name, error.message);
      }
    }

    async fetch() {
      const [data, curves] = await Promise.all([this.ask(this.root.dataset.url), this.ask(this.curvesAddress())]);
      this.data = data;
      this.curves = curves.curves;
      this.metric = curves.metric;
      this.draw();
      if (data.live && "live" in this.root.dataset) setTimeout(() => this.again(), Number(this.root.dataset.live));
    }

    again() {
      if (document.hidden) setTimeout(() => this.again(), 1000);
      else this.fetch().catch(() => setTimeout(() => this.again(), 5000));
    }

    curvesAddress() { return `${this.root.dataset.curves}&most=${this.field("curves", "most").value}`; }

    async ask(address) {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error("The numbers for the charts could not be loaded.");
      return answer.json();
    }

    async changed(field) {
      if (!this.data) return;
      if (field.name === "most") this.curves = (await this.ask(this.curvesAddress())).curves;
      const chart = field.closest("[data-chart]")?.dataset.chart;
      if (chart === "curves") this.drawCurves();
      if (chart === "scatter") this.drawScatter();
      if (chart === "heat") this.drawHeat();
    }

    draw() {
      if (!this.data) return;
      this.choices();
      this.drawCurves();
      this.drawParallel();
      this.drawScatter();
      this.drawHeat();
    }

    // The columns that can be chosen; what was chosen stays.
    choices() {
      const all = this.data.columns, parameters = all.filter((column) => column.key.startsWith("p:"));
      const first = { scatter: { x: parameters[0]?.key ?? "time", y: this.data.metric, colour: parameters[1]?.key ?? "" }, heat: { x: parameters[0]?.key, y: parameters[1]?.key ?? parameters[0]?.key } };
      for (const [chart, fields] of Object.entries(first)) {
        for (const [name, wanted] of Object.entries(fields)) {
          const select = this.field(chart, name), before = select.options.length ? select.value : wanted;
          const options = chart === "heat" ? parameters : all;
          select.replaceChildren(...(name === "colour" ? [new Option("nothing", "")] : []), ...options.map((column) => new Option(column.label, column.key)));
          select.value = before;
        }
      }
    }

    column(key) { return this.data.columns.find((column) => column.key === key); }
    shown(column, index) { return column.texts ? column.texts[column.values[index]] : column.values[index]; }
    dressed(column) {
      const dress = axis(column.label);
      return column.texts ? { ...dress, type: "linear", tickvals: column.texts.map((_, place) => place), ticktext: column.texts.map(short) } : dress;
    }

    drawCurves() {
      const drawn = this.curves.filter((curve) => curve.x.length);
      if (!drawn.length) return this.say("curves", "No Run has reported points of this metric yet.");
      const weight = Number(this.field("curves", "smoothing").value), colour = (index) => COLOURS[index % COLOURS.length];
      const traces = drawn.flatMap((curve, index) => {
        const line = { x: curve.x, type: "scatter", mode: curve.x.length > 1 ? "lines" : "markers", name: `Run ${curve.run}`, line: { color: colour(index), width: 1.75 }, marker: { color: colour(index), size: 7 }, customdata: curve.x.map(() => curve.run), hovertemplate: `Run ${curve.run}: %{y}<br>${curve.label.replace(/[<>&]/g, "")}<extra></extra>` };
        const faint = weight ? [{ ...line, y: curve.y, opacity: 0.22, hoverinfo: "skip", hovertemplate: null }] : [];
        return [...faint, { ...line, y: smooth(curve.y, weight) }];
      });
      const place = this.ready("curves");
      const log = this.field("curves", "log").checked;
      this.Plotly.react(place, traces, layout({ xaxis: axis(""), yaxis: { ...axis(this.metric), type: log ? "log" : "linear" }, uirevision: String(log) }), SETTINGS);
      this.leadsToRun(place);
    }

    ready(name) {
      const place = this.charts[name].querySelector(".chart-body, .chart-empty");
      if (!place.classList.contains("chart-body")) {
        place.textContent = "";
        place.className = ["curves", "parallel"].includes(name) ? "chart-body is-tall" : "chart-body";
      }
      return place;
    }

    leadsToRun(place) {
      if (place.dataset.bound) return;
      place.dataset.bound = "1";
      place.on("plotly_click", (event) => {
        const run = event.points[0]?.customdata;
        if (run) location.href = this.root.dataset.run.replace("0", run);
      });
    }

    drawParallel() {
      const metric = this.column(this.data.metric);
      const columns = this.data.columns.filter((column) => column.values.some((value) => value !== null));
      if (!this.data.runs.length || columns.length < 2) return this.say("parallel", "Two columns with values are needed.");
      const there = metric ? metric.values.filter((value) => value !== null) : [];
      const low = there.reduce((a, b) => Math.min(a, b), Infinity), high = there.reduce((a, b) => Math.max(a, b), -Infinity);
      const less = this.data.direction === "min";
      const goodness = (index) => {
        const value = metric?.values[index];
        if (value === null || value === undefined || high <= low) return metric && (value ?? null) === null ? -1 : 1;
        return less ? (high - value) / (high - low) : (value - low) / (high - low);
      };
      const steps = scale().map(([, colour]) => colour), missing = css("--state-failed");
      const mixed = Array.from({ length: 21 }, (_, step) => `color-mix(in oklab, ${steps[2]} ${step * 5}%, ${dark.matches ? "#57534a" : "#c9c5b4"})`);
      const colours = (index) => (goodness(index) < 0 ? missing : mixed[Math.round(goodness(index) * 20)]);
      // The best are drawn last, over all others.
      const order = this.data.runs.map((_, index) => index).sort((a, b) => goodness(a) - goodness(b));
      this.parallel ??= new window.Parallel(this.ready("parallel"), (ranges) => this.brushed(ranges));
      this.parallel.show(columns, colours, order);
    }

    // Stretches of axes → filters of the table, in its own words: `0.1..0.5`, `=adam|=sgd`.
    brushed(ranges) {
      this.filters.clear();
      for (const [key, [low, high]] of ranges) {
        const column = this.column(key);
        const text = column.texts
          ? column.texts.map((text, at) => ({ at, text: column.exact ? String(column.exact[at]) : `=${text}` })).filter(({ at }) => low <= at && at <= high).map((level) => level.text).join("|")
          : `${low}..${high}`;
        this.filters.set(key, text || "=");
      }
      this.filterTable();
    }

    filterTable() {
      const query = new URLSearchParams(new URL(this.root.dataset.url, location.href).search);
      for (const [key, text] of this.filters) query.set(`f.${key}`, text);
      this.charts.parallel.querySelector("[data-brushed]").textContent = this.filters.size ? `${this.filters.size} brushed` : "";
      window.htmx.ajax("GET", `${this.table}?${query}`, { target: "#matrix", swap: "outerHTML" });
    }

    drawScatter() {
      const [x, y, colour] = ["x", "y", "colour"].map((name) => this.column(this.field("scatter", name).value));
      if (!x || !y) return this.say("scatter", "There is nothing to draw yet.");
      const many = this.data.runs.length > 2000;
      const text = this.data.runs.map((run, index) => `Run ${run}${colour ? `, ${colour.label} ${this.shown(colour, index)}` : ""}`);
      const place = this.ready("scatter");
      this.Plotly.react(place, [{
        x: x.values, y: y.values, type: "scatter", mode: "markers", customdata: this.data.runs, text, hovertemplate: "%{text}<br>%{x}, %{y}<extra></extra>",
        marker: { size: many ? 4 : 8, opacity: many ? 0.6 : 0.85, color: colour ? colour.values : COLOURS[0], ...(colour ? { colorscale: scale(), showscale: true, colorbar: { thickness: 10, title: { text: colour.label, font: { size: 11 } }, ...(colour.faces ? { tickvals: colour.faces.map((_, at) => at), ticktext: colour.faces.map(short) } : {}) } } : {}) },
      }], layout({ xaxis: this.dressed(x), yaxis: this.dressed(y) }), SETTINGS);
      this.leadsToRun(place);
    }

    drawHeat() {
      const [x, y] = ["x", "y"].map((name) => this.column(this.field("heat", name).value)), metric = this.column(this.data.metric);
      if (!x || !y || x === y || !metric) return this.say("heat", "Two parameters that vary are needed.");
      const levels = (column) => (column.texts ? column.texts.map((text, at) => ({ at, text })) : [...new Set(column.values)].sort((a, b) => a - b).map((at) => ({ at, text: String(at) })));
      const across = levels(x), up = levels(y), sums = up.map(() => across.map(() => [0, 0]));
      const place = (list) => new Map(list.map(({ at }, index) => [at, index]));
      const toX = place(across), toY = place(up);
      metric.values.forEach((value, index) => {
        if (value === null) return;
        const sum = sums[toY.get(y.values[index])][toX.get(x.values[index])];
        sum[0] += value;
        sum[1] += 1;
      });
      const z = sums.map((row) => row.map(([sum, count]) => (count ? sum / count : null)));
      const category = (column, list) => ({ ...axis(column.label), type: "linear", tickvals: list.length > 20 ? undefined : list.map((_, index) => index), ticktext: list.length > 20 ? undefined : list.map(({ text }) => short(text)) });
      this.Plotly.react(this.ready("heat"), [{
        type: "heatmap", z, colorscale: scale(), reversescale: this.data.direction === "min", colorbar: { thickness: 10 }, xgap: 1, ygap: 1,
        text: sums.map((row, line) => row.map(([, count], at) => `${x.label} ${across[at].text}, ${y.label} ${up[line].text}: ${count} ${count === 1 ? "Run" : "Runs"}`)), hovertemplate: "%{text}<br>%{z}<extra></extra>",
      }], layout({ xaxis: category(x, across), yaxis: category(y, up) }), SETTINGS);
    }

    resize() {
      if (!this.Plotly) return;
      for (const body of this.root.querySelectorAll(".js-plotly-plot")) if (body.clientWidth) this.Plotly.Plots.resize(body);
    }
  }

  for (const root of document.querySelectorAll("[data-batch-charts]")) new Charts(root);
})();
