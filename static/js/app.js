// What every page does in the browser: times, dialogs, menus, copying, toasts, guards of forms.
// Bound by data- attributes on the document, so that what htmx swaps in works too. Listed in static/css/app.css.
"use strict";

(() => {
  const MINUTE = 60, HOUR = 3600, DAY = 86400, MONTH = 30 * DAY;
  const $ = (selector, root = document) => root.querySelector(selector);

  // Times. The server's clock counts, so that a browser with a wrong one reads the same words.
  const serverTime = Number($('meta[name="server-time"]')?.content) * 1000;
  const offset = serverTime ? serverTime - Date.now() : 0;
  const skew = Math.abs(offset) < 5000 ? 0 : offset;
  const secondsSince = (iso) => (Date.now() + skew - Date.parse(iso)) / 1000;

  function relative(iso) {
    const seconds = secondsSince(iso), distance = Math.abs(seconds);
    if (distance < MINUTE) return "just now";
    if (distance >= MONTH) return iso.slice(0, 10);
    let words = `${Math.floor(distance / DAY)} d`;
    if (distance < HOUR) words = `${Math.floor(distance / MINUTE)} min`;
    else if (distance < DAY) words = `${Math.floor(distance / HOUR)} h`;
    return seconds > 0 ? `${words} ago` : `in ${words}`;
  }

  function duration(seconds) {
    const whole = Math.max(0, Math.round(seconds)), two = (n) => String(n).padStart(2, "0");
    if (whole < MINUTE) return `${whole} s`;
    if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${two(whole % MINUTE)} s`;
    if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${two(Math.floor((whole % HOUR) / MINUTE))} min`;
    return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
  }

  function setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tellTimes() {
    for (const time of document.querySelectorAll("time[data-relative]")) setText(time, relative(time.dateTime));
  }

  function countUp() {
    for (const element of document.querySelectorAll("[data-since]")) {
      setText(element, duration(secondsSince(element.dataset.since)));
    }
  }

  setInterval(tellTimes, 30_000);
  setInterval(countUp, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { tellTimes(); countUp(); } });
  countUp();

  // What scrolls sideways fades where there is more
  const SIDEWAYS = ".tabs, .table-wrap, .map-wrap, .table-cards .filters";

  function fade(element) {
    const left = element.scrollLeft, right = element.scrollWidth - element.clientWidth - left;
    element.classList.toggle("more-left", left > 1);
    element.classList.toggle("more-right", right > 1);
  }

  function fadeAll() {
    document.querySelectorAll(SIDEWAYS).forEach(fade);
  }

  for (const tabs of document.querySelectorAll(".tabs")) {
    const current = tabs.querySelector("[aria-current]");
    if (current) tabs.scrollLeft = current.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - current.clientWidth) / 2;
  }
  for (const chosen of document.querySelectorAll(".split-side .tree-file[aria-current]")) {
    const side = chosen.closest(".split-side"), below = chosen.getBoundingClientRect().bottom - side.getBoundingClientRect().bottom;
    if (below > 0) side.scrollTop = below + side.clientHeight / 2;
  }
  fadeAll();
  addEventListener("resize", fadeAll);
  document.addEventListener("htmx:afterSettle", fadeAll);
  document.addEventListener("scroll", ({ target }) => { if (target.matches?.(SIDEWAYS)) fade(target); }, { capture: true, passive: true });

  // Toasts
  const spoken = { success: 6000, info: 8000, warning: 12000 };

  function closeLater(toast, kind) {
    const wait = spoken[kind];
    if (!wait || "stays" in toast.dataset) return; // an error stays until it was read
    let timer = setTimeout(() => toast.remove(), wait);
    toast.addEventListener("pointerenter", () => clearTimeout(timer));
    toast.addEventListener("pointerleave", () => { timer = setTimeout(() => toast.remove(), wait / 2); });
  }

  function toast(text, kind = "info") {
    const place = $("#messages");
    for (const other of place.querySelectorAll(".toast-text")) if (other.textContent === text) return other.parentElement;
    const element = document.createElement("div");
    element.className = `toast toast-${kind}`;
    element.dataset.toast = "";
    element.innerHTML = '<div class="toast-text"></div><button class="btn btn-ghost btn-small" type="button" data-toast-close>Dismiss</button>';
    $(".toast-text", element).textContent = text;
    place.append(element);
    closeLater(element, kind);
    return element;
  }

  function adoptToasts() {
    for (const element of document.querySelectorAll("[data-toast]:not([data-adopted])")) {
      element.dataset.adopted = "";
      closeLater(element, Object.keys(spoken).find((kind) => element.classList.contains(`toast-${kind}`)));
    }
  }

  adoptToasts();
  document.addEventListener("htmx:oobAfterSwap", adoptToasts);
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.kind));

  // What ended meanwhile is asked for now and then, and never by a page that nobody sees
  function look() {
    const place = $("[data-look]");
    if (place && !document.hidden) htmx.trigger(place, "look");
  }

  setInterval(look, 12_000);
  document.addEventListener("visibilitychange", look);

  // What htmx could not bring
  let unreachable = null;
  const OFFLINE = "The server could not be reached; trying again.";
  const answers = {
    400: ["That did not work; nothing was changed. Reload the page and try again.", "error"],
    403: ["You do not have permission to do this, or the page was open for too long. Reload it and try again.", "error"],
    404: ["What was asked for is not there any longer. Reload the page.", "warning"],
    413: ["This is larger than the server accepts.", "error"],
    500: ["That did not work; it was written to the server's log. Reload the page and try again.", "error"],
  };

  let leaving = false; // a page that is left cuts its requests off; that is no news
  addEventListener("pagehide", () => { leaving = true; });
  addEventListener("pageshow", () => { leaving = false; });

  function lost() {
    if (!leaving) unreachable = toast(OFFLINE, "error");
  }

  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const status = detail.xhr?.status;
    if (!status) return;
    if (status >= 502 && status <= 504) { lost(); return; }
    unreachable?.remove();
    unreachable = null;
    if (answers[status]) toast(...answers[status]);
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // A whole page in answer to a request for a part of one: the session has ended. Go there.
    // Not where a form was refused: that address has no page.
    const { xhr, boosted, requestConfig, target } = event.detail;
    const whole = /^\s*<!doctype html/i.test(xhr.responseText);
    if (!whole || (xhr.status >= 400 && requestConfig?.verb !== "get") || boosted || requestConfig?.boosted || target === document.body) return;
    event.detail.shouldSwap = false;
    location.assign(xhr.responseURL);
  });

  // Confirming. What was confirmed is done again, and passes.
  const confirmed = new WeakSet();

  function ask(source, go) {
    const dialog = $("#confirm"), accept = $("#confirm-accept"), typed = $("#confirm-typed"), details = $("#confirm-details");
    const { confirm: text, confirmTitle, confirmAction, confirmType, confirmDetails, confirmKind } = source.dataset;
    const said = (source.matches("form") ? $("[type=submit]", source) : source)?.textContent.trim();
    $("#confirm-title").textContent = confirmTitle || "Are you sure?";
    $("#confirm-text").textContent = text;
    accept.textContent = confirmAction || said || "Go on";
    accept.className = confirmKind === "primary" ? "btn btn-primary" : "btn btn-danger";
    details.replaceChildren();
    const template = confirmDetails ? $(confirmDetails) : null;
    if (template) details.append(template.content.cloneNode(true));
    details.hidden = !template;
    $("#confirm-type").hidden = !confirmType;
    $("#confirm-name").textContent = confirmType || "";
    typed.value = "";
    typed.oninput = () => { accept.disabled = Boolean(confirmType) && typed.value !== confirmType; };
    typed.oninput();
    dialog.returnValue = "cancel";
    dialog.onclose = () => { if (dialog.returnValue === "accept") go(); };
    dialog.showModal();
    (confirmType ? typed : $('[value="cancel"]', dialog)).focus();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const source = event.submitter?.matches("[data-confirm]") ? event.submitter : form.matches("[data-confirm]") ? form : null;
    if (!source || form.method === "dialog") return;
    if (confirmed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(source, () => { confirmed.add(form); form.requestSubmit(event.submitter); });
  }, true);

  document.addEventListener("click", (event) => {
    const source = event.target.closest("[data-confirm]");
    if (!source || source.matches("form") || (source.type === "submit" && source.form)) return;
    if (confirmed.delete(source)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(source, () => { confirmed.add(source); source.click(); });
  }, true);

  // Copying; a page served without TLS has no clipboard, a selection copies there
  async function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }

  async function copyFrom(button) {
    const from = button.dataset.copyFrom ? $(button.dataset.copyFrom) : null;
    await copy(from ? from.value ?? from.textContent : button.dataset.copy);
    button.classList.add("is-copied");
    const title = button.title;
    button.title = "Copied";
    setTimeout(() => { button.classList.remove("is-copied"); button.title = title; }, 1500);
    toast("Copied", "success");
  }

  // Clicks: rail, dialogs, toasts, copying, menus
  function showMenu(open) {
    document.body.classList.toggle("menu-open", open);
    $("[data-menu]")?.setAttribute("aria-expanded", String(open));
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.closest("[data-menu]")) { event.preventDefault(); showMenu(!document.body.classList.contains("menu-open")); }
    target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
    const copier = target.closest("[data-copy], [data-copy-from]");
    if (copier) copyFrom(copier);
    const opener = target.closest("[data-dialog]");
    if (opener) { event.preventDefault(); $(opener.dataset.dialog).showModal(); }
    if (target.closest("[data-dialog-close]")) target.closest("dialog").close();
    if (target.matches("dialog")) target.close(); // its backdrop
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(target) || target.closest(".menu-list a, .menu-list button")) menu.open = false;
    }
  });

  // A menu inside something that scrolls would be cut off by it, so it floats beside its button
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.("details.menu[open]")) return;
    const list = $(".menu-list", menu), button = $("summary", menu).getBoundingClientRect();
    list.classList.add("is-floating");
    const { width, height } = list.getBoundingClientRect();
    const left = menu.classList.contains("menu-left") ? button.left : button.right - width;
    const below = button.bottom + 4, above = button.top - height - 4;
    list.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    list.style.top = `${below + height > innerHeight - 8 && above > 8 ? above : below}px`;
  }, true);
  document.addEventListener("scroll", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (event.target.contains(menu)) menu.open = false;
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    showMenu(false);
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      if (menu.contains(document.activeElement)) $("summary", menu).focus();
    }
  });

  // Forms: sent once, and not left with unsaved changes
  const submitters = (form) => [...form.elements].filter((element) => element.matches("button, [type=submit]") && element.type === "submit");

  function release(form) {
    for (const button of submitters(form)) { button.disabled = false; button.classList.remove("is-busy"); }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    delete form.dataset.dirty;
    if (event.defaultPrevented && !form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) return;
    if (!form.matches("[data-once]")) return;
    // After this turn, since a disabled button would not send its own name and value
    setTimeout(() => {
      for (const button of submitters(form)) button.disabled = true;
      event.submitter?.classList.add("is-busy");
    });
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const leads = event.detail.xhr?.getResponseHeader("HX-Redirect"); // then the page is about to be left
    if (event.target.matches?.("form[data-once]") && !leads) release(event.target);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) document.querySelectorAll("form[data-once]").forEach(release); });

  document.addEventListener("input", (event) => {
    const form = event.target.form ?? event.target.closest("form");
    if (form?.matches("[data-guard]")) form.dataset.dirty = "";
  });
  addEventListener("beforeunload", (event) => { if ($("form[data-guard][data-dirty]")) event.preventDefault(); });

  window.coretex = { toast, duration };
})();
