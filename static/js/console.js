// The console of the Run page: follows the end, loads what is above when it is scrolled to, searches, jumps.
// What is new comes by the markup's own polling (see _console_live.html); here is only what happens around it.
"use strict";

(() => {
  const MOST = 3000;   // lines kept in the page
  const MERGED = 500;  // small chunks are joined up to so many lines
  const NEAR = 600;    // pixels from an edge at which the next chunk is fetched
  const PINNED = 24;   // pixels from the end that still count as being there

  class Console {
    constructor(root) {
      this.root = root;
      this.url = root.dataset.url;
      this.lines = root.querySelector(".console-lines");
      this.status = root.querySelector("[data-console-status]");
      this.resume = root.querySelector("[data-console-resume]");
      this.following = true;
      this.unread = 0;
      this.newest = -1; // the offset of the last line that came
      this.newest = Number(this.later([...this.chunks, this.live]).at(-1)?.dataset.at ?? -1);
      this.busy = false;
      this.hits = [];
      this.current = -1;
      this.restore();
      this.bind();
      this.tidy();
      this.toEnd();
      this.fill();
    }

    get live() { return this.lines.querySelector("#console-live"); }
    get next() { return Number(this.live.dataset.next); }
    get chunks() { return [...this.lines.querySelectorAll(".console-chunk")]; }
    get attached() { const last = this.chunks.at(-1); return !last || Number(last.dataset.end) >= this.next; }
    get atEnd() { return this.lines.scrollHeight - this.lines.scrollTop - this.lines.clientHeight < PINNED; }

    bind() {
      this.lines.addEventListener("scroll", () => this.scrolled(), { passive: true });
      this.lines.addEventListener("keydown", (event) => this.key(event));
      this.resume.addEventListener("click", () => this.jumpEnd());
      new MutationObserver((changes) => this.arrived(changes)).observe(this.lines, { childList: true });
      new ResizeObserver(() => { if (this.following) this.toEnd(); }).observe(this.lines);
      this.root.addEventListener("click", (event) => this.click(event));
      const form = this.root.querySelector("[data-console-search]"), field = form.elements.q;
      let timer = 0;
      field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => this.search(field.value), 250); });
      form.addEventListener("submit", (event) => { event.preventDefault(); this.enter(field.value, timer); });
      field.addEventListener("keydown", (event) => {
        if (event.key === "Escape") { field.value = ""; this.search(""); this.lines.focus(); }
        if (event.key === "Enter" && event.shiftKey) { event.preventDefault(); this.step(-1); }
      });
    }

    click(event) {
      const toggle = event.target.closest("[data-console-toggle]");
      if (toggle) this.toggle(toggle.dataset.consoleToggle);
      const edge = event.target.closest("[data-console-edge]");
      if (edge) edge.dataset.consoleEdge === "start" ? this.jumpStart() : this.jumpEnd();
      const step = event.target.closest("[data-console-step]");
      if (step) this.step(Number(step.dataset.consoleStep));
      const hit = event.target.closest("[data-console-hit]");
      if (hit) this.choose(this.hits.indexOf(hit));
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Home") { event.preventDefault(); this.jumpStart(); }
      if (event.key === "End") { event.preventDefault(); this.jumpEnd(); }
      if (event.key === "/") { event.preventDefault(); this.root.querySelector("[data-console-search] input").focus(); }
    }

    // Times and wrapping: remembered from page to page
    restore() {
      for (const name of ["times", "wrap"]) this.show(name, localStorage.getItem(`console-${name}`) !== "off");
    }

    show(name, on) {
      this.root.classList.toggle(name === "times" ? "console-no-times" : "console-nowrap", !on);
      this.root.querySelector(`[data-console-toggle="${name}"]`).setAttribute("aria-pressed", String(on));
    }

    toggle(name) {
      const on = this.root.querySelector(`[data-console-toggle="${name}"]`).getAttribute("aria-pressed") !== "true";
      const anchor = this.firstVisible(), top = anchor?.getBoundingClientRect().top;
      localStorage.setItem(`console-${name}`, on ? "on" : "off");
      this.show(name, on);
      if (this.following) this.toEnd();
      else if (anchor) this.lines.scrollTop += anchor.getBoundingClientRect().top - top;
    }

    firstVisible() {
      const top = this.lines.getBoundingClientRect().top;
      for (const chunk of this.chunks) {
        if (chunk.getBoundingClientRect().bottom <= top) continue;
        for (const line of chunk.children) if (line.getBoundingClientRect().bottom > top) return line;
      }
      return null;
    }

    // Following
    toEnd() {
      this.lines.scrollTop = this.lines.scrollHeight;
      this.following = true;
      this.unread = 0;
      this.tell();
    }

    scrolled() {
      const was = this.following;
      this.following = this.attached && this.atEnd;
      if (this.following) this.unread = 0;
      if (was !== this.following) this.tell();
      if (this.lines.scrollTop < NEAR) this.loadAbove();
      if (!this.attached && this.lines.scrollHeight - this.lines.scrollTop - this.lines.clientHeight < NEAR) this.loadBelow();
    }

    tell() {
      const polls = this.live.hasAttribute("hx-get");
      let words = polls ? "Following" : "Ended";
      if (!this.following && polls) words = this.unread ? `Paused, ${this.unread.toLocaleString("en-US")} new line${this.unread === 1 ? "" : "s"}` : "Paused";
      if (this.status.textContent !== words) this.status.textContent = words;
      this.resume.hidden = this.following;
      this.resume.textContent = polls ? "Follow" : "To the end";
      this.live.classList.toggle("sr-only", !this.attached);
    }

    // What the poll brought stands before the new #console-live
    arrived(changes) {
      const fresh = changes.flatMap((change) => [...change.addedNodes])
        .filter((node) => node.parentNode === this.lines && node.matches?.(".console-chunk") && !node.dataset.known);
      if (!this.following) this.unread += this.later([...fresh, this.live]).length;
      this.newest = Number(this.later([...fresh, this.live]).at(-1)?.dataset.at ?? this.newest);
      for (const chunk of fresh) this.accept(chunk);
      this.cut(this.next);
      this.tidy();
      if (this.following) this.toEnd();
      else this.tell();
      this.fill();
    }

    // Lines from an offset on have changed, since the script went up to them: what comes stands for them
    cut(offset, but) {
      for (const chunk of this.chunks.reverse()) {
        if (chunk === but) continue;
        if (Number(chunk.dataset.end) <= offset) break;
        while (Number(chunk.lastElementChild?.dataset.at ?? -1) >= offset) chunk.lastElementChild.remove();
        chunk.dataset.end = String(offset);
        if (!chunk.childElementCount) chunk.remove();
      }
    }

    later(parts) {
      return parts.flatMap((part) => [...part.children]).filter((line) => Number(line.dataset.at) > this.newest);
    }

    accept(chunk) {
      this.cut(Number(chunk.dataset.start), chunk);
      const before = chunk.previousElementSibling;
      const gap = before && Number(before.dataset.end) !== Number(chunk.dataset.start);
      chunk.dataset.known = "yes";
      if (!gap) return;
      if (this.following) this.chunks.filter((other) => other !== chunk).forEach((other) => other.remove());
      else chunk.remove(); // it is read when the reader gets there
    }

    tidy() {
      for (const chunk of this.chunks) {
        chunk.dataset.known = "yes";
        const before = chunk.previousElementSibling;
        if (!before || before.dataset.end !== chunk.dataset.start) continue;
        if (before.childElementCount + chunk.childElementCount > MERGED) continue;
        before.append(...chunk.childNodes);
        before.dataset.end = chunk.dataset.end;
        chunk.remove();
      }
      if (this.following) this.trimTop();
    }

    count() { return this.chunks.reduce((sum, chunk) => sum + chunk.childElementCount, 0); }

    trimTop() {
      for (const chunk of this.chunks) {
        if (this.count() - chunk.childElementCount < MOST / 2 || this.count() <= MOST) return;
        const height = this.lines.scrollHeight;
        chunk.remove();
        this.lines.scrollTop -= height - this.lines.scrollHeight;
      }
    }

    trimBottom() {
      for (const chunk of this.chunks.reverse()) {
        if (this.count() <= MOST) return;
        chunk.remove();
      }
    }

    // Loading
    async fetch(query) {
      const answer = await fetch(`${this.url}?${query}`);
      if (!answer.ok) throw new Error(`The console could not be read (${answer.status}).`);
      const box = document.createElement("template");
      box.innerHTML = await answer.text();
      const chunk = box.content.querySelector(".console-chunk");
      // What the poll brings later is left to it
      for (const line of [...chunk.children]) if (Number(line.dataset.at) >= this.next) line.remove();
      chunk.dataset.end = String(Math.min(Number(chunk.dataset.end), this.next));
      chunk.dataset.known = "yes";
      return chunk;
    }

    async guarded(work) {
      if (this.busy) return;
      this.busy = true;
      let more = false;
      try { more = await work(); } catch (error) { window.coretex?.toast(error.message, "error"); } finally { this.busy = false; }
      this.tell();
      if (more) this.fill();
    }

    // A chunk may hold only a few lines that were rewritten again and again: more are read until one can scroll
    fill() {
      if (this.lines.scrollHeight > this.lines.clientHeight) return;
      this.loadAbove();
      if (!this.attached) this.loadBelow();
    }

    loadAbove() {
      const first = this.chunks[0], start = first ? Number(first.dataset.start) : this.next;
      if (!start) return;
      this.guarded(async () => {
        const chunk = await this.fetch(`before=${start}`);
        if (this.chunks[0] !== first || !chunk.childElementCount) return false;
        const height = this.lines.scrollHeight, top = this.lines.scrollTop;
        this.lines.prepend(chunk);
        this.lines.scrollTop = top + this.lines.scrollHeight - height;
        this.trimBottom();
        return true;
      });
    }

    loadBelow() {
      const last = this.chunks.at(-1);
      this.guarded(async () => {
        const chunk = await this.fetch(`from=${last.dataset.end}`);
        if (this.chunks.at(-1) !== last) return false;
        last.after(chunk);
        this.trimTop();
        return chunk.childElementCount > 0;
      });
    }

    replace(chunk) {
      this.chunks.forEach((other) => other.remove());
      this.lines.prepend(chunk);
      return true;
    }

    jumpStart() {
      this.following = false;
      if (Number(this.chunks[0]?.dataset.start ?? this.next) === 0) { this.lines.scrollTop = 0; this.tell(); return; }
      this.guarded(async () => { this.replace(await this.fetch("edge=start")); this.lines.scrollTop = 0; return true; });
    }

    jumpEnd() {
      if (this.attached) { this.toEnd(); return; }
      this.guarded(async () => { this.replace(await this.fetch(`before=${this.next}`)); this.toEnd(); return true; });
    }

    async jump(offset) {
      this.following = false;
      const there = () => this.lines.querySelector(`.console-line[data-at="${offset}"]`);
      if (!there()) await this.guarded(async () => this.replace(await this.fetch(`at=${offset}`)));
      this.lines.querySelector(".is-found")?.classList.remove("is-found");
      const line = there();
      if (!line) return;
      line.classList.add("is-found");
      const box = this.lines.getBoundingClientRect(), place = line.getBoundingClientRect();
      this.lines.scrollTop += place.top - box.top - box.height / 3;
      this.tell();
    }

    // Searching
    async search(text) {
      const found = this.root.querySelector("[data-console-found]"), told = this.root.querySelector("[data-console-hits]");
      const form = this.root.querySelector("[data-console-search]");
      this.asked = text;
      this.answered = null;
      this.hits = [];
      this.current = -1;
      if (!text.trim()) { found.hidden = true; found.replaceChildren(); told.textContent = ""; this.steps(); return; }
      const answer = await fetch(`${form.action}?${new URLSearchParams({ q: text })}`).catch(() => null);
      if (this.asked !== text) return;
      if (!answer?.ok) { told.textContent = "not searched"; return; }
      found.innerHTML = await answer.text();
      found.hidden = false;
      this.answered = text;
      this.hits = [...found.querySelectorAll("[data-console-hit]")];
      this.more = found.querySelector("[data-more]") ? "+" : "";
      told.textContent = this.hits.length ? `${this.hits.length}${this.more} found` : "none";
      this.steps();
    }

    async enter(text, timer) {
      clearTimeout(timer);
      if (this.answered !== text) await this.search(text);
      this.step(1);
    }

    steps() {
      for (const button of this.root.querySelectorAll("[data-console-step]")) button.disabled = !this.hits.length;
    }

    step(by) {
      if (this.hits.length) this.choose((this.current + by + this.hits.length) % this.hits.length);
    }

    choose(index) {
      this.hits[this.current]?.removeAttribute("aria-current");
      this.current = index;
      const hit = this.hits[index];
      hit.setAttribute("aria-current", "true");
      hit.scrollIntoView({ block: "nearest" });
      this.root.querySelector("[data-console-hits]").textContent = `${index + 1} of ${this.hits.length}${this.more}`;
      this.jump(hit.dataset.consoleHit);
    }
  }

  const consoles = [...document.querySelectorAll("[data-console]")].map((root) => new Console(root));
  document.addEventListener("click", (event) => { if (event.target.closest("[data-console-end]")) consoles[0]?.jumpEnd(); });

  // A page that nobody looks at asks for nothing; it catches up when it is looked at.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.matches?.("[data-poll]")) event.preventDefault();
  });
})();
