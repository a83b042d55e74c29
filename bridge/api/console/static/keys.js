// One key for each act that a host does often. Off in text fields and dialogs, and where the user has switched them off.
import { el, make, say, words } from "./dom.js";
import { filled } from "./words.js";

/** The meeting that was last on a page of this browser. */
export const LATEST = "samband-latest-meeting";
const OFF = "samband-keys-off";
const GO_MS = 1500;
const PRESS = {
  n: ["next-speaker", "key_next"],
  t: ["take", "key_take"],
  o: ["mode-open", "key_open"],
  f: ["mode-lecture", "key_lecture"],
  l: ["mode-queue", "key_queue"],
  M: ["mute-all", "key_mute_all"],
  z: ["undo", "key_undo"],
  d: ["lock", "key_lock"],
  r: ["record", "key_record"],
  K: ["hush", "key_hush"],
};
const OTHER = { u: [rollCall, "key_roll"], b: [decision, "key_decision"], m: [muteRow, "key_mute"], w: [giveRow, "key_give"], i: [ringRow, "key_ring"], k: [acknowledgeRow, "key_acknowledge"] };
const EVERYWHERE = [
  ["?", "key_help"],
  ["/", "key_search"],
  ["↑ ↓", "key_rows"],
  ["Enter", "key_open_row"],
  ["Esc", "key_leave"],
  ["Ctrl+Enter", "key_confirm"],
];
const ROWS = "#waiting-line > li, #participants > li, #roll > li, .targets-of > li, .meetings > li, #next > li, .recordings > li, .choices-big > label, #alarms > li";
const OPENS = "[data-action=let-in], [data-action=more], a[href], summary";
const FIELDS = "input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable]";
let goes = 0;

const places = () => ({ s: ["/", "key_go_start"], m: [localStorage.getItem(LATEST) ? `/conferences/${encodeURIComponent(localStorage.getItem(LATEST))}` : "/conferences", "key_go_meeting"], i: ["/call-in", "key_go_call_in"], k: [linked("k"), "key_go_directory"], p: [linked("p"), "key_go_schedule"], a: ["/archive", "key_go_archive"], h: [linked("h"), "key_go_health"] });

/** Pages of their own say in the menu by which key they are reached. */
const linked = (key) => document.querySelector(`[data-go="${key}"]`)?.getAttribute("href") ?? null;

export function startKeys() {
  if (!el("line")) return;
  document.addEventListener("keydown", onKey);
  const open = make("button", { class: "quiet keys-open", text: words.keys, onclick: help });
  document.body.append(make("footer", { class: "row keys-foot" }, open), make("p", { id: "key-told", class: "hidden", role: "status" }));
}

const isOff = () => localStorage.getItem(OFF) === "yes";

function onKey(event) {
  const { target, key } = event;
  const dialog = document.querySelector("dialog[open]");
  if (dialog) {
    if (key === "Enter" && event.ctrlKey) confirms(dialog, event);
    return;
  }
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (key === "Escape" && target !== document.body) return leaves(target);
  if (target.matches?.(FIELDS) || isOff()) return;
  const going = goes > performance.now();
  goes = 0;
  if (going) return goesTo(key, event);
  if (act(key, target)) event.preventDefault();
}

function act(key, target) {
  if (key === "g") return (goes = performance.now() + GO_MS);
  if (key === "?") return help() ?? true;
  if (key === "/") return focused(document.querySelector("input[type=search]"));
  if (key === "ArrowDown" || key === "ArrowUp") return target.matches?.("input") ? false : moves(key === "ArrowDown" ? 1 : -1);
  if (key === "ArrowLeft" || key === "ArrowRight") return along(target.closest?.("[role=toolbar]"), key === "ArrowRight" ? 1 : -1);
  if (key === "Enter") return target.matches?.(ROWS) && press(target.querySelector(OPENS));
  if (Object.hasOwn(PRESS, key)) return pressed(PRESS[key]);
  return Object.hasOwn(OTHER, key) && OTHER[key][0]();
}

/** A page that is not of the present takes no key either: it is inert. */
const usable = (node) => Boolean(node) && !node.disabled && node.checkVisibility() && !node.closest("[inert]");

/** What the key did is said to a screen reader; one that can do nothing now says so. */
function press(node) {
  if (!usable(node)) return told(words.key_nothing);
  told(node.getAttribute("aria-label") ?? node.textContent.trim());
  node.click();
  return true;
}

function told(text) {
  say(el("key-told"), text);
  return true;
}

function pressed([id]) {
  const mode = id.startsWith("mode-") ? document.querySelector(`#modes [data-mode=${id.slice(5)}]`) : el(id);
  return mode ? press(mode) : false;
}

function focused(node) {
  if (!usable(node)) return false;
  node.focus();
  return true;
}

const rowOf = () => document.activeElement?.closest(ROWS);

function moves(by) {
  const rows = [...document.querySelectorAll(ROWS)].filter((row) => row.checkVisibility());
  if (rows.length === 0) return false;
  const at = rows.indexOf(rowOf());
  const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  if (row.matches("label")) row.querySelector("input").focus();
  else {
    row.tabIndex = -1;
    row.focus();
  }
  row.scrollIntoView({ block: "nearest" });
  return true;
}

/** Along a toolbar, from one end to the other. */
function along(bar, by) {
  const buttons = bar ? [...bar.querySelectorAll("button")].filter(usable) : [];
  const at = buttons.indexOf(document.activeElement);
  return at >= 0 && focused(buttons[(at + by + buttons.length) % buttons.length]);
}

const inRow = (selector) => () => (el("participants") || el("groups") ? press(rowOf()?.querySelector(selector)) : false);

function muteRow() {
  return inRow("[data-action=mute]")();
}

function giveRow() {
  return inRow("[data-action=give]")();
}

function acknowledgeRow() {
  return inRow("[data-action=acknowledge]")();
}

function ringRow() {
  return inRow("[data-action=ring], [data-action=miss]")();
}

/** Begins it, and while it goes on leads to the next who is missing. */
function rollCall() {
  if (!el("roll")) return false;
  const begins = el("roll-call").querySelector("button");
  if (usable(begins)) return press(begins);
  const row = el("roll").querySelector(".missing, .expected");
  if (!row) return told(words.key_nothing);
  row.tabIndex = -1;
  row.focus();
  return true;
}

/** Begins one, and ends the one that is being spoken. */
function decision() {
  if (!el("decide")) return false;
  const ends = [...document.querySelectorAll("#decisions [data-action=end]")].find(usable);
  return press(ends ?? el("decide").querySelector("button"));
}

function goesTo(key, event) {
  const place = places()[key]?.[0];
  if (!place) return;
  event.preventDefault();
  location.assign(place);
}

function leaves(node) {
  if (node.matches("input[type=search]") && node.value) {
    node.value = "";
    node.dispatchEvent(new Event("input", { bubbles: true }));
  } else node.blur();
}

function confirms(dialog, event) {
  event.preventDefault();
  const yes = dialog.querySelector("#ask-yes, button.main");
  if (usable(yes)) yes.click();
}

/** What each key does here, and the switch. */
function help() {
  const rows = [...EVERYWHERE];
  if (el("modes")) rows.push(...Object.entries(PRESS).map(([key, [, word]]) => [key === "M" ? "Shift+M" : key, word]));
  if (el("participants") || el("groups")) rows.push(...Object.entries(OTHER).filter(([key]) => el("participants") || key === "i").map(([key, [, word]]) => [key, word]));
  rows.push(...Object.entries(places()).filter(([, [place]]) => place).map(([key, [, word]]) => [`g ${key}`, word]));
  const on = make("input", { type: "checkbox", onchange: (event) => (event.target.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "yes")) });
  on.checked = !isOff();
  const dialog = make(
    "dialog",
    { class: "keys", "aria-labelledby": "keys-title" },
    make("h2", { id: "keys-title", text: words.keys }),
    make("label", { class: "tick" }, on, make("span", { text: words.keys_on })),
    make("dl", {}, ...rows.map(([key, word]) => make("div", {}, make("dt", {}, make("kbd", { text: key })), make("dd", { text: words[word] })))),
    make("p", { class: "help", text: filled(words.keys_none, {}) }),
    make("form", { method: "dialog" }, make("button", { text: words.close, autofocus: "" })),
  );
  document.body.append(dialog);
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus();
  });
  dialog.showModal();
  return true;
}
