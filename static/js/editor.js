// The editor of a Task's file: makes an Ace editor of the textarea in form[data-editor], keeps the textarea filled, saves
// with Ctrl-S, and marks the problems that the preview beside it lists. Without it, the textarea and its button do.
"use strict";

(() => {
  const form = document.querySelector("form[data-editor]"), ace = window.ace;
  if (!form || !ace) return;
  const area = form.querySelector("textarea"), place = document.createElement("div");
  const status = form.querySelector("[data-editor-status]");
  const dark = matchMedia("(prefers-color-scheme: dark)");

  ace.config.setModuleUrl("ace/ext/searchbox", form.dataset.searchbox);
  area.before(place);
  const editor = ace.edit(place, {
    value: area.value,
    mode: `ace/mode/${form.dataset.mode}`,
    useWorker: false,
    showPrintMargin: false,
    tabSize: form.dataset.mode === "yaml" ? 2 : 4,
    useSoftTabs: true,
    enableKeyboardAccessibility: true,
    scrollPastEnd: 0.1,
  });
  const session = editor.session;
  area.hidden = true;
  form.classList.add("is-live");
  editor.textInput.getElement().setAttribute("aria-label", area.getAttribute("aria-label"));

  const dress = () => editor.setTheme(dark.matches ? "ace/theme/github_dark" : "ace/theme/github_light_default");
  dress();
  dark.addEventListener("change", dress);

  // What was last saved, to know whether there is something to save
  let saved = editor.getValue();

  function tell() {
    const changed = editor.getValue() !== saved;
    if (changed) form.dataset.dirty = "";
    else delete form.dataset.dirty;
    status.textContent = changed ? "Not saved yet" : "";
  }

  session.on("change", () => {
    area.value = editor.getValue();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    tell();
  });
  addEventListener("pageshow", (event) => { if (event.persisted) tell(); });

  function save() {
    if (!form.classList.contains("htmx-request")) form.requestSubmit();
  }

  editor.commands.addCommand({ name: "save", bindKey: { win: "Ctrl-S", mac: "Command-S" }, exec: save });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
      event.preventDefault();
      if (!event.target.closest?.(".ace_editor")) save();
    }
  });

  let sent = saved;
  form.addEventListener("htmx:configRequest", (event) => {
    if (event.target !== form) return;
    sent = editor.getValue();
    status.textContent = "Saving…";
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== form) return;
    if (event.detail.xhr.status >= 200 && event.detail.xhr.status < 300) { // a conflict is swapped in too, and is no success
      saved = sent;
      tell();
      if (!("dirty" in form.dataset)) status.textContent = "Saved";
      document.body.dispatchEvent(new CustomEvent("task-changed"));
    } else {
      tell();
    }
  });

  // An address that ends in #L12 opens that line
  function openLine() {
    const wanted = /^#L(\d+)$/.exec(location.hash);
    if (!wanted) return;
    editor.gotoLine(Number(wanted[1]), 0);
    editor.focus();
    place.scrollIntoView({ block: "nearest" });
  }
  openLine();
  addEventListener("hashchange", openLine);

  // Problems that the preview lists: in the margin, and a way to their line
  function mark() {
    const problems = [...document.querySelectorAll("#task-preview [data-line]")];
    session.setAnnotations(problems.map((problem) => ({
      row: Number(problem.dataset.line) - 1,
      column: Number(problem.dataset.column) - 1,
      text: problem.querySelector(".problem-text").textContent,
      type: problem.dataset.severity,
    })));
  }

  mark();
  document.addEventListener("htmx:afterSettle", mark);
  document.addEventListener("click", (event) => {
    const problem = event.target.closest("#task-preview [data-line]");
    if (!problem) return;
    editor.gotoLine(Number(problem.dataset.line), Number(problem.dataset.column) - 1, true);
    editor.focus();
    place.scrollIntoView({ block: "nearest" });
  });
})();
