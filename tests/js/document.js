// As much of a browser's document as the scripts in static/js need, so that node can run their logic in a moment.
// No layout and no styles; what depends on them is for tests/browser.
"use strict";

const VOID = new Set(["input", "br", "img", "meta", "link", "hr"]);
const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
const dashed = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

class Event {
  constructor(type, facts = {}) { Object.assign(this, { type, bubbles: false, defaultPrevented: false }, facts); }
  preventDefault() { this.defaultPrevented = true; }
  stopPropagation() { this.stopped = true; }
  stopImmediatePropagation() { this.stopped = this.cut = true; }
}

class Target {
  listeners = [];
  addEventListener(type, heard, how = false) { this.listeners.push({ type, heard, capture: how === true || Boolean(how.capture) }); }
  removeEventListener(type, heard) { this.listeners = this.listeners.filter((one) => one.type !== type || one.heard !== heard); }
  get path() { return [this]; }

  dispatchEvent(event) {
    event.target = this;
    const path = this.path, call = (place, capture) => {
      for (const one of place.listeners) if (one.type === event.type && one.capture === capture && !event.cut) one.heard(event);
    };
    for (const place of [...path].reverse()) if (!event.stopped) call(place, true);
    for (const place of event.bubbles ? path : path.slice(0, 1)) if (!event.stopped) call(place, false);
    return !event.defaultPrevented;
  }
}

class ClassList {
  constructor(element) { this.element = element; }
  get names() { return (this.element.getAttribute("class") ?? "").split(" ").filter(Boolean); }
  contains(name) { return this.names.includes(name); }
  toggle(name, on = !this.contains(name)) {
    this.element.setAttribute("class", [...this.names.filter((other) => other !== name), ...(on ? [name] : [])].join(" "));
  }
  add(name) { this.toggle(name, true); }
  remove(name) { this.toggle(name, false); }
}

class Element extends Target {
  parentElement = null;
  attributes = {};
  nodes = []; // elements and texts
  style = {};

  constructor(tag) {
    super();
    this.tag = tag;
    this.classList = new ClassList(this);
    this.dataset = new Proxy({}, {
      get: (_, name) => this.attributes[`data-${dashed(name)}`],
      set: (_, name, value) => { this.attributes[`data-${dashed(name)}`] = String(value); return true; },
      has: (_, name) => `data-${dashed(name)}` in this.attributes,
      deleteProperty: (_, name) => delete this.attributes[`data-${dashed(name)}`],
    });
    if (tag === "template") this.content = this;
  }

  get path() { return [this, ...(this.parentElement?.path ?? [])]; }
  getAttribute(name) { return this.attributes[name] ?? null; }
  setAttribute(name, value) { this.attributes[name] = String(value); }
  hasAttribute(name) { return name in this.attributes; }
  removeAttribute(name) { delete this.attributes[name]; }

  // The tree
  get children() { return this.nodes.filter((node) => node instanceof Element); }
  get childNodes() { return this.nodes; }
  get parentNode() { return this.parentElement; }
  get childElementCount() { return this.children.length; }
  get lastElementChild() { return this.children.at(-1) ?? null; }
  get nextElementSibling() { return this.beside(1); }
  get previousElementSibling() { return this.beside(-1); }
  beside(step) { return this.parentElement?.children[this.parentElement.children.indexOf(this) + step] ?? null; }
  get descendants() { return this.children.flatMap((child) => [child, ...(child.tag === "template" ? [] : child.descendants)]); }
  contains(other) { return other === this || this.descendants.includes(other); }
  remove() {
    const parent = this.parentElement;
    if (parent) parent.nodes = parent.nodes.filter((node) => node !== this);
    this.parentElement = null;
  }
  insert(place, nodes) {
    for (const node of nodes.flatMap((given) => (given.isFragment ? given.nodes : [given]))) {
      if (node instanceof Element) { node.remove(); node.parentElement = this; }
      this.nodes.splice(place, 0, node);
      place += 1;
    }
  }
  append(...nodes) { this.insert(this.nodes.length, nodes); }
  prepend(...nodes) { this.insert(0, nodes); }
  before(...nodes) { this.parentElement.insert(this.parentElement.nodes.indexOf(this), nodes); }
  after(...nodes) { this.parentElement.insert(this.parentElement.nodes.indexOf(this) + 1, nodes); }
  replaceChildren(...nodes) { for (const child of this.children) child.remove(); this.nodes = []; this.append(...nodes); }
  replaceWith(other) { this.before(other); this.remove(); }
  cloneNode() {
    const copy = new Element(this.tag);
    copy.isFragment = this.tag === "template";
    Object.assign(copy.attributes, this.attributes);
    copy.append(...this.nodes.map((node) => (node instanceof Element ? node.cloneNode() : node)));
    return copy;
  }
  get textContent() { return this.nodes.map((node) => (node instanceof Element ? node.textContent : node)).join(""); }
  set textContent(text) { this.replaceChildren(text); }
  set innerHTML(html) { this.replaceChildren(); parse(html, this); }

  // Selectors: lists of compounds of tag, #id, .class, [attribute] and :not(), below each other
  matches(selector) { return splitOutside(selector, ",").some((one) => this.fits(splitOutside(one, " "))); }
  fits(compounds) {
    const direct = compounds.at(-2) === ">", above = compounds.slice(0, direct ? -2 : -1);
    if (!this.is(compounds.at(-1))) return false;
    if (!above.length) return true;
    const [parent, ...further] = this.path.slice(1).filter((place) => place instanceof Element);
    return (direct ? [parent] : [parent, ...further]).some((place) => place?.fits(above));
  }
  is(compound) {
    return compound.match(/:not\([^)]*\)|\[[^\]]*\]|[#.]?[\w-]+/g).every((part) => {
      if (part.startsWith(":not(")) return !this.is(part.slice(5, -1));
      if (part[0] === "#") return this.id === part.slice(1);
      if (part[0] === ".") return this.classList.contains(part.slice(1));
      if (part[0] !== "[") return this.tag === part;
      const [, name, value] = /^\[([\w-]+)(?:=["']?(.*?)["']?)?\]$/.exec(part);
      return this.hasAttribute(name) && (value === undefined || this.getAttribute(name) === value);
    });
  }
  closest(selector) { return this.path.find((place) => place instanceof Element && place.matches(selector)) ?? null; }
  querySelectorAll(selector) { return this.descendants.filter((element) => element.matches(selector)); }
  querySelector(selector) { return this.querySelectorAll(selector)[0] ?? null; }

  // Forms
  get value() {
    if (this.kept !== undefined) return this.kept;
    if (this.tag === "select") return (this.selectedOptions[0] ?? this.options[0])?.value ?? "";
    return this.getAttribute("value") ?? (this.tag === "input" ? "" : this.textContent);
  }
  set value(text) { this.kept = String(text); }
  get options() { return this.querySelectorAll("option"); }
  get selectedOptions() { return this.options.filter((option) => (this.kept === undefined ? option.hasAttribute("selected") : option.value === this.kept)); }
  get selected() { return this.closest("select").selectedOptions.includes(this); }
  get text() { return this.textContent; }
  get form() { return this.closest("form"); }
  get elements() {
    const controls = this.querySelectorAll("input, select, textarea, button");
    return Object.assign(controls, Object.fromEntries(controls.map((control) => [control.name, control])));
  }
  requestSubmit() { this.submitted = this.dispatchEvent(new Event("submit", { bubbles: true })); }
  focus() { this.document.activeElement = this; }
  getBoundingClientRect() { return { top: 0, bottom: 0, height: 0 }; }
  setSelectionRange() {}
  scrollIntoView() {}
  get document() { return this.path.find((place) => place.isDocument); }
  click(facts) {
    if (this.type === "checkbox") this.checked = !this.checked;
    this.dispatchEvent(new Event("click", { bubbles: true, ...facts }));
    if (this.type !== "checkbox") return;
    for (const type of ["input", "change"]) this.dispatchEvent(new Event(type, { bubbles: true }));
  }
  write(text) { this.value = text; this.dispatchEvent(new Event("input", { bubbles: true })); }
}

// Properties that are attributes
for (const name of ["id", "name", "type", "content", "placeholder", "title", "href"]) {
  Object.defineProperty(Element.prototype, name, {
    configurable: true,
    get() { return this.getAttribute(name) ?? ""; },
    set(value) { if (name === "content") Object.defineProperty(this, name, { value }); else this.setAttribute(name, value); },
  });
}
for (const [property, name] of [["className", "class"], ["dateTime", "datetime"]]) {
  Object.defineProperty(Element.prototype, property, { get() { return this.getAttribute(name) ?? ""; }, set(value) { this.setAttribute(name, value); } });
}
for (const name of ["checked", "disabled", "hidden", "open", "webkitdirectory"]) {
  Object.defineProperty(Element.prototype, name, {
    get() { return this.hasAttribute(name); },
    set(on) { if (on) this.setAttribute(name, ""); else this.removeAttribute(name); },
  });
}

function splitOutside(text, separator) {
  const parts = text.replace(/\[[^\]]*\]/g, (inside) => inside.replaceAll(separator, "\0")).split(separator);
  return parts.map((part) => part.replaceAll("\0", separator).trim()).filter(Boolean);
}

function parse(html, root) {
  let place = root;
  for (const [, end, tag, attributes, text] of html.matchAll(/<(\/?)([\w-]+)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*>|([^<]+)/g)) {
    if (text !== undefined) { if (text.trim()) place.append(text); continue; }
    if (end) { place = place.parentElement; continue; }
    const element = new Element(tag);
    for (const [, name, value] of attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)) element.setAttribute(name, (value ?? "").replaceAll("&quot;", '"'));
    place.append(element);
    if (!VOID.has(tag)) place = element;
  }
}

class Document extends Target {
  isDocument = true;
  hidden = false;
  activeElement = null;
  documentElement = new Element("html");
  head = new Element("head");
  body = new Element("body");

  constructor(window, html) {
    super();
    this.window = window;
    Object.defineProperty(this.documentElement, "path", { get: () => [this.documentElement, ...this.path] });
    this.documentElement.append(this.head, this.body);
    parse(html, this.body);
  }

  get path() { return [this, this.window]; }
  createElement(tag) { return new Element(tag); }
  createElementNS(_, tag) { return new Element(tag); }
  getElementById(id) { return this.querySelector(`#${id}`); }
  querySelectorAll(selector) { return this.documentElement.querySelectorAll(selector); }
  querySelector(selector) { return this.documentElement.querySelector(selector); }
}

module.exports = { Document, Element, Event, Target };
