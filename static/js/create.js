// The New Task screen: choosing files, or a Template, chooses that way to begin, and fills in what nobody typed.
"use strict";

(() => {
  function begin(way) {
    const radio = document.querySelector(`input[name="start"][value="${way}"]`);
    if (radio) radio.checked = true;
  }

  // What a person typed stays as it is
  function fill(field, text) {
    if (!text || (field.value && field.dataset.from !== field.value)) return;
    field.value = field.dataset.from = text;
  }

  async function describe(form, { files }) {
    const taskYaml = files.find(({ path }) => path === "task.yaml");
    if (!taskYaml || taskYaml.file.size > 1_000_000) return;
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.append("text", await taskYaml.file.text());
    const answer = await fetch(form.dataset.describe, { method: "POST", body });
    if (!answer.ok) return; // the server reads the file again when the Task is created
    const { name, description } = await answer.json();
    fill(form.elements.name, name);
    fill(form.elements.description, description);
  }

  document.addEventListener("coretex:picked", (event) => {
    begin("upload");
    describe(event.target, event.detail);
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches('input[name="template"]')) return;
    begin("template");
    const { form, dataset } = event.target;
    fill(form.elements.name, dataset.title);
    fill(form.elements.description, dataset.description);
  });
})();
