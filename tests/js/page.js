// A page with the scripts of static/js that run on it, a clock that the test moves, and what the page asked for.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");
const { Document, Event, Target } = require("./document.js");

const SCRIPTS = path.join(__dirname, "..", "..", "static", "js");

class Clock {
  constructor(now) { this.now = now; this.waiting = []; }
  after(work, wait, every = null) { this.waiting.push({ work, at: this.now + (wait ?? 0), every }); return this.waiting.at(-1); }
  clear(one) { this.waiting = this.waiting.filter((other) => other !== one); }
  pass(milliseconds) {
    const end = this.now + milliseconds;
    for (;;) {
      const [next] = this.waiting.filter((one) => one.at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.now = next.at;
      if (next.every) next.at += next.every; else this.clear(next);
      next.work();
    }
    this.now = end;
  }
}

class FormData {
  constructor() { this.pairs = []; }
  append(name, value) { this.pairs.push([name, value]); }
  delete(name) { this.pairs = this.pairs.filter(([other]) => other !== name); }
}

// `page(html, scripts, globals)`: the scripts by name, in order; `globals` are what a script finds beside.
function page(html, scripts, globals = {}) {
  const clock = new Clock(Date.parse("2026-03-01T12:00:00Z"));
  const window = new Target(), document = new Document(window, html);
  class PageDate extends Date {
    static now() { return clock.now; }
  }
  const observer = class { observe() {} };
  Object.assign(window, {
    window, document, FormData, Event, CustomEvent: Event, Date: PageDate, URL, URLSearchParams, console,
    location: { href: "http://127.0.0.1/", assign(address) { this.href = address; } },
    addEventListener: Target.prototype.addEventListener.bind(window),
    setTimeout: (work, wait) => clock.after(work, wait), clearTimeout: (one) => clock.clear(one),
    setInterval: (work, wait) => clock.after(work, wait, wait),
    matchMedia: () => new Target(), ResizeObserver: observer, MutationObserver: observer,
    getComputedStyle: () => ({ getPropertyValue: () => "" }),
    ...globals,
  });
  vm.createContext(window);
  const run = (name, more = {}) => {
    Object.assign(window, more);
    vm.runInContext(fs.readFileSync(path.join(SCRIPTS, `${name}.js`), "utf8"), window, { filename: `static/js/${name}.js` });
  };
  for (const name of scripts) run(name);
  const find = (selector) => document.querySelector(selector);
  const happens = (type, detail, target = document) => target.dispatchEvent(new Event(type, { bubbles: true, detail }));
  return { window, document, clock, run, find, all: (selector) => document.querySelectorAll(selector), happens };
}

module.exports = { page };
