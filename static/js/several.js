// Several values of a parameter, and how they are combined: the text with all values is what is sent,
// everything else here edits it. Bound by data- attributes; see templates/tasks/_several.html.
"use strict";

(() => {
  const before = new WeakMap(); // a parameter → the text it had when it went back to one value

  const tell = (element) => element.dispatchEvent(new Event("input", { bubbles: true }));
  const parameterOf = (element) => element.closest("[data-parameter]");
  const textOf = (parameter) => parameter.querySelector("[data-several-text]");
  const lines = (area) => area.value.split("\n").map((line) => line.trim()).filter(Boolean);

  // The value that the single control shows, as a line
  function currentLine(parameter) {
    const kind = parameter.dataset.parameter;
    if (parameter.querySelector("[data-null]")?.checked) return "null";
    const controls = [...parameter.querySelectorAll(".one-value input, .one-value select, .one-value textarea")]
      .filter((control) => control.name && !control.closest("template, noscript"));
    if (kind === "bool") return String(controls[0].checked);
    if (kind === "enum") {
      const picks = [...parameter.querySelectorAll("[data-pick]")];
      return controls[0].value === "" ? "" : picks[Number(controls[0].value)]?.value ?? "";
    }
    if (kind === "range") {
      const [from, to, step] = controls.map((control) => control.value.trim());
      return from && to ? `${from}..${to} step ${step || 1}` : "";
    }
    if (kind === "list[enum]") return JSON.stringify(controls.filter((c) => c.value !== "").map((c) => c.selectedOptions[0].text));
    if (kind === "list[str]") return JSON.stringify(controls.map((control) => control.value));
    if (kind.startsWith("list[")) return `[${controls.map((control) => control.value.trim()).filter(Boolean).join(", ")}]`;
    const value = controls[0]?.value ?? "";
    if (kind === "str" && (value === "" || value === "null" || value !== value.trim() || /["\n\t]/.test(value))) return JSON.stringify(value);
    return value;
  }

  function open(parameter, on) {
    const area = textOf(parameter), several = parameter.querySelector("[data-several]");
    const button = parameter.querySelector("[data-several-switch]");
    if (on) {
      const line = currentLine(parameter);
      area.value = before.get(parameter) ?? (line && `${line}\n`);
    } else {
      before.set(parameter, area.value);
      area.value = "";
      several.querySelector("[data-chips]").replaceChildren();
    }
    parameter.classList.toggle("has-several", on);
    several.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
    showPicks(parameter);
    if (on) {
      const first = several.querySelector("[data-pick]") ?? area;
      first.focus();
      area.setSelectionRange(area.value.length, area.value.length);
    }
    tell(area);
  }

  function showPicks(parameter) {
    const there = new Set(lines(textOf(parameter)));
    for (const pick of parameter.querySelectorAll("[data-pick]")) pick.checked = there.has(pick.value);
  }

  // Without any value here it is the single one that runs, which is then out of sight: so say which
  function showNone(parameter) {
    const none = parameter.querySelector("[data-several-none]"), empty = !lines(textOf(parameter)).length;
    none.hidden = !empty || !parameter.classList.contains("has-several");
    if (none.hidden) return;
    parameter.querySelector("[data-chips]").replaceChildren();
    if (!parameter.querySelector(".one-value")) {
      none.textContent = "No values here: those that the Batch was last asked for are used.";
      return;
    }
    const select = parameter.dataset.parameter.startsWith("list[") ? null : parameter.querySelector(".one-value select");
    const one = select ? select.value && select.selectedOptions[0].text : currentLine(parameter);
    none.textContent = one ? `No values here: ${one} is used, as with one value.` : "No values here yet.";
  }

  function write(parameter, all) {
    const area = textOf(parameter);
    area.value = all.join("\n");
    showPicks(parameter);
    tell(area);
  }

  function chipLines(parameter, without = () => false) {
    return [...parameter.querySelectorAll("[data-line]")].filter((chip) => !without(chip)).map((chip) => chip.dataset.line);
  }

  const isFresh = (parameter) => !parameter.querySelector("[data-chips]").classList.contains("is-stale");

  function addSpacing(parameter) {
    const box = parameter.querySelector("[data-spacing]");
    const part = (name) => box.querySelector(`[data-spacing-part="${name}"]`);
    const missing = ["from", "to", "number"].map(part).find((field) => !field.value.trim());
    if (missing) { missing.focus(); return; }
    const line = `${part("from").value.trim()}..${part("to").value.trim()} ${part("kind").value} ${part("number").value.trim()}`;
    write(parameter, [...lines(textOf(parameter)), line]);
    for (const name of ["from", "to", "number"]) part(name).value = "";
    box.hidden = true;
    textOf(parameter).focus();
  }

  document.addEventListener("click", ({ target }) => {
    const on = (selector) => target.closest(selector);
    const parameter = parameterOf(target);
    if (on("[data-several-switch]")) open(parameter, !parameter.classList.contains("has-several"));
    else if (on("[data-chip-remove]") && isFresh(parameter)) {
      const gone = target.closest("[data-line]"), rest = chipLines(parameter, (chip) => chip === gone);
      gone.remove();
      // Where there is no single value to go back to, no value is left
      if (rest.length || !parameter.querySelector("[data-several-switch]")) write(parameter, rest); else open(parameter, false);
      textOf(parameter).focus();
    } else if (on("[data-chips-once]") && isFresh(parameter)) {
      write(parameter, chipLines(parameter, (chip) => chip.classList.contains("chip-twice")));
    } else if (on("[data-split-commas]")) {
      write(parameter, lines(textOf(parameter)).flatMap((line) => (line.startsWith('"') ? [line] : line.split(",").map((part) => part.trim()).filter(Boolean))));
    } else if (on("[data-answer]")) {
      write(parameter, target.closest("[data-answer]").dataset.answer.split("\n"));
    } else if (on("[data-pick-all]")) {
      write(parameter, [...parameter.querySelectorAll("[data-pick]")].map((pick) => pick.value));
    } else if (on("[data-spacing-open]")) {
      const box = parameter.querySelector("[data-spacing]");
      box.hidden = !box.hidden;
      on("[data-spacing-open]").setAttribute("aria-expanded", String(!box.hidden));
      if (!box.hidden) box.querySelector("input").focus();
    } else if (on("[data-spacing-add]")) addSpacing(parameter);
    else combine(on);
  });

  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-pick]")) {
      const parameter = parameterOf(target), all = lines(textOf(parameter)).filter((line) => line !== target.value);
      write(parameter, target.checked ? [...all, target.value] : all);
    }
    if (target.matches("[data-combination]")) leaveOut(target.dataset.combination);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-spacing-part]")) return;
    event.preventDefault();
    addSpacing(parameterOf(event.target));
  });

  // Fields that only help to write a text are no change of the form themselves
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.matches("[data-spacing-part]")) event.stopPropagation();
    }, true);
  }

  document.addEventListener("input", ({ target }) => {
    const page = document.querySelector("[data-page-field]");
    if (page && target !== page) page.value = "1"; // other values, other combinations
    if (!target.matches("[data-several-text]")) return;
    const parameter = parameterOf(target);
    parameter.querySelector("[data-chips]").classList.add("is-stale");
    showNone(parameter);
    if (target.value.trim()) document.querySelector("#combinations")?.setAttribute("open", "");
  });

  document.addEventListener("filled", () => document.querySelector("#fill-from")?.close());

  // Combinations: pairs that are offered, single ones that are left out
  const form = () => document.querySelector("#run-task");

  function leaveOut(text) {
    const area = form().elements.without;
    area.value = [...lines(area), text].join("\n");
    tell(area);
  }

  function combine(on) {
    const pair = on("[data-pair]"), back = on("[data-back]"), page = on("[data-page]");
    if (page) {
      const field = document.querySelector("[data-page-field]");
      field.value = page.dataset.page;
      tell(field);
    } else if (pair) {
      const area = form().elements.pairs;
      area.value = [...lines(area), pair.dataset.pair].join("\n");
      tell(area);
    } else if (back) {
      const area = form().elements.without;
      area.value = lines(area).filter((line) => line !== back.dataset.back).join("\n");
      tell(area);
    }
  }
})();
