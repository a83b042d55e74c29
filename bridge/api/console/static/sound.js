// The sounds of alarms. A browser gives none before somebody has pressed something: the strip says so until then.
const KEY = "samband_sound";
const HEARD = "samband_heard";
const HUSHED = "samband_hushed";
export const HUSH_MS = 120_000;
const REPEAT_MS = 9_500;
const MOST_HEARD = 400;
const CRITICAL_HZ = [660, 880, 1100];
const IMPORTANT_HZ = [880, 660];
const TONE_S = 0.18;

export const stored = (key, otherwise) => {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
};
export const keepStored = (key, value) => {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing sounds for the same alarm on the next page again.
  }
};

let context = null;
let mine = typeof navigator.locks === "undefined";
let rungAt = -Infinity;
let rung = 0;

/** `on`, `off` (somebody's choice) or `suspended` (the browser gives none before a press). */
export function state() {
  if (stored(KEY, "off") !== "on") return "off";
  return context?.state === "running" ? "on" : "suspended";
}

/** After a page is loaded: the browser may give sound at once, where somebody has pressed something before. */
export function prepare(changed) {
  context = new AudioContext();
  context.onstatechange = changed;
  // Of all tabs one sounds: the lock goes on to the next when its tab is closed.
  if (!mine) navigator.locks.request("samband-sound", () => ((mine = true), new Promise(() => {})));
  // A browser that gives no sound on a new page gives it at the first press on it, wherever that is.
  const wake = () => stored(KEY, "off") === "on" && context.resume().catch(() => {});
  for (const press of ["pointerdown", "keydown"]) addEventListener(press, wake, { capture: true });
  changed();
}

/** A press. The three tones prove that the loudspeaker is on. */
export async function begin() {
  keepStored(KEY, "on");
  await context.resume();
  play(CRITICAL_HZ);
}

export function end() {
  keepStored(KEY, "off");
}

/** Alarms that are there now sound no more for 2 min. One that comes later does. */
export function hush(alarms) {
  keepStored(HUSHED, { until: Date.now() + HUSH_MS, keys: alarms.map(keyOf) });
}

/** For how long still, in ms; 0: they sound. */
export const hushedFor = () => Math.max(0, stored(HUSHED, { until: 0 }).until - Date.now());

const keyOf = (alarm) => `${alarm.id}:${alarm.times}`;

/**
 * Called at each change and each beat: an event comes to a tab in the background too, where timers come once a minute.
 * Critical ones sound each 10 s until they are acknowledged, important ones once.
 */
export function ring(alarms) {
  const hushed = hushedFor() > 0 ? new Set(stored(HUSHED, { keys: [] }).keys) : new Set();
  const loud = alarms.filter((one) => !one.exercise && ["new", "returned"].includes(one.state) && !hushed.has(keyOf(one)));
  const heard = new Set(stored(HEARD, []));
  const critical = loud.some((one) => one.priority === "P1");
  const fresh = loud.filter((one) => one.priority === "P2" && one.state === "new" && !heard.has(keyOf(one)));
  if (state() !== "on" || !mine) return;
  if (critical && performance.now() - rungAt >= REPEAT_MS) {
    rungAt = performance.now();
    play(CRITICAL_HZ);
  } else if (!critical && fresh.length > 0) play(IMPORTANT_HZ);
  if (fresh.length > 0) keepStored(HEARD, [...heard, ...fresh.map(keyOf)].slice(-MOST_HEARD));
}

function play(tones) {
  tones.forEach((hz, place) => {
    const at = context.currentTime + place * (TONE_S + 0.06);
    const tone = context.createOscillator();
    const level = context.createGain();
    tone.frequency.value = hz;
    level.gain.setValueAtTime(0, at);
    level.gain.linearRampToValueAtTime(0.35, at + 0.01);
    level.gain.setValueAtTime(0.35, at + TONE_S - 0.02);
    level.gain.linearRampToValueAtTime(0, at + TONE_S);
    tone.connect(level).connect(context.destination);
    tone.start(at);
    tone.stop(at + TONE_S);
  });
  rung += 1;
  document.body.dataset.rung = `${rung} ${tones.length}`;
}
