// The page and the present: it is read again at every change, and says so where it can no longer be true.
import { clock, el, requests, say, serverNow, words } from "./dom.js";
import { SILENT_MS } from "./follow.js";
import { connect } from "./stream.js";
import { filled } from "./words.js";

/** A line that is known to be down: a controller is replaced within 2 s. */
const DOWN_MS = 3000;
const AGAIN_MS = 2000;
/** One act tells several changes at once. */
const GATHER_MS = 30;
/** Between the starts of two reads. */
const BURST_MS = 200;

/**
 * Read at the start, at every change and at every (re)connection. A change is read at once, and those of a burst
 * together: 5 times a second at most. `read` is given the kinds that have changed, or `null` when everything must be read.
 *
 * @param {string | null} conference changes of this one, and of none; `null`: all
 * @param {(talking: string[]) => void} talk given those of the conference who talk now; nothing is read for it
 * @param {{alarms?: boolean, greys?: boolean}} options whether changes of alarms are read for, and whether an old page takes
 *   no act
 */
export function live(conference, read, talk = () => {}, { alarms = false, greys = true } = {}) {
  let due = 0;
  let reading = false;
  let readAt = -BURST_MS;
  let kinds = new Set();
  const run = async () => {
    const changed = kinds;
    const woken = present.woken();
    due = 0;
    kinds = new Set();
    reading = true;
    readAt = performance.now();
    const failures = requests.failed;
    await read(changed);
    reading = false;
    if (requests.failed === failures) return present.read(woken);
    kinds = null;
    due = setTimeout(run, AGAIN_MS);
  };
  const soon = () => {
    if (!due) due = setTimeout(() => (reading ? ((due = 0), soon()) : run()), Math.max(GATHER_MS, readAt + BURST_MS - performance.now()));
  };
  const everything = () => {
    kinds = null;
    soon();
  };
  const present = watch(greys, everything);
  connect(({ type, data }) => {
    if (type === "down") return present.down();
    if (type === "refused") return void present.refused();
    present.heard();
    if (type === "open" || type === "reset") everything();
    if (type === "talk" && data.conference_id === conference) return talk(data.talking);
    if (type !== "change" || (data.kind === "alarm" && !alarms) || (conference !== null && data.conference_id !== null && data.conference_id !== conference)) return;
    kinds?.add(data.kind);
    soon();
  });
  everything();
}

/** Keeps the mark of the line, and greys what is not of the present. A page that stood still knows nothing of the present
 * until it has read: `wakes` is called then. What it had asked for before it stood still is of the past. */
function watch(greys, wakes) {
  let heardAt = performance.now();
  let knownAt = serverNow();
  let ran = now();
  let downAt = null;
  let isRead = false;
  let slept = false;
  let woken = 0;
  const show = () => {
    if (stood()) sleeps();
    const at = performance.now();
    const old = slept || (downAt !== null && at - downAt > DOWN_MS) || at - heardAt > SILENT_MS;
    const up = isRead && downAt === null && !old;
    el("line").className = up ? "line up" : downAt === null && !old ? "line" : "line down";
    say(el("line"), up ? words.connected : downAt === null && !old ? words.reading : words.disconnected);
    if (document.body.classList.contains("stale") === old) return;
    document.body.classList.toggle("stale", old);
    el("content").inert = old && greys;
    el("stale").hidden = !old;
    say(el("stale"), old ? filled(words.stale, { at: clock(knownAt) }) : "");
  };
  /** Nothing ran for so long as there is neither a beat nor a tick. One clock stands while the machine sleeps, and the
   * other one may be set. */
  const stood = () => {
    const before = ran;
    ran = now();
    return Math.max(ran.steady - before.steady, ran.day - before.day) > SILENT_MS;
  };
  const sleeps = () => {
    woken += 1;
    slept = true;
    wakes();
  };
  const heard = () => {
    if (stood()) sleeps();
    heardAt = performance.now();
    if (!slept) knownAt = serverNow();
    downAt = null;
    show();
  };
  setInterval(show, 1000);
  // Chromium tells before a tab in the background is frozen: it wakes up as old.
  document.addEventListener("freeze", () => (sleeps(), show()));
  document.addEventListener("resume", () => (sleeps(), show()));
  show();
  return {
    heard,
    // A session that was ended leads to the login: the request is answered 401. Any other trouble is the line's.
    refused: () => fetch("/api/v1/me").then((answer) => answer.status === 401 && location.assign("/login"), () => null),
    down: () => {
      downAt ??= performance.now();
      show();
    },
    woken: () => woken,
    read: (since) => {
      if (since === woken) slept = false;
      isRead = true;
      document.body.classList.remove("unread");
      show();
    },
  };
}

const now = () => ({ steady: performance.now(), day: Date.now() });
