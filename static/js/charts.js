// The metrics of an Execution as charts, drawn by Plotly, which is fetched when there is something to draw.
"use strict";

(() => {
  const COLOURS = ["#5a52e0", "#0d8f6f", "#c2571a", "#b8338a", "#0a7fc2", "#8a7400", "#c23a45", "#5b7a1d"];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const FEW = 12;
  let loading = null;

  function plotly(address) {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => { loading = null; reject(new Error("The charts could not be loaded.")); };
      document.head.append(script);
    });
    return loading;
  }

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function layout(points, logarithmic) {
    const line = css("--border"), text = css("--muted");
    const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, tickfont: { color: text, size: 11 }, automargin: true };
    const positive = points.y.some((value) => value > 0);
    return {
      margin: { l: 44, r: 14, t: 8, b: 30 }, height: 230, autosize: true, showlegend: false, hovermode: "x unified",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: css("--font"), color: css("--text") },
      hoverlabel: { bgcolor: css("--surface"), bordercolor: line, font: { color: css("--text"), size: 12 } },
      xaxis: axis, yaxis: { ...axis, type: logarithmic && positive ? "log" : "linear", rangemode: "normal" },
      uirevision: logarithmic ? "log" : "linear", // keeps the reader's zoom while points come in
    };
  }

  function figures(value) {
    if (value === null || value === undefined) return "–";
    const isLarge = Math.abs(value) >= 1e5 && Math.abs(value) < 1e15; // written out, as in the table beside it
    if (isLarge) return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
    return Number(value.toPrecision(5)).toLocaleString("en-US", { maximumSignificantDigits: 5 });
  }

  class Charts {
    constructor(root) {
      this.root = root;
      this.own = root.querySelector("[data-charts-own]");
      this.system = root.querySelector("[data-charts-system]");
      this.box = root.querySelector("[data-charts-system-box]");
      this.log = root.querySelector("[data-charts-log]");
      this.seen = "";
      this.series = {};
      this.live = "live" in root.dataset;
      this.log.addEventListener("change", () => this.draw());
      this.box.addEventListener("toggle", () => this.draw());
      dark.addEventListener("change", () => this.draw());
      // Of many charts only those that are looked at are drawn: there can be a thousand.
      this.watch = new IntersectionObserver((entries) => {
        for (const { target, isIntersecting } of entries) target.toggleAttribute("data-seen", isIntersecting);
        this.draw();
      }, { rootMargin: "300px" });
      new ResizeObserver(() => this.resize()).observe(root);
      if (this.live || root.querySelector("tbody tr")) this.fetch();
    }

    // Twice as slow as the console: a curve says as much.
    later() {
      if (this.live) setTimeout(() => (document.hidden ? this.later() : this.fetch()), 2 * Number(this.root.dataset.live));
    }

    async fetch() {
      try {
        const answer = await fetch(`${this.root.dataset.url}?seen=${this.seen}`, { headers: { Accept: "application/json" } });
        if (answer.status === 200) await this.take(await answer.json());
        else if (answer.status !== 204 && answer.status < 500) this.live = false;
      } catch {
        // The server is away; the poll of the page says so, and this one goes on.
      }
      this.later();
    }

    async take(data) {
      const first = this.seen === "" || this.live;
      this.live = data.live;
      this.series = data.series;
      this.seen = data.seen;
      if (first && this.live) window.htmx?.trigger("#run-metric-table", "points");
      if (Object.keys(this.series).length) await this.draw();
    }

    async draw() {
      const names = Object.keys(this.series);
      if (!names.length) return;
      const Plotly = await plotly(this.root.dataset.plotly);
      const shown = names.filter((name) => this.series[name].y.length);
      this.box.hidden = !shown.some((name) => this.series[name].is_system);
      this.log.hidden = !shown.some((name) => !this.series[name].is_system);
      this.few = shown.length <= FEW;
      shown.forEach((name, index) => this.drawOne(Plotly, name, COLOURS[index % COLOURS.length]));
    }

    drawOne(Plotly, name, colour) {
      const points = this.series[name];
      if (points.is_system && !this.box.open) return;
      const chart = this.chart(name, points.is_system ? this.system : this.own);
      if (!this.few && !chart.hasAttribute("data-seen")) return;
      const last = points.y.findLast((value) => value !== null);
      chart.querySelector(".num").textContent = figures(last);
      const single = points.x.length < 2;
      const trace = {
        x: points.x, y: points.y, type: "scatter", mode: points.x.length > 60 ? "lines" : "lines+markers", name: "",
        line: { color: colour, width: 1.75 }, marker: { size: single ? 8 : 4, color: colour }, hovertemplate: "%{y}", connectgaps: false,
      };
      const logarithmic = this.log.querySelector("input").checked && !points.is_system;
      Plotly.react(chart.querySelector(".chart-body"), [trace], layout(points, logarithmic), {
        displaylogo: false, displayModeBar: false, responsive: false, scrollZoom: false,
      });
    }

    chart(name, place) {
      const found = [...place.children].find((chart) => chart.dataset.name === name);
      if (found) return found;
      const chart = document.createElement("figure");
      chart.className = "chart";
      chart.dataset.name = name;
      chart.innerHTML = '<figcaption class="chart-title"><span class="clip"></span><span class="num"></span></figcaption><div class="chart-body" aria-hidden="true"></div>';
      const title = chart.querySelector(".clip");
      title.textContent = title.title = name;
      place.append(chart);
      this.watch.observe(chart);
      return chart;
    }

    resize() {
      if (!window.Plotly) return;
      for (const body of this.root.querySelectorAll(".chart-body.js-plotly-plot")) {
        if (body.clientWidth) window.Plotly.Plots.resize(body);
      }
    }
  }

  for (const root of document.querySelectorAll("[data-charts]")) new Charts(root);
})();
