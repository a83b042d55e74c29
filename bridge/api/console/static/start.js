// The start page: what goes on, the two entrances to a call-out, what is planned, and one line about the health.
import { api, clock, day, el, keep, keepFocus, make, onSubmit, parts, say, spaced, words } from "./dom.js";
import { live } from "./live.js";
import { entry, filled, reason, sentence } from "./words.js";

const PARTS_MS = 10_000;
const MOST_PLANNED = 3;
const MOST_CALLOUTS = 50;

export function startStart() {
  el("new").elements.language.value = document.documentElement.lang;
  onSubmit(el("new"), async (data) => {
    const body = { name: data.get("name"), language: data.get("language"), recorded: data.has("recorded") };
    const made = await api("POST", "/conferences", body);
    if (made) location.assign(`/conferences/${made.id}`);
  });
  live(null, read);
  setInterval(readParts, PARTS_MS);
  readParts();
}

async function read(kinds) {
  const told = (...names) => !kinds || names.some((name) => kinds.has(name));
  const [conferences, callouts] = await Promise.all([
    api("GET", "/conferences"),
    told("activation", "target", "attempt") ? api("GET", `/activations?limit=${MOST_CALLOUTS}`) : null,
    told("schedule", "occurrence") ? readPlanned() : null,
  ]);
  if (!conferences) return;
  keepFocus(() => {
    if (callouts) showCallouts(callouts);
    if (callouts) countExpected(callouts);
    showMeetings(conferences);
  });
}

/** So many functions were called to each meeting; those who are rung back are called already. */
const expected = new Map();
function countExpected(callouts) {
  expected.clear();
  for (const one of callouts) if (one.state !== "cancelled" && one.started_by !== "samband") expected.set(one.conference_id, (expected.get(one.conference_id) ?? 0) + one.counters.total);
}

/** Exercises have a list of their own, with other colours and words. */
function showMeetings(conferences) {
  const inEarnest = conferences.filter((one) => !one.exercise);
  const exercises = conferences.filter((one) => one.exercise);
  el("none").hidden = inEarnest.length > 0;
  el("exercises-part").hidden = exercises.length === 0;
  el("first").hidden = conferences.length > 0 || el("callouts").children.length > 0;
  for (const [id, those] of [["conferences", inEarnest], ["exercises", exercises]]) keep(el(id), those, (one) => one.id, build, update);
}

const pair = (key) => make("div", {}, make("dt", { text: words[key] }), make("dd", { class: key }));
const flag = (name) => make("span", { class: `flag ${name}` });

function build(one) {
  return make(
    "li",
    { class: "card" },
    make("a", { href: `/conferences/${one.id}`, class: "name" }),
    make("p", { class: "flags" }, ...["exercise", "state", "warn rescued", "rec", "radio"].map(flag)),
    make("p", { class: "present" }),
    make("p", { class: "word" }),
    make("dl", { class: "codes" }, pair("number"), pair("code")),
  );
}

function update(node, one) {
  const shown = (name, text) => {
    const found = node.querySelector(`.${name}`);
    found.hidden = !text;
    say(found, text || "");
  };
  say(node.querySelector(".name"), one.name);
  shown("exercise", one.exercise && words.exercise);
  shown("rescued", one.emergency && words.for_rescued);
  shown("state", words[`conference_state_${one.state}`]);
  node.querySelector(".state").classList.toggle("good", one.state === "active");
  shown("rec", one.recording.on && words.recording_state_on);
  shown("radio", one.patches.map((patch) => patch.name ?? patch.gssi).length && filled(words.radio_patched, { count: one.patches.length }));
  const present = one.participants.filter((person) => person.state === "present" && person.kind !== "radio").length;
  say(node.querySelector(".present"), present || expected.has(one.id) ? filled(words.present_now, { count: present, expected: expected.get(one.id) }) : words.nobody);
  const holder = one.participants.find((person) => person.id === one.floor.holder);
  shown("word", holder ? `${words.floor_holder}: ${holder.organisation ?? holder.name}` : "");
  say(node.querySelector(".number"), one.number_spoken);
  say(node.querySelector(".code"), spaced(one.code));
}

function showCallouts(found) {
  const open = found.filter((one) => one.state === "open");
  el("callouts-part").hidden = open.length === 0;
  keep(
    el("callouts"),
    open,
    (one) => one.id,
    (one) => make("li", { class: "card" }, make("a", { href: `/activations/${one.id}`, class: "name" }), make("p", { class: "flags" }, flag("exercise"), flag("warn late"), flag("warn approval")), make("p", { class: "tally" }, make("b"), make("span"))),
    (node, one) => {
      const { joined, total } = one.counters;
      say(node.querySelector(".name"), one.list_name);
      node.classList.toggle("hatched-edge", one.exercise);
      for (const [name, text] of [["exercise", one.exercise && words.exercise], ["late", one.late && words.board_late], ["approval", one.awaits_approval && words.board_awaits]]) {
        node.querySelector(`.${name}`).hidden = !text;
        say(node.querySelector(`.${name}`), text || "");
      }
      say(node.querySelector(".tally b"), filled(words.activation_tally, { joined, total, missing: total - joined }));
      say(node.querySelector(".tally span"), filled(words.board_since, { at: clock(one.started_at).slice(0, 5) }));
    },
  );
}

async function readPlanned() {
  const found = (await api("GET", "/schedules")) ?? [];
  const next = found.filter((one) => one.next).sort((one, other) => Date.parse(one.next.starts_at) - Date.parse(other.next.starts_at)).slice(0, MOST_PLANNED);
  el("no-next").hidden = next.length > 0;
  keep(
    el("next"),
    next,
    (one) => one.id,
    () => make("li", {}, make("span", { class: "who" }, make("b"), make("small"))),
    (node, one) => {
      const opens = new Date(Date.parse(one.next.starts_at) - one.open_before_s * 1000).toISOString();
      say(node.querySelector("b"), [one.exercise ? words.exercise : null, one.name].filter(Boolean).join(" · "));
      say(node.querySelector("small"), filled(words.planned_at, { at: day(one.next.starts_at), opens: clock(opens).slice(0, 5) }));
    },
  );
}

async function readParts() {
  const told = (await parts()) ?? { parts: {}, reasons: {} };
  const names = Object.keys(told.parts);
  const failing = names.filter((name) => told.reasons[name]);
  const unknown = names.length === 0;
  say(el("health"), unknown ? words.health_unknown : failing.length ? filled(words.health_bad, { count: failing.length, parts: failing.map((name) => sentence(entry("part", name))).join(", ") }) : words.health_well);
  el("health").className = `health ${failing.length || unknown ? "bad" : "good"}`;
  keep(
    el("parts"),
    names,
    (name) => name,
    () => make("li", {}, make("span", { class: "dot", "aria-hidden": "true" }), make("b"), make("span", { class: "why" })),
    (node, name) => {
      const why = told.reasons[name];
      node.className = why ? "bad" : "good";
      say(node.querySelector("b"), sentence(entry("part", name)));
      say(node.querySelector(".why"), why ? reason(why.code, why.data) : words.part_well);
    },
  );
}
