// Uploads: folders, files and archives, dropped or chosen, sent with their relative paths and a progress bar.
//
// The form is posted as multipart with, for each file, `files` and, in the same order, `paths` (its path inside the
// folder), `folder` (the folder's name, if one was chosen), and what was not sent: `skipped` (`COUNT NAME`) and
// `ignored` (`COUNT SOURCE NAME`, where a .coretexignore or .gitignore is the source). Answer 422 with a fragment of errors, or with
// HX-Redirect. Limits: data-max-files and data-max-bytes on the form; data-drop="auto" sends at once.
"use strict";

(() => {
  // As in coretex_site/lib/leftovers.py, which decides; here so that they are not sent for nothing
  const TOOLS = new Set([".git", ".hg", ".svn", "__pycache__", ".venv", "node_modules", ".ipynb_checkpoints", ".mypy_cache",
    ".pytest_cache", ".ruff_cache", ".tox", ".nox", "__MACOSX"]);
  const OF_SYSTEMS = new Set([".ds_store", ".appledouble", ".spotlight-v100", ".trashes", ".fseventsd", ".temporaryitems",
    "icon\r", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"]);
  const OWN_OF_ENVIRONMENT = new RegExp("^(pyvenv\\.cfg|lib64(/.*)?|(lib/python\\d[^/]*|Lib)/site-packages/.*|include/(site/)?python.*" +
    "|(bin|Scripts)/(python|pip|activate|Activate|deactivate)[^/]*)$", "s");
  const ALWAYS = ".coretexignore", ON_REQUEST = ".gitignore";
  const picked = new WeakMap(); // form → { files: [{ file, path }], folder, skipped: { name: count }, named: { source: { why: [file] } } }

  const isLeftOver = (name) => TOOLS.has(name) || OF_SYSTEMS.has(name.toLowerCase());
  const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1);
  const isPatterns = ({ path }) => [ALWAYS, ON_REQUEST].includes(nameOf(path));
  const isCompiled = (name) => /\.py[co]$/.test(name);

  function skip(found, name, count = 1) { found.skipped.set(name, (found.skipped.get(name) ?? 0) + count); }

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

  // Virtual and Conda environments, by what is in them
  async function isEnvironment(children) {
    if (children.some(({ name }) => name === "pyvenv.cfg")) return true;
    const conda = children.find(({ name, isFile }) => name === "conda-meta" && !isFile);
    return conda !== undefined && (await entriesOf(conda)).some(({ name }) => name === "history");
  }

  async function walk(entry, path, found) {
    if (isLeftOver(entry.name)) { skip(found, entry.name.trim(), entry.isFile ? 1 : 0); return; }
    if (entry.isFile) {
      if (isCompiled(entry.name)) { skip(found, `*${entry.name.slice(-4)}`); return; }
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      found.files.push({ file, path });
      return;
    }
    const children = await entriesOf(entry);
    if (path.includes("/") && await isEnvironment(children)) { skip(found, path, 0); return; }
    for (const child of children) await walk(child, `${path}/${child.name}`, found);
  }

  // One folder and nothing beside it is the root itself: its name is not part of the paths
  function rooted(found) {
    const tops = new Set(found.files.map(({ path }) => path.split("/")[0]));
    if (tops.size !== 1 || !found.files.every(({ path }) => path.includes("/"))) return found;
    const [folder] = tops;
    const rest = found.files.map(({ file, path }) => ({ file, path: path.slice(folder.length + 1) }));
    const own = rest.some(({ path }) => path === "pyvenv.cfg") ? rest.filter(({ path }) => OWN_OF_ENVIRONMENT.test(path)) : [], isOwn = new Set(own);
    const skipped = new Map([...found.skipped].map(([name, count]) => [name.startsWith(`${folder}/`) ? name.slice(folder.length + 1) : name, count]));
    if (own.length) skipped.set("the environment around it", own.length);
    return { ...found, folder, skipped, files: rest.filter((one) => !isOwn.has(one)) };
  }

  const nothing = () => ({ files: [], folder: "", skipped: new Map(), named: {} });

  async function fromDrop(transfer) {
    const found = nothing();
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length === 0) found.files.push(...[...transfer.files].map((file) => ({ file, path: file.name })));
    for (const entry of entries) await walk(entry, entry.name, found);
    return rooted(found);
  }

  function fromInput(input) {
    const found = nothing(), paths = [...input.files].map((file) => file.webkitRelativePath || file.name);
    const environments = paths.map((path) => path.match(/^(.+\/.+\/)(pyvenv\.cfg|conda-meta\/history)$/s)?.[1]).filter(Boolean);
    for (const [at, path] of paths.entries()) {
      const part = path.split("/").find(isLeftOver), environment = environments.find((folder) => path.startsWith(folder));
      if (!input.webkitdirectory) found.files.push({ file: input.files[at], path });
      else if (part) skip(found, part.trim());
      else if (environment) skip(found, environment.slice(0, -1));
      else if (isCompiled(path)) skip(found, `*${path.slice(-4)}`);
      else found.files.push({ file: input.files[at], path });
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

  const size = (files) => files.reduce((sum, { file }) => sum + file.size, 0);

  // Which files a .coretexignore or .gitignore names; the server knows the patterns
  async function look(form, found) {
    const lists = found.files.filter(isPatterns);
    const data = new FormData();
    data.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
    data.append("listed", JSON.stringify(found.files.map(({ path }) => path)));
    for (const { file, path } of lists) { data.append("files", file, file.name); data.append("paths", path); }
    const answer = await fetch(form.querySelector("[data-drop-zone]").dataset.ignored, { method: "POST", body: data });
    if (!answer.ok) throw new Error(answer.status === 422 ? await answer.text() : "the server did not answer. Reload the page and try again.");
    const named = await answer.json();
    for (const [source, whys] of Object.entries(named)) {
      found.named[source] = Object.entries(whys).map(([why, places]) => ({ why, files: places.map((at) => found.files[at]) }));
    }
  }

  // Those whose names are left out: of .coretexignore always, of .gitignore when its switch is on
  function leftOut(form, found) {
    const sources = form.querySelector("[data-drop-gitignore]")?.checked ? [ALWAYS, ON_REQUEST] : [ALWAYS];
    return sources.flatMap((source) => (found.named[source] ?? []).map((group) => ({ source, ...group })));
  }

  function toSend(form, found) {
    const out = new Set(leftOut(form, found).flatMap(({ files }) => files));
    return found.files.filter((file) => !out.has(file));
  }

  // What .gitignore names, beside its switch
  function sayNamed(form, found) {
    const groups = found.named[ON_REQUEST] ?? [], files = groups.flatMap((group) => group.files);
    const first = groups.slice(0, 5).map(({ why }) => why).join(", "), more = groups.length > 5 ? " …" : "";
    say(form, "[data-drop-named]", files.length ? `${number(files.length, "file")}, ${human(size(files))}: ${first}${more}` : "");
  }

  function keep(form, found) {
    const files = toSend(form, found), bytes = size(files);
    const most = Number(form.dataset.maxFiles || Infinity), largest = Number(form.dataset.maxBytes || Infinity);
    const problems = [];
    if (files.length === 0) problems.push("There are no files in what you chose.");
    if (files.length > most) problems.push(`These are ${number(files.length, "file")}; at most ${number(most, "file")} are accepted at once.`);
    if (bytes > largest) problems.push(`These are ${human(bytes)}; at most ${human(largest)} are accepted at once.`);
    complain(form, ...problems);
    const name = found.folder ? `${found.folder}: ` : files.length === 1 ? `${files[0].path}: ` : "";
    const without = [...found.skipped.keys(), ...leftOut(form, found).map(({ why }) => why)].sort();
    const skipped = without.length ? `; without ${without.slice(0, 8).join(", ")}${without.length > 8 ? " …" : ""}` : "";
    say(form, "[data-drop-summary]", files.length ? `${name}${number(files.length, "file")}, ${human(bytes)}${skipped}` : "");
    sayNamed(form, found);
    picked.set(form, { ...found, isRefused: problems.length > 0 });
    return problems.length === 0;
  }

  async function take(form, found) {
    if (found.files.some(isPatterns)) await look(form, found);
    accept(form, found);
  }

  function accept(form, found) {
    if (!keep(form, found)) return;
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
    for (const { file, path } of toSend(form, found)) {
      data.append("files", file, file.name);
      data.append("paths", path);
    }
    for (const [name, count] of found.skipped) data.append("skipped", `${count} ${name}`);
    for (const { source, why, files } of leftOut(form, found)) data.append("ignored", `${files.length} ${source} ${why}`);
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
      await take(form, await fromDrop(event.dataTransfer));
    } catch (error) {
      say(form, "[data-drop-summary]", "");
      complain(form, `A file could not be read: ${error.message}`);
    }
  });
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches("form[data-drop] [data-drop-input]") || input.files.length === 0) return;
    const found = fromInput(input), fail = (error) => complain(input.form, `What to leave out could not be found: ${error.message}`);
    if (found.files.some(isPatterns)) take(input.form, found).catch(fail);
    else accept(input.form, found);
  });
  document.addEventListener("change", ({ target }) => {
    if (target.matches("form[data-drop] [data-drop-gitignore]") && picked.has(target.form)) keep(target.form, picked.get(target.form));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-drop]")) return;
    const found = picked.get(form);
    if (!found && form.dataset.drop === "optional") return; // the form may be sent without files
    event.preventDefault();
    const way = form.querySelector('input[name="start"]:checked')?.value ?? "upload";
    if (found?.isRefused && way === "upload") keep(form, found);
    else if (found) send(form, found);
    else complain(form, "Choose or drop a folder, files or an archive first.");
  });
})();
