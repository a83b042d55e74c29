// The list of open conferences, a new one, and how the parts are.
import { api, el, keep, make, onSubmit, parts, say, spaced, words } from "./dom.js";
import { live } from "./live.js";
import { entry, reason, sentence } from "./words.js";

export function startConferences() {
  const form = el("new");
  form.elements.language.value = document.documentElement.lang;
  onSubmit(form, async (data) => {
    const made = await api("POST", "/conferences", {
      name: data.get("name"),
      language: data.get("language"),
      recorded: data.has("recorded"),
    });
    if (made) location.assign(`/conferences/${made.id}`);
  });
  live(null, read);
  setInterval(readParts, 10_000);
  readParts();
}

async function read() {
  const conferences = await api("GET", "/conferences");
  if (!conferences) return;
  const exercises = conferences.filter((one) => one.exercise);
  const inEarnest = conferences.filter((one) => !one.exercise);
  el("none").hidden = inEarnest.length > 0;
  el("h-exercises").hidden = exercises.length === 0;
  for (const [id, those] of [["conferences", inEarnest], ["exercises", exercises]]) keep(el(id), those, (one) => one.id, build, update);
}

function build(one) {
  return make(
    "li",
    { class: "card" },
    make("a", { href: `/conferences/${one.id}`, class: "name" }),
    make("p", { class: "flags" }, make("span", { class: "flag exercise" }), make("span", { class: "flag state" }), make("span", { class: "flag warn rescued" }), make("span", { class: "flag rec" })),
    make("dl", { class: "codes small" }, pair("number"), pair("code"), pair("host_code")),
  );
}

const pair = (key) => make("div", {}, make("dt", { text: words[key] }), make("dd", { class: key }));

function update(node, one) {
  say(node.querySelector(".name"), one.name);
  const exercise = node.querySelector(".exercise");
  exercise.hidden = !one.exercise;
  say(exercise, words.exercise);
  const rescued = node.querySelector(".rescued");
  rescued.hidden = !one.emergency;
  say(rescued, words.for_rescued);
  const state = node.querySelector(".state");
  state.classList.toggle("good", one.state === "active");
  const count = one.participants.length;
  say(state, words[`conference_state_${one.state}`] + (count ? ` · ${count}` : ""));
  const recording = node.querySelector(".rec");
  recording.hidden = !one.recording.on;
  say(recording, words.recording_state_on);
  say(node.querySelector(".number"), one.number_spoken);
  say(node.querySelector(".code"), spaced(one.code));
  say(node.querySelector(".host_code"), spaced(one.host_code));
}

async function readParts() {
  const told = (await parts()) ?? { parts: {}, reasons: {} };
  keep(
    el("parts"),
    Object.keys(told.parts),
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
