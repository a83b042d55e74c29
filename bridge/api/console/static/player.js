// The player of an archived meeting: waveform, lanes of speakers, spans as buttons, keys, links to a second.
import { api, complain, el, length, make, words } from "./dom.js";
import { entry, filled } from "./words.js";

const LABEL = 170;
const LANE = 20;
const TALLEST = 6000;
const PAGE = 100;
const SPEEDS = ["1", "1.25", "1.5", "2"];
/** A silence that is shorter than this is listened to. */
const SILENCE_S = 1.5;
const LEAD_S = 0.3;
const SPOKEN = new Set(["talk", "radio", "consultation"]);
const COLOURS = { talk: "--accent", radio: "--good", transmission: "--on-air", floor: "--warn", off_record: "--dim", away: "--dim", consultation: "--accent" };

const OPUS = "audio/ogg; codecs=opus";

let meeting, heard, chosen, timeline, shape, audio;
let loud = null; // { gain_db, web_audio }
let amplifier = null;
let spans = []; // all of the recording, in order
let lanes = []; // { name, kind, spans }
let speech = []; // joined stretches of speech: [start, end]
let marks = [];
let view = { from: 0, to: 1 };
let page = 0;
let frame = 0;
let follows = true;

export async function startPlayer(of, recordings, first) {
  meeting = of;
  heard = recordings;
  audio = el("audio");
  el("player").hidden = false;
  el("spoke").hidden = false;
  wire();
  const asked = new URLSearchParams(location.search);
  await choose(heard.find((one) => one.id === asked.get("recording")) ?? first, seconds(asked.get("t")));
}

/** Where the player stands. */
export const current = () => ({ recording: chosen.id, at: audio.currentTime });

/** `90`, `1:30` and `1:02:03` are times; everything else is the beginning. */
export function seconds(text) {
  if (!/^\d+(:[0-5]?\d){0,2}(\.\d+)?$/.test(text ?? "")) return 0;
  return text.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}

async function choose(recording, at = 0) {
  chosen = recording;
  const parts = heard.map((one) =>
    make("li", {}, make("button", { "aria-pressed": String(one === chosen), text: nameOf(one), "data-recording": one.id, onclick: () => choose(one) })),
  );
  el("parts").replaceChildren(...parts);
  shape = null;
  loud = null;
  const path = `/recordings/${encodeURIComponent(recording.id)}`;
  loud = await loudnessOf(path);
  if (chosen !== recording) return; // another was chosen meanwhile
  showSound();
  audio.src = source();
  const [told, peaks] = await Promise.all([api("GET", `${path}/timeline`), api("GET", `${path}/peaks`)]);
  if (chosen !== recording) return; // another was chosen meanwhile
  timeline = told ?? { spans: [], notes: [], missing_s: 0 };
  shape = peaks && { ...peaks, pairs: Int8Array.from(atob(peaks.pairs), (one) => one.charCodeAt(0)) };
  spans = timeline.spans;
  view = { from: 0, to: Math.max(1, total()) };
  page = 0;
  arrange();
  el("position").max = String(Math.ceil(total()));
  el("lacks").textContent = lacking();
  jump(at, false);
  draw();
}

// --- the sound itself ---

/** Its loudness, and its copy for the web; `null` where none is made yet, which is no fault. */
async function loudnessOf(path) {
  const answer = await fetch(`/api/v1${path}/loudness`).catch(() => null);
  return answer?.ok ? await answer.json() : null;
}

/** The small copy where there is one that the browser plays; the master on wish. */
const source = () => (!el("master").checked && loud?.web_audio && audio.canPlayType(OPUS) ? loud.web_audio : chosen.audio);

function showSound() {
  el("master-choice").hidden = !(loud?.web_audio && audio.canPlayType(OPUS));
  const gain = loud?.gain_db ?? 0;
  el("level-choice").hidden = !gain;
  el("gain").textContent = filled(words.player_gain, { db: `${gain > 0 ? "+" : ""}${gain.toLocaleString(words.locale)}` });
  applyGain();
}

/** As loud as other meetings. The browser lets sound be routed only once somebody has pressed something. */
function applyGain() {
  const gain = el("level").checked ? (loud?.gain_db ?? 0) : 0;
  if (gain && !amplifier && navigator.userActivation?.hasBeenActive && window.AudioContext) {
    const context = new AudioContext();
    amplifier = context.createGain();
    context.createMediaElementSource(audio).connect(amplifier).connect(context.destination);
  }
  if (!amplifier) return;
  amplifier.context.resume();
  amplifier.gain.value = 10 ** (gain / 20);
  el("level").dataset.factor = amplifier.gain.value.toFixed(3);
}

/** The other copy, from the same moment. */
function changeSource() {
  const [at, plays] = [audio.currentTime, !audio.paused];
  audio.src = source();
  audio.currentTime = at;
  if (plays) play();
}

const sounds = () => chosen?.duration_s ?? audio.duration ?? 0;
/** With what is missing at its end, so that it is seen. */
const total = () => (sounds() || 0) + (timeline?.missing_s ?? 0);

function nameOf(one) {
  const at = new Date(one.started_at).toLocaleTimeString(words.locale, { hour: "2-digit", minute: "2-digit" });
  const whose = one.participant ?? one.talkgroup ?? (one.gssi ? String(one.gssi) : "");
  return [entry("choice", `part_${one.kind}`), whose, at].filter(Boolean).join(" ");
}

/** Told beside the player: what the sound lacks, and the time between two recordings of the meeting. */
function lacking() {
  const mixes = heard.filter((one) => one.kind === "mix");
  const after = mixes[mixes.indexOf(chosen) + 1];
  const gap = chosen.kind === "mix" && after ? (Date.parse(after.started_at) - Date.parse(chosen.ended_at)) / 1000 : 0;
  return [
    timeline.missing_s ? filled(words.player_missing, { length: length(timeline.missing_s) }) : null,
    gap > 1 ? filled(words.player_not_recorded, { length: length(gap) }) : null,
    ...chosen.faults.map((one) => `${one.participant ?? one.talkgroup ?? ""}: ${one.reason ?? ""}`),
  ].filter(Boolean).join(" · ");
}

function spanName(span) {
  if (span.kind === "off_record") return words.off_record_state_yes;
  if (span.kind === "away") return words.span_away;
  if (span.kind === "floor") return words.player_floor;
  if (span.kind === "transmission") return words.player_transmission;
  return span.name || String(span.issi ?? "–");
}

function arrange() {
  const byName = new Map();
  for (const span of spans) {
    const name = spanName(span);
    if (!byName.has(name)) byName.set(name, { name, kind: span.kind, spans: [] });
    byName.get(name).spans.push(span);
  }
  const order = { off_record: 0, away: 0, floor: 1, transmission: 2, radio: 3 };
  lanes = [...byName.values()].sort((one, other) => (order[one.kind] ?? 9) - (order[other.kind] ?? 9));
  speech = [];
  for (const span of spans.filter((one) => SPOKEN.has(one.kind))) {
    const last = speech.at(-1);
    if (last && span.start_s <= last[1] + SILENCE_S) last[1] = Math.max(last[1], span.end_s);
    else speech.push([span.start_s, span.end_s]);
  }
  const talkers = lanes.filter((one) => one.spans.some((span) => SPOKEN.has(span.kind))).map((one) => one.name);
  el("whose").replaceChildren(make("option", { value: "", text: words.player_everybody }), ...talkers.map((name) => make("option", { value: name, text: name })));
  el("lanes").height = Math.min(TALLEST, Math.max(LANE, lanes.length * LANE));
  marks = [
    ...meeting.decisions.filter((one) => one.recording === chosen.id).map((one) => ({ at: one.from_s ?? 0, text: filled(words.player_decision, { number: one.number, title: one.title ?? undefined }) })),
    ...timeline.notes
      .filter((one) => words[`note_${one.kind}`] && one.offset_s >= -1 && one.offset_s <= total())
      .map((one) => ({ at: Math.max(0, one.offset_s), text: [words[`note_${one.kind}`], one.name].filter(Boolean).join(": ") })),
  ].sort((one, other) => one.at - other.at);
  el("no-marks").hidden = marks.length > 0;
  el("marks").replaceChildren(...marks.slice(0, 500).map((one) => make("li", {}, make("button", { onclick: () => jump(one.at, true) }, make("span", { class: "clock", text: length(one.at) }), make("span", { text: one.text })))));
  listSpans();
}

const listed = () => spans.filter((one) => SPOKEN.has(one.kind) && (!el("whose").value || spanName(one) === el("whose").value));

function listSpans() {
  const all = listed();
  page = Math.max(0, Math.min(page, Math.ceil(all.length / PAGE) - 1));
  const here = all.slice(page * PAGE, (page + 1) * PAGE);
  el("spans").replaceChildren(
    ...here.map((one) =>
      make(
        "li",
        {},
        make(
          "button",
          { "data-start": one.start_s, onclick: () => jump(one.start_s, true) },
          make("span", { class: "clock", text: length(one.start_s) }),
          make("b", { text: spanName(one) }),
          make("small", { text: [one.function, one.organisation, length(one.end_s - one.start_s)].filter(Boolean).join(" · ") }),
        ),
      ),
    ),
  );
  el("span-tally").textContent = all.length ? `${page * PAGE + 1}–${page * PAGE + here.length} / ${all.length}` : "";
  el("earlier").disabled = page === 0;
  el("later").disabled = (page + 1) * PAGE >= all.length;
}

// --- moving ---

function jump(at, plays) {
  const to = Math.max(0, Math.min(at, sounds() || at));
  audio.currentTime = to;
  if (to < view.from || to > view.to) centre(to, view.to - view.from);
  if (plays) play();
  moved();
}

function play() {
  applyGain();
  audio.play().catch((error) => error.name === "AbortError" || complain(words.player_no_sound));
}

const toggle = () => (audio.paused ? play() : audio.pause());

/** The beginning of the speaker before or after this moment. */
function speaker(step) {
  const all = listed();
  const now = audio.currentTime;
  const to = step > 0 ? all.find((one) => one.start_s > now + 0.2) : all.findLast((one) => one.start_s < now - 1);
  if (to) jump(to.start_s, !audio.paused);
}

function setSpeed(value) {
  el("speed").value = value;
  audio.playbackRate = Number(value);
}

function centre(at, wide) {
  const all = Math.max(1, total());
  const width = Math.max(5, Math.min(all, wide));
  const from = Math.max(0, Math.min(all - width, at - width / 2));
  view = { from, to: from + width };
  draw();
}

function zoom(factor) {
  centre(audio.currentTime, (view.to - view.from) * factor);
}

function moved() {
  const now = audio.currentTime;
  el("time").textContent = `${length(now)} / ${length(sounds())}`;
  el("position").value = String(Math.round(now));
  el("position").setAttribute("aria-valuetext", length(now));
  const speaking = spans.filter((one) => SPOKEN.has(one.kind) && one.start_s <= now && now < one.end_s);
  const text = [...new Set(speaking.map(spanName))].join(", ");
  if (el("who").textContent !== text) el("who").textContent = text;
  el("here").href = `?recording=${encodeURIComponent(chosen.id)}&t=${Math.floor(now)}`;
  const seen = el("wave").clientWidth / el("wave").width;
  const x = (LABEL + ((now - view.from) / (view.to - view.from)) * (el("wave").width - LABEL)) * seen;
  el("cursor").hidden = now < view.from || now > view.to;
  el("cursor").style.transform = `translateX(${x}px)`;
  for (const one of el("spans").querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
  const starts = new Set(speaking.map((one) => String(one.start_s)));
  for (const one of el("spans").querySelectorAll("button")) if (starts.has(one.dataset.start)) one.setAttribute("aria-current", "true");
}

function tick() {
  frame = 0;
  if (audio.paused) return;
  const now = audio.currentTime;
  if (el("skip").checked && speech.length) {
    const next = speech.find(([, end]) => end > now);
    if (next && next[0] - LEAD_S > now + SILENCE_S) audio.currentTime = next[0] - LEAD_S;
  }
  if (follows && now > view.to) centre(now + (view.to - view.from) / 2, view.to - view.from);
  frame = requestAnimationFrame(tick);
}

// --- drawing ---

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const xOf = (at, width) => LABEL + ((at - view.from) / (view.to - view.from)) * (width - LABEL);

function draw() {
  drawWave();
  drawLanes();
  moved();
}

function hatch(context, x, width, height) {
  context.save();
  context.beginPath();
  context.rect(x, 0, width, height);
  context.clip();
  context.strokeStyle = colour("--dim");
  context.lineWidth = 2;
  for (let at = x - height; at < x + width; at += 9) {
    context.beginPath();
    context.moveTo(at, height);
    context.lineTo(at + height, 0);
    context.stroke();
  }
  context.restore();
}

function drawWave() {
  const canvas = el("wave");
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  context.fillStyle = colour("--text");
  context.font = "13px system-ui, sans-serif";
  const middle = (height - 18) / 2;
  if (shape) {
    context.fillStyle = colour("--accent");
    for (let x = LABEL; x < width; x++) {
      const at = view.from + ((x - LABEL) / (width - LABEL)) * (view.to - view.from);
      const first = Math.floor(at * shape.per_s);
      const last = Math.max(first + 1, Math.floor((at + (view.to - view.from) / (width - LABEL)) * shape.per_s));
      if (first >= shape.count) break;
      let low = 0;
      let high = 0;
      for (let one = first; one < last && one < shape.count; one++) {
        low = Math.min(low, shape.pairs[2 * one]);
        high = Math.max(high, shape.pairs[2 * one + 1]);
      }
      const top = middle - (high / 128) * middle;
      context.fillRect(x, top, 1, Math.max(1, middle - (low / 128) * middle - top));
    }
  }
  for (const span of spans) {
    if (span.kind !== "off_record" && span.kind !== "away") continue;
    const from = Math.max(LABEL, xOf(span.start_s, width));
    const to = Math.min(width, xOf(span.end_s, width));
    if (to > from) hatch(context, from, to - from, height - 18);
  }
  if (timeline?.missing_s) {
    const from = Math.max(LABEL, xOf(sounds(), width));
    if (from < width) hatch(context, from, width - from, height - 18);
  }
  context.fillStyle = colour("--dim");
  for (let part = 0; part <= 6; part++) {
    const x = LABEL + (part * (width - LABEL)) / 6;
    context.textAlign = part === 6 ? "right" : part ? "center" : "left";
    context.fillText(length(view.from + (part * (view.to - view.from)) / 6), x, height - 3);
  }
}

function drawLanes() {
  const canvas = el("lanes");
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  context.font = "13px system-ui, sans-serif";
  context.textAlign = "left";
  lanes.forEach((lane, row) => {
    const y = row * LANE;
    if (y >= height) return;
    context.fillStyle = colour("--text");
    context.fillText(lane.name.length > 24 ? `${lane.name.slice(0, 23)}…` : lane.name, 0, y + 14);
    context.fillStyle = colour("--raised");
    context.fillRect(LABEL, y + LANE - 1, width - LABEL, 1);
    for (const span of lane.spans) {
      if (span.end_s < view.from || span.start_s > view.to) continue;
      const from = Math.max(LABEL, xOf(span.start_s, width));
      const to = Math.min(width, xOf(span.end_s, width));
      context.fillStyle = colour(COLOURS[span.kind] ?? "--accent");
      context.fillRect(from, y + 4, Math.max(2, to - from), LANE - 8);
    }
  });
}

// --- hands ---

function pointed(canvas, event) {
  const x = (event.offsetX / canvas.clientWidth) * canvas.width;
  if (x < LABEL) return null;
  return view.from + ((x - LABEL) / (canvas.width - LABEL)) * (view.to - view.from);
}

const KEYS = {
  " ": toggle,
  j: () => jump(audio.currentTime - 10, false),
  l: () => jump(audio.currentTime + 10, false),
  ArrowLeft: () => jump(audio.currentTime - 2, false),
  ArrowRight: () => jump(audio.currentTime + 2, false),
  ",": () => speaker(-1),
  ".": () => speaker(1),
  ...Object.fromEntries(SPEEDS.map((speed, at) => [String(at + 1), () => setSpeed(speed)])),
};

function wire() {
  el("play").addEventListener("click", toggle);
  el("back").addEventListener("click", KEYS.j);
  el("forth").addEventListener("click", KEYS.l);
  el("previous").addEventListener("click", () => speaker(-1));
  el("next").addEventListener("click", () => speaker(1));
  el("level").addEventListener("change", applyGain);
  el("master").addEventListener("change", changeSource);
  el("speed").addEventListener("change", () => setSpeed(el("speed").value));
  el("closer").addEventListener("click", () => zoom(0.5));
  el("wider").addEventListener("click", () => zoom(2));
  el("here").addEventListener("click", (event) => {
    event.preventDefault();
    history.replaceState(null, "", el("here").href);
    navigator.clipboard?.writeText(location.href).catch(() => {});
  });
  el("position").addEventListener("input", () => jump(Number(el("position").value), false));
  el("whose").addEventListener("change", () => {
    page = 0;
    listSpans();
  });
  el("earlier").addEventListener("click", () => (page--, listSpans()));
  el("later").addEventListener("click", () => (page++, listSpans()));
  for (const canvas of [el("wave"), el("lanes")])
    canvas.addEventListener("click", (event) => {
      const at = pointed(canvas, event);
      if (at !== null) jump(at, true);
    });
  audio.addEventListener("play", () => {
    el("play").textContent = words.player_pause;
    if (!frame) frame = requestAnimationFrame(tick);
  });
  audio.addEventListener("pause", () => (el("play").textContent = words.player_play));
  audio.addEventListener("loadedmetadata", () => (audio.playbackRate = Number(el("speed").value)));
  audio.addEventListener("timeupdate", moved);
  audio.addEventListener("seeked", moved);
  audio.addEventListener("error", () => complain(words.player_no_sound));
  document.addEventListener("keydown", (event) => {
    const into = event.target.closest?.("input:not([type=checkbox]), select, textarea");
    if (into || event.ctrlKey || event.altKey || event.metaKey || !KEYS[event.key]) return;
    if (event.key === " " && event.target.closest?.("button, a, summary, input")) return; // it presses the control
    event.preventDefault();
    KEYS[event.key]();
  });
  new ResizeObserver(() => {
    const width = Math.max(600, Math.round(el("stage").clientWidth));
    if (el("wave").width === width) return;
    el("wave").width = width;
    el("lanes").width = width;
    if (timeline) draw();
  }).observe(el("stage"));
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", draw);
}
