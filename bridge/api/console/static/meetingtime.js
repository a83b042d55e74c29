// The meeting's clocks: how long it goes on, when it is meant to end, and how long it has been off the record.
import { api, clock, el, length, pressed, say, serverNow, words } from "./dom.js";
import { filled } from "./words.js";

const CLOCK_MS = 1000;
const MINUTE_MS = 60_000;
/** As the voice tells it. */
const TOLD_MIN = [0, 2, 10];
const HOUR_S = 3600;
let now = null;

export function wireTime(base, changed) {
  const press = (id, path, body) => {
    el(id).onclick = async (event) => {
      if (await pressed(event.currentTarget, () => api("POST", base + path(), body))) await changed();
    };
  };
  press("extend", () => "/extend", { minutes: 30 });
  press("off-record", () => `/recording/${isOff() ? "on-record" : "off-record"}`);
  setInterval(showClocks, CLOCK_MS);
}

const isOff = () => ["asked", "silenced", "yes"].includes(now.recording.off_record_state);

/** Hours are told from the first full one on. */
function since(at) {
  const s = Math.max(0, Math.floor((serverNow() - Date.parse(at)) / 1000));
  return s < HOUR_S ? length(s) : `${Math.floor(s / HOUR_S)}:${length(s % HOUR_S).padStart(5, "0")}`;
}

export function showTime(conference) {
  now = conference;
  const off = now.recording.off_record_state;
  el("off-record").hidden = !now.recording.wanted && off === "no";
  el("off-record").setAttribute("aria-pressed", isOff());
  say(el("off-record-name"), isOff() ? words.on_record : words.off_record);
  showClocks();
}

function showClocks() {
  if (now === null) return;
  const ended = now.state === "ended";
  el("going").hidden = !now.started_at || ended;
  if (now.started_at && !ended) say(el("going"), filled(words.meeting_time, { time: since(now.started_at) }));
  const away = isOff() && now.recording.off_record_since;
  el("off-record-time").hidden = !away;
  if (away) say(el("off-record-time"), since(now.recording.off_record_since));
  const planned = now.ends_at !== null && !ended;
  for (const id of ["planned", "extend"]) el(id).hidden = !planned;
  if (!planned) return say(el("end-told"), "");
  const left = Math.ceil((Date.parse(now.ends_at) - serverNow()) / MINUTE_MS);
  const at = clock(now.ends_at).slice(0, 5);
  const near = TOLD_MIN.find((mark) => left <= mark);
  const text = left > 0 ? words.meeting_end_in : words.meeting_end_passed;
  say(el("planned"), near === undefined ? filled(words.meeting_end, { at }) : filled(text, { at, left }));
  el("planned").classList.toggle("warn", near !== undefined);
  say(el("end-told"), near === undefined ? "" : filled(near > 0 ? words.meeting_end_in : words.meeting_end_passed, { at, left: near }));
}
