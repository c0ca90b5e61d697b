// Parallel coordinates on a canvas: a line for each Run, an axis for each column, stretches that are dragged out.
// Needs neither WebGL nor eval, which Plotly's own need. Knows no Batches: see batchcharts.js.
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const TOP = 42, BOTTOM = 30, SIDE = 56, GRIP = 26, FEWEST_PIXELS = 4;

  function shape(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  const figures = (value) => Number(value.toPrecision(3)).toString();

  class Parallel {
    // `colours` gives a Run's colour by its place, `brushed` is called with Map(key → [low, high]).
    constructor(place, brushed) {
      this.place = place;
      this.brushed = brushed;
      this.ranges = new Map();
      place.classList.add("parallel");
      this.canvas = document.createElement("canvas");
      this.svg = shape("svg", { role: "img", "aria-label": "Parallel coordinates; the table below holds the same numbers" });
      place.replaceChildren(this.canvas, this.svg);
      new ResizeObserver(() => this.draw()).observe(place);
      this.svg.addEventListener("pointerdown", (event) => this.grip(event));
    }

    show(columns, colours, order) {
      Object.assign(this, { columns, colours, order });
      this.ends = columns.map((column) => {
        if (column.texts) return [0, Math.max(column.texts.length - 1, 1)];
        const there = column.values.filter((value) => value !== null);
        let [low, high] = [Infinity, -Infinity];
        for (const value of there) { if (value < low) low = value; if (value > high) high = value; }
        return low === high ? [low - 0.5, high + 0.5] : [low, high];
      });
      this.draw();
    }

    x(axis) { return SIDE + (axis * (this.width - 2 * SIDE)) / Math.max(this.columns.length - 1, 1); }
    // What has no value stands below the axis.
    y(axis, value) {
      if (value === null) return this.height - 8;
      const [low, high] = this.ends[axis];
      return this.height - BOTTOM - ((value - low) / (high - low)) * (this.height - TOP - BOTTOM);
    }
    value(axis, y) {
      const [low, high] = this.ends[axis];
      return low + ((this.height - BOTTOM - y) / (this.height - TOP - BOTTOM)) * (high - low);
    }

    passes(index) {
      return this.columns.every((column) => {
        const range = this.ranges.get(column.key);
        return !range || (column.values[index] !== null && range[0] <= column.values[index] && column.values[index] <= range[1]);
      });
    }

    draw() {
      if (!this.columns || !this.place.clientWidth) return;
      this.width = Math.max(this.place.clientWidth, this.columns.length * 84);
      this.height = this.place.clientHeight;
      const ratio = window.devicePixelRatio || 1;
      for (const surface of [this.canvas, this.svg]) Object.assign(surface.style, { width: `${this.width}px`, height: `${this.height}px` });
      this.canvas.width = this.width * ratio;
      this.canvas.height = this.height * ratio;
      const pen = this.canvas.getContext("2d");
      pen.scale(ratio, ratio);
      const style = getComputedStyle(document.documentElement), back = style.getPropertyValue("--border").trim();
      const many = this.order.length > 500;
      const [inside, outside] = [[], []];
      for (const index of this.order) (this.passes(index) ? inside : outside).push(index);
      pen.lineJoin = "round";
      for (const [group, width, alpha, colour] of [[outside, 1, many ? 0.15 : 0.6, () => back], [inside, many ? 1 : 1.6, many ? 0.4 : 0.85, this.colours]]) {
        pen.lineWidth = width;
        pen.globalAlpha = alpha;
        for (const index of group) {
          pen.strokeStyle = colour(index);
          pen.beginPath();
          this.columns.forEach((column, axis) => pen[axis ? "lineTo" : "moveTo"](this.x(axis), this.y(axis, column.values[index])));
          pen.stroke();
        }
      }
      this.axes();
    }

    axes() {
      const parts = this.columns.flatMap((column, axis) => {
        const x = this.x(axis), top = TOP, bottom = this.height - BOTTOM, [low, high] = this.ends[axis];
        const name = shape("text", { x, y: 16, "text-anchor": "middle", class: "parallel-name" }, column.label.length > 14 ? `${column.label.slice(0, 13)}…` : column.label);
        name.append(shape("title", {}, column.label));
        const step = column.texts ? Math.ceil(column.texts.length / 14) : 1;
        const ticks = column.texts
          ? column.texts.map((text, at) => [at, text.length > 12 ? `${text.slice(0, 11)}…` : text]).filter(([at]) => at % step === 0)
          : [0, 0.25, 0.5, 0.75, 1].map((share) => [low + share * (high - low), figures(low + share * (high - low))]);
        const labels = ticks.flatMap(([at, text]) => [
          shape("line", { x1: x - 4, x2: x + 4, y1: this.y(axis, at), y2: this.y(axis, at), class: "parallel-axis" }),
          shape("text", { x: x + 7, y: this.y(axis, at) + 4, class: "parallel-tick" }, text),
        ]);
        const range = this.ranges.get(column.key);
        const stretch = range ? [shape("rect", { x: x - 6, width: 12, rx: 2, y: this.y(axis, Math.min(range[1], high)), height: Math.max(2, this.y(axis, Math.max(range[0], low)) - this.y(axis, Math.min(range[1], high))), class: "parallel-range" })] : [];
        const grip = shape("rect", { x: x - GRIP / 2, width: GRIP, y: top - 8, height: bottom - top + 16, class: "parallel-grip", "data-axis": axis });
        return [name, shape("line", { x1: x, x2: x, y1: top, y2: bottom, class: "parallel-axis" }), ...labels, ...stretch, grip];
      });
      if (this.columns.some((column) => column.values.includes(null))) parts.push(shape("text", { x: 4, y: this.height - 4, class: "parallel-tick" }, "no value"));
      this.svg.replaceChildren(...parts);
    }

    // A stretch is dragged out along an axis; a click takes it away.
    grip(event) {
      const axis = event.target.dataset?.axis;
      if (axis === undefined) return;
      event.preventDefault();
      const column = this.columns[axis], box = this.svg.getBoundingClientRect(), start = event.clientY - box.top;
      const half = column.texts ? 0.499 : 0;
      this.svg.setPointerCapture(event.pointerId);
      const move = (moved) => {
        const end = moved.clientY - box.top;
        if (Math.abs(end - start) < FEWEST_PIXELS) this.ranges.delete(column.key);
        else {
          const ends = [this.value(axis, Math.max(start, end)), this.value(axis, Math.min(start, end))];
          this.ranges.set(column.key, half ? [Math.floor(ends[0] + half) - 0.4, Math.ceil(ends[1] - half) + 0.4] : ends);
        }
        this.draw();
      };
      const up = (last) => {
        move(last);
        this.svg.removeEventListener("pointermove", move);
        this.svg.removeEventListener("pointerup", up);
        this.svg.removeEventListener("pointercancel", up);
        this.brushed(this.ranges);
      };
      this.svg.addEventListener("pointermove", move);
      this.svg.addEventListener("pointerup", up);
      this.svg.addEventListener("pointercancel", up);
    }
  }

  window.Parallel = Parallel;
})();
