// Building and keeping the page: elements, keyed lists, requests and live events. Text is only ever set as text.

import { entry, filled, locale, reason, sentence, words } from "./words.js";

export { locale, words };
export const el = (id) => document.getElementById(id);

/** Make an element. `attributes` may hold `text`, `class`, event handlers (`onclick`) and ordinary attributes. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Set text only where it differs, so that screen readers hear changes and nothing else. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Keep a list's children in step with `items`: made once for each key, then updated, so that focus stays. */
export function keep(list, items, key, build, update) {
  const present = new Map([...list.children].map((node) => [node.dataset.key, node]));
  let before = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let node = present.get(name);
    if (node) present.delete(name);
    else {
      node = build(item);
      node.dataset.key = name;
    }
    update(node, item);
    if (node === before) before = before.nextElementSibling;
    else list.insertBefore(node, before);
  }
  for (const node of present.values()) node.remove();
}

const usable = (node) => node?.isConnected && !node.disabled && node.checkVisibility();
const CONTROLS = "button, input, select, summary";
const OPENS = "[data-action=more]";

/**
 * Run an update of the page. One that takes the focused control away gives the focus to a neighbour: what opens its row,
 * the same act of the next row or of the one before, another control of its row, then the heading of its card.
 */
export function keepFocus(update) {
  const before = document.activeElement;
  const row = before?.closest("li");
  const same = (other) => (before.dataset.action && other?.querySelector(`[data-action="${before.dataset.action}"]`)) || null;
  const next = row?.nextElementSibling;
  const previous = row?.previousElementSibling;
  const bar = [...(before?.closest("[role=toolbar]")?.querySelectorAll(CONTROLS) ?? [])];
  const heading = before?.closest("section")?.querySelector("h2");
  update();
  if (!before || before === document.body || (before === document.activeElement && usable(before))) return;
  const others = row?.isConnected ? [...row.querySelectorAll(CONTROLS)] : [];
  const rows = before === row ? [next, previous] : [];
  const place = [before, ...rows, row?.querySelector(OPENS), same(next), same(previous), ...others, ...bar, heading, ...document.querySelectorAll("main h2")].find(usable);
  if (place?.matches("h2, li")) place.tabIndex = -1;
  place?.focus();
}

/** One press is one request: presses before its answer do nothing. */
export async function pressed(button, send) {
  if (button.getAttribute("aria-busy") === "true") return null;
  button.setAttribute("aria-busy", "true");
  const answer = await send();
  button.removeAttribute("aria-busy");
  return answer;
}

/** Nothing moves under the pointer: while it is over the list, those that stand there keep their places. */
export function steady(list, items, compare) {
  if (!list.matches(":hover")) return [...items].sort(compare);
  const placed = new Map([...list.children].map((node, at) => [node.dataset.key, at]));
  const place = (one) => placed.get(one.id) ?? placed.size;
  return [...items].sort((one, other) => place(one) - place(other) || compare(one, other));
}

let ahead = -Infinity;
/** The server's time in ms. Its answers are dated in whole seconds, so the greatest difference seen is the true one. */
export const serverNow = () => Date.now() + (Number.isFinite(ahead) ? ahead : 0);
function dated(answer) {
  const date = Date.parse(answer.headers.get("date"));
  if (Number.isFinite(date)) ahead = Math.max(ahead, date - Date.now());
}

const LONGEST_MS = 10_000;
/** Of the reads: how many have failed so far. Whoever reads sees by it whether all that is shown is known. */
export const requests = { failed: 0 };

/** Of a meeting that is another host's now nothing is shown any more: the start page tells what became of it. */
export const gone = (status) => status === 404 && location.replace("/");

/** One request to the API. A problem is shown to the user and gives `null`; the page itself tells of a lost line.
 * `refused` is given the status of a problem. */
export async function api(method, path, body, longest = LONGEST_MS, refused = () => {}) {
  const reads = method === "GET";
  try {
    const answer = await fetch(`/api/v1${path}`, {
      method,
      headers: { "Accept-Language": document.documentElement.lang, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(longest),
    });
    dated(answer);
    if (answer.status === 401) return void location.assign("/login");
    if (answer.status === 204) return {};
    const told = await answer.json();
    if (answer.ok) return told;
    if (told.code === "step_up") return void location.assign(`/step-up?to=${encodeURIComponent(location.pathname)}`);
    if (reads) requests.failed += 1;
    refused(answer.status);
    const why = reason(told.reason, told.data) ?? entry("problem", told.code);
    const remedy = words.sections.remedy?.[told.reason];
    complain([why, remedy ? filled(remedy, told.data ?? {}) : null].filter(Boolean).map(sentence).join(". "));
  } catch (error) {
    if (reads) requests.failed += 1;
    else complain(error.name === "TimeoutError" ? words.no_answer : words.not_sent);
  }
  return null;
}

/** How the parts are, or `null`. A system that is not ready answers 503 and tells why. */
export async function parts() {
  const answer = await fetch("/readyz", { headers: { "Accept-Language": document.documentElement.lang }, signal: AbortSignal.timeout(LONGEST_MS) }).catch(() => null);
  return answer?.json().catch(() => null) ?? null;
}

let hiding = 0;
export function complain(text) {
  const box = el("problem");
  box.hidden = false;
  box.textContent = `${words.failed}: ${text}`;
  clearTimeout(hiding);
  hiding = setTimeout(() => (box.hidden = true), 8000);
}

/** Ask before something that cannot be taken back. Both buttons say what they do. */
export function confirmed(text, yes, no = words.no) {
  const dialog = el("ask");
  el("ask-text").textContent = text;
  el("ask-yes").textContent = yes;
  el("ask-no").textContent = no;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

/** A form whose sending is a request: the button waits for the answer, so that two clicks are one. */
export function onSubmit(form, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button");
    const before = document.activeElement;
    button.disabled = true;
    await send(new FormData(form));
    button.disabled = false;
    if (document.activeElement === document.body && usable(before)) before.focus();
  });
}

export const clock = (text) =>
  text ? new Date(text).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" }) : "";
export const day = (text) => (text ? new Date(text).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" }) : "");
export const length = (seconds) => {
  const whole = Math.round(seconds ?? 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};
export const spaced = (code) => (code ? code.replace(/(\d{4})(?=\d)/g, "$1 ") : "–");
