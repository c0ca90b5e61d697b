// The New Task screen: choosing files, or a Template, chooses that way to begin.
"use strict";

(() => {
  function begin(way) {
    const radio = document.querySelector(`input[name="start"][value="${way}"]`);
    if (radio) radio.checked = true;
  }
  document.addEventListener("coretex:picked", () => begin("upload"));
  document.addEventListener("change", (event) => {
    if (!event.target.matches('input[name="template"]')) return;
    begin("template");
    const name = event.target.form.elements.name;
    if (!name.value || name.dataset.from === name.value) name.value = name.dataset.from = event.target.dataset.title;
  });
})();
