// A scenario is read, played against the simulated region, and stopped. What came of it stays.
import { confirmed, day, el, keep, keepFocus, make, pressed, say, words } from "./dom.js";
import { ask, choice, list, short, told, trouble } from "./page.js";
import { filled } from "./words.js";

const AGAIN_MS = 1000;
const OWN = "";
let scenarios = [];
let due = 0;
const opened = new Set();

export function wirePlaying() {
  el("play-scenario").onchange = () => (showChosen(), forget());
  el("play-text").oninput = forget;
  el("play-file").onchange = async () => {
    const [file] = el("play-file").files;
    if (file) el("play-text").value = await file.text();
    forget();
  };
  el("play-check").onclick = (event) => pressed(event.currentTarget, check);
  el("play").onsubmit = (event) => {
    event.preventDefault();
    pressed(el("play-start"), start);
  };
}

export async function readPlays() {
  clearTimeout(due);
  const answer = await ask("GET", "/exercises");
  if (answer.status === 403) return void (el("h-scenarios").closest("section").hidden = true);
  if (!answer.ok) return trouble(answer);
  const { available, why, plays } = answer.body;
  say(el("play-missing"), why ?? "");
  el("play-missing").hidden = available;
  el("play").hidden = !available;
  if (JSON.stringify(scenarios) !== JSON.stringify(answer.body.scenarios) || !el("play-scenario").options.length) {
    scenarios = answer.body.scenarios;
    el("play-scenario").replaceChildren(...scenarios.map((one) => new Option(one.name, one.file)), new Option(told.play_own, OWN));
    showChosen();
  }
  const running = plays.some((one) => one.state === "playing");
  el("play-start").disabled = running;
  el("play-none").hidden = plays.length > 0;
  const whole = await Promise.all(plays.map(async (one) => (one.state === "playing" || opened.has(one.id) ? ((await ask("GET", `/exercises/plays/${one.id}`)).body ?? one) : one)));
  keepFocus(() => keep(el("plays"), whole, (one) => one.id, build, update));
  if (running) due = setTimeout(readPlays, AGAIN_MS);
}

function source() {
  const file = el("play-scenario").value;
  return file === OWN ? { text: el("play-text").value } : { scenario: file };
}

function showChosen() {
  const file = el("play-scenario").value;
  el("play-own").hidden = file !== OWN;
  say(el("play-about"), scenarios.find((one) => one.file === file)?.about ?? "");
}

/** What was read of another text is not shown beside this one. */
function forget() {
  el("play-checked").hidden = true;
}

/** Gives the scenario where it has no fault. */
async function check() {
  const answer = await ask("POST", "/exercises/check", source());
  if (!answer.ok) return void trouble(answer);
  trouble(null);
  const { name, steps, faults } = answer.body;
  el("play-checked").hidden = false;
  say(el("play-checked").firstElementChild, faults.length ? filled(told.play_faults, { count: faults.length }) : filled(told.play_steps, { name: short(name), count: steps.length }));
  el("play-faults").replaceChildren(...faults.map((one) => make("li", { class: "wrong" }, one.line === null ? null : make("b", { text: filled(told.play_fault_line, { line: one.line }) }), make("span", { text: one.says }))));
  el("play-steps").replaceChildren(...steps.map((one) => make("li", {}, make("span", { text: one.says }), one.after_s > 0 ? make("small", { text: filled(told.play_step_after, { seconds: one.after_s }) }) : null)));
  return faults.length ? null : answer.body;
}

async function start() {
  const checked = await check();
  if (!checked || !(await confirmed(filled(told.play_ask, { name: short(checked.name) }), told.play_start))) return;
  const made = await ask("POST", "/exercises/plays", { ...source(), speed: Number(el("play").elements.speed.value) });
  if (!made.ok) return trouble(made);
  forget();
  opened.add(made.body.id);
  await readPlays();
}

function build(one) {
  const details = make("details", {}, make("summary", {}, make("b", { text: told.play_log, "aria-label": `${told.play_log}: ${short(one.name)}` })), make("ul", { class: "entries results" }), make("ol", { class: "entries log" }));
  details.open = opened.has(one.id);
  details.ontoggle = () => {
    opened[details.open ? "add" : "delete"](one.id);
    readPlays();
  };
  return make("li", {}, make("span", { class: "flag exercise", text: words.exercise }), make("span", { class: "who" }, make("b"), make("small")), make("span", { class: "acts" }), details);
}

function update(node, one) {
  const [, who, acts, details] = node.children;
  const met = one.results.filter((each) => each.met).length;
  say(who.firstElementChild, short(one.name));
  say(who.lastElementChild, list(choice("play", one.state), day(one.began_at), filled(told.play_by, { name: one.asked_by }), one.results.length ? filled(told.play_met, { met, count: one.results.length }) : null));
  const wanted = [one.state, one.conference_id].join(" ");
  if (acts.dataset.shown !== wanted) {
    acts.dataset.shown = wanted;
    acts.replaceChildren(
      ...[
        one.conference_id ? make("a", { class: "button", href: `/conferences/${one.conference_id}`, text: told.to_meeting, "aria-label": `${told.to_meeting}: ${short(one.name)}` }) : null,
        one.state === "playing" ? make("button", { type: "button", "data-action": "stop", text: told.play_stop, "aria-label": `${told.play_stop}: ${short(one.name)}`, onclick: (event) => pressed(event.currentTarget, () => stop(one)) }) : null,
      ].filter(Boolean),
    );
  }
  const [, results, log] = details.children;
  results.replaceChildren(
    ...one.faults.map((each) => make("li", { class: "wrong", text: each.says })),
    ...one.results.map((each) => make("li", { class: each.met ? "" : "wrong" }, make("b", { text: each.met ? told.play_result_met : told.play_result_missed }), make("span", { text: filled(told.play_result, each) }))),
  );
  if (log.childElementCount !== one.lines.length) log.replaceChildren(...one.lines.map((text) => make("li", { text })));
}

async function stop(one) {
  if (!(await confirmed(filled(told.play_stop_ask, { name: short(one.name) }), told.play_stop))) return;
  const answer = await ask("POST", `/exercises/plays/${one.id}/stop`);
  if (!answer.ok) trouble(answer);
  await readPlays();
}
