// The parameters of a Task as a form: what is hidden, "no value", and the marks of errors.
// Bound by data-visible-if, data-null, data-required-mark and data-searchable; see templates/tasks/_parameter.html.
"use strict";

(() => {
  const NUMBERS = new Set(["int", "float", "dataset", "model"]);
  const kept = new WeakMap(); // a parameter → what its controls held before "no value" was ticked

  const parameterOf = (element) => element.closest?.("[data-parameter]");
  const nullOf = (parameter) => parameter.querySelector("[data-null]");

  function controls(parameter) {
    return [...parameter.querySelectorAll("input, select, textarea")].filter(
      (control) => control.name && !control.matches("[data-null], [data-several-text]") && !control.closest("template, noscript"));
  }

  // What a condition compares: the text of the control, null without a value
  function textOf(parameter) {
    if (nullOf(parameter)?.checked) return null;
    const [control] = controls(parameter);
    if (!control) return "";
    if (control.type === "checkbox") return String(control.checked);
    if (control.value.trim() === "" && parameter.dataset.parameter !== "str") return null;
    return control.value;
  }

  function holds(parameter, texts) {
    const actual = textOf(parameter);
    return texts.some((text) => {
      if (text === null || actual === null) return text === actual;
      return text === actual || (NUMBERS.has(parameter.dataset.parameter) && Number(text) === Number(actual));
    });
  }

  function showWhatIsNeeded() {
    for (const parameter of document.querySelectorAll("[data-visible-if]")) {
      const conditions = JSON.parse(parameter.dataset.visibleIf);
      // Which of several values fulfil a condition is for the server to say
      if (conditions.some(([id]) => document.getElementById(id).matches(".has-several"))) continue;
      parameter.hidden = !conditions.every(([id, texts]) => holds(document.getElementById(id), texts));
    }
  }

  // "No value": the controls are emptied while it is ticked, and what they held comes back when it is not
  function showNull(parameter) {
    const ticked = nullOf(parameter).checked;
    for (const control of controls(parameter)) if (control.type !== "checkbox") control.placeholder = ticked ? "no value" : "";
    const off = parameter.querySelector(".when-off");
    if (off) off.textContent = ticked ? "no value" : "false";
  }

  function setNull(parameter) {
    const rows = parameter.querySelector("[data-list-rows]");
    if (nullOf(parameter).checked) {
      kept.set(parameter, { rows: rows ? [...rows.children] : [], values: controls(parameter).map((c) => [c.value, c.checked]) });
      if (rows) rows.replaceChildren();
      else for (const control of controls(parameter)) { if (control.type === "checkbox") control.checked = false; else control.value = ""; }
    } else if (kept.has(parameter)) {
      const before = kept.get(parameter);
      if (rows) rows.replaceChildren(...before.rows);
      else controls(parameter).forEach((control, i) => {
        [control.value, control.checked] = before.values[i];
      });
    }
    showNull(parameter);
  }

  document.addEventListener("input", ({ target }) => {
    const parameter = parameterOf(target);
    if (!parameter || target.matches("[data-several-text]")) return;
    const tick = nullOf(parameter);
    if (tick && target === tick) setNull(parameter);
    else if (tick?.checked && (target.matches("[data-list-field]") ? controls(parameter).length : true)) {
      tick.checked = false;
      showNull(parameter);
    }
    showWhatIsNeeded();
  }, true);

  // What the server says after a check: it is the one who knows
  document.addEventListener("parameters", ({ detail }) => {
    for (const [id, facts] of Object.entries(detail)) {
      const parameter = document.getElementById(id);
      if (!parameter || !facts || typeof facts !== "object" || !("hidden" in facts)) continue;
      parameter.hidden = facts.hidden;
      parameter.querySelector("[data-required-mark]").hidden = !facts.required;
      for (const control of controls(parameter)) {
        if (facts.required) control.setAttribute("aria-required", "true"); else control.removeAttribute("aria-required");
      }
    }
  });

  document.addEventListener("htmx:oobAfterSwap", ({ detail }) => {
    const parameter = parameterOf(detail.target);
    if (!parameter) return;
    const wrong = Boolean(parameter.querySelector(".errors li"));
    parameter.classList.toggle("has-errors", wrong);
    for (const control of controls(parameter)) {
      if (wrong) control.setAttribute("aria-invalid", "true"); else control.removeAttribute("aria-invalid");
    }
  });

  // Long pickers get a field that narrows their options
  const LONG = 8;

  function makeSearchable(select) {
    if (select.options.length <= LONG || select.closest(".searchable") || select.closest("template")) return;
    const box = document.createElement("div"), search = document.createElement("input");
    box.className = "searchable";
    search.type = "search";
    search.placeholder = `Search ${select.options.length - 1} ${select.dataset.searchable}`;
    search.setAttribute("aria-label", search.placeholder);
    select.replaceWith(box);
    box.append(search, select);
    search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    search.addEventListener("input", (event) => {
      event.stopPropagation();
      const words = search.value.toLowerCase().split(/\s+/);
      for (const option of select.options) {
        option.hidden = option.value !== "" && !option.selected && !words.every((word) => option.text.toLowerCase().includes(word));
      }
    });
  }

  function settle() {
    showWhatIsNeeded();
    for (const select of document.querySelectorAll("select[data-searchable]")) makeSearchable(select);
  }

  settle();
  document.addEventListener("htmx:afterSwap", () => {
    settle();
    document.querySelector(".run-task .error-summary")?.focus({ preventScroll: true });
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-list-add]")) setTimeout(settle); });
})();
