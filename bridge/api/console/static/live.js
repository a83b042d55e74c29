// The page and the present: it is read again at every change, and says so where it can no longer be true.
import { clock, el, requests, say, serverNow, words } from "./dom.js";
import { connect } from "./stream.js";
import { filled } from "./words.js";

const SILENT_MS = 12_000;
/** A line that is known to be down: a controller is replaced within 2 s. */
const DOWN_MS = 3000;
const AGAIN_MS = 2000;
const BURST_MS = 200;

/**
 * Read at the start, at every change and at every (re)connection. Changes in a burst are read once, 5 times a second at
 * most. `read` is given the kinds that have changed, or `null` when everything must be read.
 *
 * @param {string | null} conference changes of this one, and of none; `null`: all
 * @param {(talking: string[]) => void} talk given those of the conference who talk now; nothing is read for it
 * @param {{alarms?: boolean, greys?: boolean}} options whether changes of alarms are read for, and whether an old page takes
 *   no act
 */
export function live(conference, read, talk = () => {}, { alarms = false, greys = true } = {}) {
  let due = 0;
  let reading = false;
  let kinds = new Set();
  const run = async () => {
    const changed = kinds;
    due = 0;
    kinds = new Set();
    reading = true;
    const failures = requests.failed;
    await read(changed);
    reading = false;
    if (requests.failed === failures) return present.read();
    kinds = null;
    due = setTimeout(run, AGAIN_MS);
  };
  const soon = () => {
    if (!due) due = setTimeout(() => (reading ? ((due = 0), soon()) : run()), BURST_MS);
  };
  const everything = () => {
    kinds = null;
    soon();
  };
  const present = watch(greys);
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

/** Keeps the mark of the line, and greys what is not of the present. */
function watch(greys) {
  let heardAt = performance.now();
  let knownAt = serverNow();
  let downAt = null;
  let isRead = false;
  const show = () => {
    const now = performance.now();
    const old = (downAt !== null && now - downAt > DOWN_MS) || now - heardAt > SILENT_MS;
    const up = isRead && downAt === null && !old;
    el("line").className = up ? "line up" : downAt === null && !old ? "line" : "line down";
    say(el("line"), up ? words.connected : downAt === null && !old ? words.reading : words.disconnected);
    if (document.body.classList.contains("stale") === old) return;
    document.body.classList.toggle("stale", old);
    el("content").inert = old && greys;
    el("stale").hidden = !old;
    say(el("stale"), old ? filled(words.stale, { at: clock(knownAt) }) : "");
  };
  const heard = () => {
    heardAt = performance.now();
    knownAt = serverNow();
    downAt = null;
    show();
  };
  setInterval(show, 1000);
  show();
  return {
    heard,
    // A session that was ended leads to the login: the request is answered 401. Any other trouble is the line's.
    refused: () => fetch("/api/v1/me").then((answer) => answer.status === 401 && location.assign("/login"), () => null),
    down: () => {
      downAt ??= performance.now();
      show();
    },
    read: () => {
      isRead = true;
      document.body.classList.remove("unread");
      show();
    },
  };
}
