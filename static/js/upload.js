// Uploads: folders, files and archives, dropped or chosen, sent with their relative paths and a progress bar.
//
// The form is posted as multipart with, for each file, `files` and, in the same order, `paths` (its path inside the
// folder), and `folder` (the folder's name, if one was chosen). Answer 422 with a fragment of errors, or with
// HX-Redirect. Limits: data-max-files and data-max-bytes on the form; data-drop="auto" sends at once.
"use strict";

(() => {
  const IGNORED = new Set([".git", ".hg", ".svn", "__pycache__", ".venv", "node_modules", ".ipynb_checkpoints", ".mypy_cache",
    ".pytest_cache", ".ruff_cache", ".DS_Store", "Thumbs.db"]);
  const picked = new WeakMap(); // form → { files: [{ file, path }], folder, skipped }

  const ignored = (path) => path.split("/").some((part) => IGNORED.has(part));

  function human(bytes) {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let size = bytes, unit = 0;
    while (size >= 1023.5 && unit < units.length - 1) { size /= 1024; unit += 1; }
    return `${size.toFixed(unit === 0 || size >= 99.95 ? 0 : 1)} ${units[unit]}`;
  }

  const number = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

  // Directories answer at most 100 entries at a time, until an empty answer
  async function entriesOf(directory) {
    const reader = directory.createReader(), all = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return all;
      all.push(...some);
    }
  }

  async function walk(entry, path, found) {
    if (IGNORED.has(entry.name)) { found.skipped.add(entry.name); return; }
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      found.files.push({ file, path });
      return;
    }
    for (const child of await entriesOf(entry)) await walk(child, `${path}/${child.name}`, found);
  }

  // One folder and nothing beside it is the root itself: its name is not part of the paths
  function rooted(found) {
    const tops = new Set(found.files.map(({ path }) => path.split("/")[0]));
    if (tops.size !== 1 || !found.files.every(({ path }) => path.includes("/"))) return found;
    const [folder] = tops;
    return { ...found, folder, files: found.files.map(({ file, path }) => ({ file, path: path.slice(folder.length + 1) })) };
  }

  async function fromDrop(transfer) {
    const found = { files: [], folder: "", skipped: new Set() };
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length === 0) found.files.push(...[...transfer.files].map((file) => ({ file, path: file.name })));
    for (const entry of entries) await walk(entry, entry.name, found);
    return rooted(found);
  }

  function fromInput(input) {
    const found = { files: [], folder: "", skipped: new Set() };
    for (const file of input.files) {
      const path = file.webkitRelativePath || file.name;
      if (input.webkitdirectory && ignored(path)) found.skipped.add(path.split("/").find((part) => IGNORED.has(part)));
      else found.files.push({ file, path });
    }
    return rooted(found);
  }

  function say(form, selector, text) {
    const place = form.querySelector(selector);
    if (place) place.textContent = text;
  }

  function complain(form, ...sentences) {
    const place = form.querySelector("[data-upload-errors]"), list = document.createElement("ul");
    list.className = "errors";
    list.setAttribute("role", "alert");
    list.append(...sentences.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence })));
    place.replaceChildren(...(sentences.length ? [list] : []));
  }

  function keep(form, found) {
    const bytes = found.files.reduce((sum, { file }) => sum + file.size, 0);
    const most = Number(form.dataset.maxFiles || Infinity), largest = Number(form.dataset.maxBytes || Infinity);
    const problems = [];
    if (found.files.length === 0) problems.push("There are no files in what you chose.");
    if (found.files.length > most) problems.push(`These are ${number(found.files.length, "file")}; at most ${number(most, "file")} are accepted at once.`);
    if (bytes > largest) problems.push(`These are ${human(bytes)}; at most ${human(largest)} are accepted at once.`);
    complain(form, ...problems);
    const name = found.folder ? `${found.folder}: ` : found.files.length === 1 ? `${found.files[0].path}: ` : "";
    const skipped = found.skipped.size ? `; without ${[...found.skipped].sort().join(", ")}` : "";
    say(form, "[data-drop-summary]", found.files.length ? `${name}${number(found.files.length, "file")}, ${human(bytes)}${skipped}` : "");
    if (problems.length) { picked.delete(form); return; }
    picked.set(form, found);
    const named = form.querySelector("[data-drop-name]"); // a name that nobody typed becomes the folder's
    if (named && found.folder && (!named.value || named.dataset.from === named.value)) {
      named.value = named.dataset.from = found.folder;
      named.dispatchEvent(new Event("input", { bubbles: true }));
    }
    form.dispatchEvent(new CustomEvent("coretex:picked", { bubbles: true, detail: found }));
    if (form.dataset.drop === "auto") form.requestSubmit();
  }

  function body(form, found) {
    const data = new FormData(form);
    data.delete("files");
    for (const { file, path } of found.files) {
      data.append("files", file, file.name);
      data.append("paths", path);
    }
    data.append("folder", found.folder);
    return data;
  }

  function follow(request) {
    const address = request.getResponseHeader("HX-Redirect") ?? request.getResponseHeader("Location");
    location.assign(address ?? request.responseURL ?? location.href);
  }

  function busy(form, on) {
    for (const button of form.querySelectorAll('button[type="submit"], button:not([type])')) {
      button.disabled = on;
      button.classList.toggle("is-busy", on);
    }
    const line = form.querySelector("[data-drop-progress]");
    if (line) line.hidden = !on;
  }

  function advance(form, started, event) {
    const bar = form.querySelector("[data-drop-progress] progress");
    if (!event.lengthComputable) return;
    if (bar) bar.value = (100 * event.loaded) / event.total;
    const seconds = (Date.now() - started) / 1000, left = (seconds / event.loaded) * (event.total - event.loaded);
    const rest = seconds > 2 && left > 1 ? `, ${window.coretex.duration(left)} left` : "";
    const done = event.loaded === event.total;
    say(form, "[data-drop-status]", done ? "Being checked and stored…" : `${human(event.loaded)} of ${human(event.total)}${rest}`);
  }

  function send(form, found) {
    const request = new XMLHttpRequest(), started = Date.now();
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.upload.onprogress = (event) => advance(form, started, event);
    request.onload = () => {
      if (request.status < 300) { follow(request); return; }
      busy(form, false);
      if (request.status === 422 || request.status === 409) {
        const place = form.querySelector("[data-upload-errors]");
        place.innerHTML = request.responseText;
        window.htmx?.process(place);
        place.scrollIntoView({ block: "nearest" });
      } else if (request.status === 413) complain(form, "This is larger than the server accepts at once.");
      else if (request.status === 403) complain(form, "You do not have permission to do this, or the page was open for too long. Reload it and try again.");
      else complain(form, "The server could not store this. Nothing was kept; try again.");
    };
    request.onerror = () => {
      busy(form, false);
      complain(form, "The connection was lost, or a file was changed while it was sent. Nothing was kept; try again.");
    };
    complain(form);
    busy(form, true);
    request.send(body(form, found));
  }

  const zoneOf = (target) => target.closest?.("form[data-drop]")?.querySelector("[data-drop-zone]");

  document.addEventListener("dragover", (event) => {
    const zone = zoneOf(event.target);
    if (!zone || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    zone.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    const zone = zoneOf(event.target);
    if (zone && !zone.closest("form").contains(event.relatedTarget)) zone.classList.remove("is-over");
  });
  document.addEventListener("drop", async (event) => {
    const zone = zoneOf(event.target);
    if (!zone) return;
    event.preventDefault();
    zone.classList.remove("is-over");
    const form = zone.closest("form");
    say(form, "[data-drop-summary]", "Reading…");
    try {
      keep(form, await fromDrop(event.dataTransfer));
    } catch (error) {
      say(form, "[data-drop-summary]", "");
      complain(form, `A file could not be read: ${error.message}`);
    }
  });
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches("form[data-drop] [data-drop-input]") || input.files.length === 0) return;
    keep(input.form, fromInput(input));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-drop]")) return;
    const found = picked.get(form);
    if (!found && form.dataset.drop === "optional") return; // the form may be sent without files
    event.preventDefault();
    if (found) send(form, found);
    else complain(form, "Choose or drop a folder, files or an archive first.");
  });
})();
