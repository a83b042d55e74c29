// The strip on every page: the clock, the alarms, what goes on and the sound. An emergency stands over all until somebody acknowledges it.
import { api, clock, el, keep, make, pressed, say, serverNow, words } from "./dom.js";
import * as sound from "./sound.js";
import { keepStored, stored } from "./sound.js";
import { connect } from "./stream.js";
import { filled, sentence } from "./words.js";

const BURST_MS = 200;
const MEETINGS_MS = 2000;
const MOST_SHOWN = 3;
const KNOWN = "samband_handed";
const MOST_KNOWN = 50;
const PRIORITIES = ["P1", "P2", "P3"];
const OF_MEETINGS = new Set(["conference", "participant", "recording", "activation", "target"]);
let alarms = [];
let callOuts = [];
let unread = false;
const title = document.title;

export const isUnacknowledged = (one) => one.state === "new" || one.state === "returned";
export const titleOf = (one) => [one.name, one.source].filter(Boolean).join(" · ");

export function startStrip() {
  if (!el("strip")) return;
  document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  const readAlarms = paced(alarmsAgain, BURST_MS);
  const readMeetings = paced(meetingsAgain, MEETINGS_MS);
  sound.prepare(showSound);
  el("sound").addEventListener("click", () => (sound.state() === "on" ? (sound.end(), showSound()) : sound.begin().then(showSound)));
  el("sound-off").querySelector("button").addEventListener("click", () => sound.begin().then(showSound));
  el("hush").addEventListener("click", () => (sound.hush(alarms), showSound()));
  connect(({ type, data }) => {
    if (type === "open" || type === "reset") return void (readAlarms(), readMeetings());
    if (type === "change" && data.kind === "alarm") readAlarms();
    if (type === "change" && OF_MEETINGS.has(data.kind)) readMeetings();
    if (type !== "beat") return;
    if (unread || differs(data.alarms ?? {})) readAlarms();
    sound.ring(alarms);
  });
  setInterval(tick, 1000);
  tick();
  readAlarms();
  readMeetings();
}

/** An answer with the list came by another way: the page of the alarms has acted. */
export function alarmsAre(told) {
  unread = false;
  alarms = told.alarms;
  showCounts(told.counts);
  showEmergencies(alarms.filter((one) => one.emergency && isUnacknowledged(one)));
  showWorst(alarms.filter((one) => !one.emergency && !one.exercise && one.priority !== "P3" && isUnacknowledged(one)));
  el("hush").hidden = !alarms.some((one) => one.priority !== "P3" && isUnacknowledged(one));
  sound.ring(alarms);
}

export async function acknowledge(ids, reason = "") {
  const told = await api("POST", "/alarms/acknowledge", { alarms: ids, reason });
  if (told) alarmsAre(told);
  return told;
}

// --- reading ---

/** At once, and then not sooner than `ms` after the latest: the last call is never lost. */
function paced(read, ms) {
  let due = 0;
  let again = false;
  const run = async () => {
    again = false;
    await read();
    due = setTimeout(() => ((due = 0), again && run()), ms);
  };
  return () => {
    again = true;
    if (due) return;
    due = -1;
    run();
  };
}

async function alarmsAgain() {
  unread = true;
  const told = await api("GET", "/alarms");
  if (told) alarmsAre(told);
}

async function meetingsAgain() {
  const told = await api("GET", "/overview");
  if (!told) return;
  callOuts = told.call_outs;
  showMeetings(told.meetings);
  showHanded(told.handed);
  showCallOuts();
}

function differs(counts) {
  return PRIORITIES.some((priority) => {
    const rows = alarms.filter((one) => one.priority === priority && one.state !== "shelved" && !one.exercise);
    const told = counts[priority];
    return told && (told.active !== rows.length || told.unacknowledged !== rows.filter(isUnacknowledged).length);
  });
}

// --- showing ---

function tick() {
  const now = clock(serverNow());
  say(el("strip-clock"), now);
  showCallOuts();
  showSound();
}

function showCounts(counts) {
  for (const node of el("alarm-counts").querySelectorAll("[data-priority]")) {
    const active = counts[node.dataset.priority]?.active ?? 0;
    say(node.querySelector("b"), String(active));
    node.classList.toggle("some", active > 0);
    node.classList.toggle("new", alarms.some((one) => one.priority === node.dataset.priority && one.state === "new" && !one.exercise));
  }
  const [p1, p2, p3] = PRIORITIES.map((priority) => counts[priority]?.active ?? 0);
  el("alarm-counts").setAttribute("aria-label", filled(words.alarms_counted, { p1, p2, p3 }));
}

function showMeetings(meetings) {
  keep(
    el("strip-meetings"),
    meetings,
    (one) => one.id,
    (one) => make("li", {}, make("a", { href: `/conferences/${one.id}` }, make("span", { class: "talk-dot", "aria-hidden": "true" }), make("b"), make("span", { class: "talks" }), make("span", { class: "rec" }))),
    (node, one) => {
      node.className = ["chip", one.talking ? "talks" : "", one.exercise ? "exercise" : ""].join(" ").trim();
      say(node.querySelector("b"), one.exercise ? `${words.exercise} ${one.name}` : one.name);
      say(node.querySelector("span.talks"), one.talking ? words.talking : "");
      say(node.querySelector(".rec"), one.recorded ? "REC" : "");
    },
  );
}

/** Both are told on every page until they have understood it: in this browser, since another may stand elsewhere. */
function showHanded(handed) {
  const known = stored(KNOWN, []);
  keep(
    el("handed"),
    handed.filter((one) => !known.includes(keyOf(one))),
    keyOf,
    (one) =>
      make(
        "li",
        {},
        make("span", { class: "what" }),
        one.seen ? make("a", { href: `/conferences/${one.id}`, text: words.to_the_meeting }) : null,
        make("button", {
          text: words.passed_known,
          onclick: () => {
            keepStored(KNOWN, [...stored(KNOWN, []), keyOf(one)].slice(-MOST_KNOWN));
            showHanded(handed);
          },
        }),
      ),
    (node, one) => {
      const told = one.yours ? words.passed_to_you : !one.seen ? words.passed_from_you : one.stays ? words.passed_beside_you : words.passed_and_seen;
      say(node.querySelector(".what"), filled(told, { at: clock(one.at).slice(0, 5), meeting: one.name, name: one.to, by: one.by }));
    },
  );
}

const keyOf = (one) => `${one.id} ${one.at}`;

function showCallOuts() {
  keep(
    el("strip-callouts"),
    callOuts,
    (one) => one.id,
    (one) => make("li", {}, make("a", { href: `/conferences/${one.conference_id}` }, make("b"), make("span", { class: "clock" }))),
    (node, one) => {
      node.className = one.exercise ? "chip exercise" : "chip";
      say(node.querySelector("b"), `${words.activation} ${one.came}/${one.total}`);
      say(node.querySelector(".clock"), lasted(serverNow() - Date.parse(one.started_at)));
      node.firstChild.title = one.name;
    },
  );
}

const lasted = (ms) => {
  const whole = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}.${String(whole % 60).padStart(2, "0")}`;
};

function showSound() {
  const now = sound.state();
  const left = sound.hushedFor();
  document.body.dataset.sound = now;
  say(el("sound"), now === "on" ? words.sound_end : words.sound_begin);
  el("sound-off").hidden = now === "on";
  say(el("hush"), left > 0 ? filled(words.hushed, { time: lasted(left) }) : words.hush);
  el("hush").setAttribute("aria-pressed", String(left > 0));
}

/** Also in an exercise it is real. */
function showEmergencies(emergencies) {
  const list = el("emergencies");
  list.hidden = emergencies.length === 0;
  document.title = emergencies.length > 0 ? `⚠ ${emergencies[0].name} – ${title}` : title;
  document.body.classList.toggle("has-emergency", emergencies.length > 0);
  keep(
    list,
    emergencies,
    (one) => one.id,
    (one) =>
      make(
        "li",
        {},
        make("strong"),
        make("span", { class: "cause" }),
        make("span", { class: "since" }),
        make("span", { class: "do" }),
        make("a", { class: "button", href: one.conference_id ? `/conferences/${one.conference_id}` : one.runbook, text: one.conference_id ? words.to_the_meeting : words.alarm_do }),
        make("button", { "data-action": "acknowledge", text: words.alarm_acknowledge, onclick: (event) => pressed(event.currentTarget, () => acknowledge([one.id])) }),
      ),
    (node, one) => {
      node.classList.toggle("new", one.state === "new");
      say(node.querySelector("strong"), `■ ${one.name}`);
      say(node.querySelector(".cause"), [one.radio_user, sentence(one.cause)].filter(Boolean).join(" · "));
      say(node.querySelector(".since"), filled(words.alarm_since, { at: clock(one.last_at) }));
      say(node.querySelector(".do"), one.act);
    },
  );
}

/** Nobody rings twenty people over a trunk that is known to be dead. */
function showWorst(worst) {
  const shown = worst.slice(0, MOST_SHOWN);
  keep(
    el("faults"),
    shown,
    (one) => one.id,
    (one) => make("li", {}, make("b"), make("span", { class: "cause" }), make("a", { href: one.runbook, text: words.alarm_do })),
    (node, one) => {
      node.className = one.priority.toLowerCase();
      say(node.querySelector("b"), `${titleOf(one)}${one.effects ? ` (+${one.effects})` : ""}`);
      say(node.querySelector(".cause"), sentence(one.cause));
    },
  );
  el("faults-more").hidden = worst.length <= MOST_SHOWN;
  say(el("faults-more").firstElementChild, filled(words.alarms_more, { count: worst.length - MOST_SHOWN }));
}
