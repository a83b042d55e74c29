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

let ahead = -Infinity;
/** The server's time in ms. Its answers are dated in whole seconds, so the greatest difference seen is the true one. */
export const serverNow = () => Date.now() + (Number.isFinite(ahead) ? ahead : 0);
function dated(answer) {
  const date = Date.parse(answer.headers.get("date"));
  if (Number.isFinite(date)) ahead = Math.max(ahead, date - Date.now());
}

/** One request to the API. A problem is shown to the user and gives `null`. */
export async function api(method, path, body) {
  try {
    const answer = await fetch(`/api/v1${path}`, {
      method,
      headers: { "Accept-Language": document.documentElement.lang, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    dated(answer);
    if (answer.status === 401) return void location.assign("/login");
    if (answer.status === 204) return {};
    const told = await answer.json();
    if (answer.ok) return told;
    const why = reason(told.reason, told.data) ?? entry("problem", told.code);
    const remedy = words.sections.remedy?.[told.reason];
    complain([why, remedy ? filled(remedy, told.data ?? {}) : null].filter(Boolean).map(sentence).join(". "));
  } catch {
    complain(words.disconnected);
  }
  return null;
}

let hiding = 0;
export function complain(text) {
  const box = el("problem");
  box.hidden = false;
  box.textContent = `${words.failed}: ${text}`;
  clearTimeout(hiding);
  hiding = setTimeout(() => (box.hidden = true), 8000);
}

/**
 * Read again at every change and every (re)connection; changes in a burst are read once, at most 5 times a second.
 * `read` is given the kinds that have changed, or `null` when everything must be read.
 */
export function live(query, read) {
  let due = 0;
  let reading = false;
  let kinds = new Set();
  const run = async () => {
    const changed = kinds;
    due = 0;
    kinds = new Set();
    reading = true;
    await read(changed);
    reading = false;
  };
  const soon = () => {
    if (!due) due = setTimeout(() => (reading ? ((due = 0), soon()) : run()), 200);
  };
  const everything = () => {
    kinds = null;
    soon();
  };
  const source = new EventSource(`/api/v1/events${query}`);
  source.onopen = () => {
    line(true);
    everything();
  };
  source.onerror = () => {
    line(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => live(query, read), 3000);
  };
  source.addEventListener("change", (event) => {
    kinds?.add(JSON.parse(event.data).kind);
    soon();
  });
  source.addEventListener("reset", everything);
  everything();
}

function line(up) {
  const node = el("line");
  node.className = up ? "line up" : "line down";
  say(node, up ? words.connected : words.disconnected);
}

/** Ask before something that cannot be taken back. */
export function confirmed(text, button) {
  const dialog = el("ask");
  el("ask-text").textContent = text;
  el("ask-yes").textContent = button;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

/** A form whose sending is a request: the button waits for the answer, so that two clicks are one. */
export function onSubmit(form, send) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    await send(new FormData(form));
    button.disabled = false;
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
