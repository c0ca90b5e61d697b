"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { page } = require("./page.js");

const NOW = Date.parse("2026-03-01T12:00:00Z") / 1000;
const ago = (seconds) => new Date((NOW - seconds) * 1000).toISOString();
const app = (html = "") => page(`${html}<div id="messages"></div>`, ["app"]);
const toasts = ({ all }) => all(".toast-text").map((toast) => toast.textContent);

test("a duration is told in its two largest units", () => {
  const { duration } = app().window.coretex;
  const told = { 0: "0 s", 59.4: "59 s", 59.6: "1 min 00 s", 3599: "59 min 59 s", 3660: "1 h 01 min", 86399: "23 h 59 min", 93600: "1 d 2 h" };
  for (const [seconds, words] of Object.entries(told)) assert.equal(duration(Number(seconds)), words);
  assert.equal(duration(-3), "0 s");
});

test("times are told from now, and from a month on by their date", () => {
  const cases = [[30, "just now"], [60, "1 min ago"], [7199, "1 h ago"], [86400, "1 d ago"], [-7200, "in 2 h"], [31 * 86400, "2026-01-29"]];
  const { all, clock } = app(cases.map(([seconds]) => `<time data-relative datetime="${ago(seconds - 30)}">-</time>`).join(""));
  clock.pass(30_000);
  assert.deepEqual(all("time").map((time) => time.textContent), cases.map(([, words]) => words));
});

test("the server's clock counts where the browser's is wrong", () => {
  const { find } = app(`<meta name="server-time" content="${NOW + 3600}"><b data-since="${ago(0)}">-</b>`);
  assert.equal(find("b").textContent, "1 h 00 min");
});

test("a clock that is a few seconds off is taken as right", () => {
  const { find } = app(`<meta name="server-time" content="${NOW + 3}"><b data-since="${ago(0)}">-</b>`);
  assert.equal(find("b").textContent, "0 s");
});

test("what goes on counts up every second", () => {
  const { find, clock } = app(`<b data-since="${ago(58)}">-</b>`);
  assert.equal(find("b").textContent, "58 s");
  clock.pass(2000);
  assert.equal(find("b").textContent, "1 min 00 s");
});

test("the same is not said twice at a time, and goes by itself unless it is an error", () => {
  const it = app();
  for (const _ of [1, 2]) it.window.coretex.toast("Copied", "success");
  it.window.coretex.toast("That did not work", "error");
  assert.deepEqual(toasts(it), ["Copied", "That did not work"]);
  it.clock.pass(6000);
  assert.deepEqual(toasts(it), ["That did not work"]);
  it.find("[data-toast-close]").click();
  assert.deepEqual(toasts(it), []);
});

test("a message under the pointer stays until the pointer has left it", () => {
  const it = app();
  const toast = it.window.coretex.toast("Saved", "success");
  it.happens("pointerenter", {}, toast);
  it.clock.pass(60_000);
  assert.deepEqual(toasts(it), ["Saved"]);
  it.happens("pointerleave", {}, toast);
  it.clock.pass(3000);
  assert.deepEqual(toasts(it), []);
});

test("a server that cannot be reached is told of until it answers again", () => {
  const it = app();
  it.happens("htmx:sendError");
  it.happens("htmx:afterRequest", { xhr: { status: 502, getResponseHeader: () => null } });
  assert.deepEqual(toasts(it), ["The server could not be reached; trying again."]);
  it.happens("htmx:afterRequest", { xhr: { status: 200, getResponseHeader: () => null } });
  assert.deepEqual(toasts(it), []);
});

test("requests that a page cuts off by being left are no news", () => {
  const it = app();
  it.happens("pagehide", {}, it.window);
  it.happens("htmx:sendError");
  assert.deepEqual(toasts(it), []);
});

test("a whole page in place of a part leads to that page, as after the end of a session", () => {
  const it = app("<div id=part></div>");
  const xhr = { status: 200, responseText: "\n<!DOCTYPE html><html>", responseURL: "http://127.0.0.1/sign-in" };
  const detail = { xhr, requestConfig: { verb: "get" }, target: it.find("#part"), shouldSwap: true };
  it.happens("htmx:beforeSwap", detail);
  assert.equal(detail.shouldSwap, false);
  assert.equal(it.window.location.href, "http://127.0.0.1/sign-in");
});

test("a refused form is shown where it was sent", () => {
  const it = app();
  const xhr = { status: 422, responseText: "<!doctype html>", responseURL: "http://127.0.0.1/elsewhere" };
  const detail = { xhr, requestConfig: { verb: "post" }, shouldSwap: true };
  it.happens("htmx:beforeSwap", detail);
  assert.equal(detail.shouldSwap, true);
  assert.equal(it.window.location.href, "http://127.0.0.1/");
});

test("a form is sent once, and can be sent again when the answer left it there", () => {
  const it = app('<form data-once><button type="submit">Run</button></form>');
  const form = it.find("form"), button = it.find("form button");
  form.requestSubmit();
  assert.equal(button.disabled, false, "a disabled button would not send its value");
  it.clock.pass(0);
  assert.equal(button.disabled, true);
  it.happens("htmx:afterRequest", { xhr: { status: 422, getResponseHeader: () => null } }, form);
  assert.equal(button.disabled, false);
});

test("unsaved changes hold the page back until they are sent", () => {
  const it = app('<form data-guard><input name="a"></form>');
  const leave = () => it.happens("beforeunload", {}, it.window);
  assert.equal(leave(), true);
  it.find("input").write("x");
  assert.equal(leave(), false);
  it.find("form").requestSubmit();
  assert.equal(leave(), true);
});
