// One live conference: who is there, who talks, the floor, the radio, the call-out.
import { api, clock, confirmed, el, gone, keep, keepFocus, length, make, onSubmit, pressed, say, serverNow, spaced, steady, words } from "./dom.js";
import { readDecisions, wireDecisions } from "./decisions.js";
import { live } from "./live.js";
import { showPassing, wirePassing } from "./passing.js";
import { showTime, wireTime } from "./meetingtime.js";
import { LATEST } from "./keys.js";
import { readMessages, wireMessages } from "./messages.js";
import { peopleIn, setAbsent, showPeople, showTalk, wirePeople } from "./people.js";
import { readRadio, showRadio, wireRadio } from "./radio.js";
import { readRollCall, wireRollCall } from "./rollcall.js";
import { readRooms, showRooms, wireRooms } from "./rooms.js";
import { showWaiting, wireWaiting } from "./waiting.js";
import { filled, reason } from "./words.js";

const CLOCK_MS = 1000;
const UNDO_MS = 10_000;
let base = "";
let now = null;
/** Call-out lists by their id. */
const lists = new Map();
/** The missing come first: they need somebody. */
const ORDER = ["unreachable", "cannot", "lost", "waiting", "asked", "calling", "calls_back", "later", "reached", "standby", "joined", "cancelled"];

export async function startConference(id) {
  base = `/conferences/${encodeURIComponent(id)}`;
  wire(id);
  localStorage.setItem(LATEST, id);
  live(id, (kinds) => read(id, kinds), showTalk);
  el("lists").append(new Option(words.activation_choose, ""));
  for (const one of (await api("GET", "/activation-lists")) ?? []) {
    lists.set(one.id, one);
    el("lists").append(new Option(`${one.name} (${one.function_ids.length})`, one.id));
  }
}

function wire(id) {
  /** The rest is read when its own changes are told. */
  const again = () => read(id, new Set(["conference"]));
  const act = (method, path, body) => async (event) => {
    const send = () => api(method, base + path, body);
    if (await (event ? pressed(event.currentTarget, send) : send())) await again();
  };
  wireUndo(act);
  el("lock").onclick = () => act("POST", "/lock", { locked: !now.locked })();
  el("record").onclick = async () => {
    const { wanted } = now.recording;
    if (!wanted || (await confirmed(words.record_stop_ask, words.stop_recording, words.record_stop_no))) await act("POST", "/recording", { on: !wanted })();
  };
  el("end").onclick = async () => {
    const count = peopleIn(now).length;
    if (await confirmed(filled(words.conference_end_ask, { name: now.name, count }), words.conference_end_yes, words.conference_end_no)) act("POST", "/end")();
  };
  el("take").onclick = act("POST", "/floor/take");
  for (const id of ["give-next", "next-speaker"]) el(id).onclick = act("POST", "/floor/give");
  setInterval(showFloorTime, CLOCK_MS);
  el("wall").href = `/conferences/${encodeURIComponent(id)}/wall`;
  for (const button of el("modes").children) button.onclick = act("PUT", "/floor", { mode: button.dataset.mode });
  wirePeople(base, again);
  wireWaiting(base, again);
  wireRooms(base, again);
  wireTime(base, again);
  wireRollCall(base);
  wireDecisions(base);
  wireRadio(base, () => read(id));
  wirePassing(base, () => now, again);
  wireMessages(id, () => readMessages());
  el("activations").onclick = async (event) => {
    const board = event.target.closest("button")?.closest("[data-key]");
    if (!board) return;
    const { name, left } = board.dataset;
    if (!(await confirmed(filled(words.activation_cancel_ask, { name, count: Number(left) }), words.activation_cancel, words.activation_cancel_no))) return;
    if (await api("POST", `/activations/${board.dataset.key}/cancel`)) read(id);
  };
  onSubmit(el("ring"), async (data) => {
    if (await api("POST", `${base}/participants`, Object.fromEntries(data))) el("ring").reset();
    await read(id);
  });
  onSubmit(el("activate"), async (data) => {
    const chosen = lists.get(data.get("list_id"));
    const asked = filled(now.exercise ? words.activation_ask_exercise : words.activation_ask, { name: chosen.name, count: chosen.function_ids.length });
    if (!(await confirmed(asked, filled(words.activation_yes, { count: chosen.function_ids.length }), words.no))) return;
    const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    await api("POST", "/activations", { key, list_id: data.get("list_id"), conference_id: id });
    await read(id);
  });
}

/** For ten seconds after all were muted or opened, the other way is one press away, for exactly those whom it moved. */
function wireUndo(act) {
  let until = 0;
  let back = null;
  const show = () => {
    const left = Math.ceil((until - performance.now()) / 1000);
    el("undo").hidden = left <= 0 || now?.state === "ended";
    if (left > 0) say(el("undo"), filled(words.undo_in, { left }));
  };
  const both = { "mute-all": "/mute-all", "mute-undo": "/mute-all/undo" };
  const press = (id, undoes) => async (event) => {
    await act("POST", both[id])(event);
    until = undoes ? 0 : performance.now() + UNDO_MS;
    back = id === "mute-all" ? "mute-undo" : "mute-all";
    keepFocus(show);
  };
  el("mute-all").onclick = press("mute-all", false);
  el("mute-undo").onclick = press("mute-undo", false);
  el("undo").onclick = (event) => press(back, true)(event);
  setInterval(() => keepFocus(show), CLOCK_MS);
}

/** What is long, or changes seldom, is read only when a change concerns it. All is shown at once. */
async function read(id, kinds = null) {
  const told = (...names) => !kinds || names.some((name) => kinds.has(name));
  const [conference, activations, showRoll, showDecisions] = await Promise.all([
    api("GET", base, undefined, undefined, gone),
    told("activation", "target", "attempt") ? api("GET", `/activations?conference=${encodeURIComponent(id)}`) : null,
    told("roll_call") ? readRollCall() : null,
    told("decision") ? readDecisions() : null,
    told("conference") ? readRooms() : null,
    told("terminal", "patch") ? readRadio() : null,
    told("sds") ? readMessages() : null,
  ]);
  if (!conference) return;
  now = conference;
  if (activations) setAbsent(activations);
  keepFocus(() => {
    showHead(conference);
    showTime(conference);
    showPassing(conference);
    showWaiting(conference);
    showPeople(conference);
    showFloor(conference);
    showRadio(conference);
    showRooms(conference);
    showRoll?.();
    showDecisions?.();
    if (activations) keep(el("activations"), inOrderOfNight(activations), (one) => one.id, buildBoard, updateBoard);
    if (conference.state === "ended") for (const control of document.querySelectorAll("main button, main input, main select")) control.disabled = true;
  });
}

function showHead(one) {
  const ended = one.state === "ended";
  document.title = `${one.name} – Samband`;
  say(el("name"), one.name);
  say(el("number"), one.number_spoken);
  say(el("code"), spaced(one.code));
  say(el("host-code"), spaced(one.host_code));
  say(el("state"), words[`conference_state_${one.state}`]);
  el("state").classList.toggle("good", one.state === "active");
  el("exercise").hidden = !one.exercise;
  el("emergency").hidden = !one.emergency;
  el("codes-fault").hidden = !one.codes_fault;
  el("radio-only").hidden = !one.radio_only_since;
  say(el("radio-only"), `${words.radio_only} ${clock(one.radio_only_since)}`);
  el("locked").hidden = !one.locked;
  say(el("lock"), one.locked ? words.unlock : words.lock);
  el("lock").setAttribute("aria-pressed", one.locked);
  say(el("record"), one.recording.wanted ? words.stop_recording : words.start_recording);
  el("recording").className = `light ${one.recording.state}`;
  say(el("recording"), (one.recording.off_record_state === "no" ? words[`recording_state_${one.recording.state}`] : words[`off_record_state_${one.recording.off_record_state}`]) + (one.recording.failure_code ? `: ${reason(one.recording.failure_code, one.recording.failure_data)}` : ""));
  document.body.classList.toggle("ended", ended);
  const silenced = one.participants.filter((person) => person.muted_by.includes("all")).length;
  el("mute-undo").hidden = silenced === 0 || ended;
  say(el("mute-undo"), filled(words.unmute_all, { count: silenced }));
}

function showFloor(conference) {
  const { floor, participants } = conference;
  const name = (id) => participants.find((one) => one.id === id)?.name ?? "–";
  for (const button of el("modes").children) button.setAttribute("aria-pressed", button.dataset.mode === floor.mode);
  say(el("holder"), floor.holder ? `${words.floor_holder}: ${name(floor.holder)}` : words.floor_free);
  el("holder").classList.toggle("held", Boolean(floor.holder));
  el("holder").hidden = floor.mode === "open" && !floor.holder;
  el("take").hidden = !floor.holder;
  for (const id of ["give-next", "next-speaker"]) el(id).hidden = floor.queue.length === 0;
  showFloorTime();
  keep(
    el("queue"),
    floor.queue,
    (id) => id,
    () => make("li", {}, make("span"), make("button", { "data-action": "give", text: words.floor_give })),
    (node, id) => {
      say(node.firstChild, name(id));
      node.lastChild.setAttribute("aria-label", `${words.floor_give}: ${name(id)}`);
    },
  );
}

/** How long the holder has had the floor, against the limit of a turn. */
function showFloorTime() {
  const { given_at: given, holder, turn_s: turn } = now?.floor ?? {};
  el("floor-time").hidden = !holder || !given;
  if (!holder || !given) return;
  const s = Math.max(0, (serverNow() - Date.parse(given)) / 1000);
  say(el("floor-clock"), turn ? filled(words.floor_time_of, { time: length(s), most: length(turn) }) : filled(words.floor_time, { time: length(s) }));
  el("floor-limit").hidden = !turn;
  if (turn) {
    el("floor-limit").max = turn;
    el("floor-limit").high = turn * 0.8;
    el("floor-limit").value = Math.min(s, turn);
  }
  el("floor-time").classList.toggle("late", turn > 0 && s >= turn);
}

/** Those under way first, then the latest. */
const inOrderOfNight = (activations) => [...activations].sort((one, other) => (other.state === "open") - (one.state === "open"));

const missingFirst = (one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state) || one.position - other.position;

function buildBoard() {
  return make(
    "section",
    { class: "board" },
    make("header", { class: "row" }, make("h3"), make("p", { class: "tally", "aria-live": "polite" }, make("b"), make("span")), make("a", { class: "button", text: words.board_open }), make("button", { class: "danger", text: words.activation_cancel })),
    make("progress", { max: 1 }),
    make("ul", { class: "targets" }),
  );
}

/** A function that is rung alone is told by its organisation too: many have the same. */
const titleOf = ({ list_name: name, targets: [first, ...others] }) => (first?.organisation && first.function === name && others.length === 0 ? `${first.organisation} ${first.function}` : name);

/** One that is done and misses nobody is a single line: its people stand among the participants. */
function updateBoard(node, one) {
  const running = one.state === "open";
  const { joined, total, done } = one.counters;
  node.classList.toggle("running", running);
  node.classList.toggle("complete", !running && joined === total);
  node.dataset.name = one.list_name;
  node.dataset.left = total - done;
  say(node.querySelector("h3"), `${titleOf(one)} · ${words[`activation_state_${one.state}`]}`);
  const told = ["unreachable", "cannot", "lost", "calls_back", "later"].filter((state) => one.counters[state]);
  say(node.querySelector(".tally b"), filled(words.activation_tally, { joined, total, missing: total - joined }));
  say(node.querySelector(".tally span"), told.map((state) => `${words[`target_state_${state}`]} ${one.counters[state]}`).join(" · "));
  node.querySelector("a").href = `/activations/${one.id}`;
  node.querySelector("button").hidden = !running;
  node.querySelector("progress").value = one.counters.total ? one.counters.done / one.counters.total : 0;
  node.querySelector("progress").setAttribute("aria-label", one.list_name);
  keep(
    node.querySelector(".targets"),
    steady(node.querySelector(".targets"), one.targets, missingFirst),
    (target) => target.id,
    () => make("li", {}, make("span", { class: "who" }, make("b"), make("small")), make("span", { class: "flag state" })),
    (item, target) => {
      item.className = target.state;
      say(item.querySelector("b"), target.organisation || target.function);
      const last = target.attempts.at(-1);
      const times = target.attempts_made && last ? filled(words.attempts, { count: target.attempts_made, at: clock(last.placed_at) }) : null;
      const why = reason(target.reason_code, target.reason_data);
      const rung = last?.person ? filled(words.rung_for, { person: last.person }) : null;
      const passed = target.left_out.map((one) => one.reason);
      say(item.querySelector("small"), [target.organisation ? target.function : null, target.nobody_on_duty ? words.nobody_on_duty : null, target.calling, rung, why, ...passed, times].filter(Boolean).join(" · "));
      const again = target.state === "waiting" && target.attempts.length > 0 && target.not_before;
      const rings = target.state === "calling" && last?.ringing_at;
      const state = words[`target_state_${rings ? "ringing" : target.state}`];
      const comes = target.state === "later" && target.comes_at;
      const told = again ? words.target_state_again : comes ? words.target_state_coming : state;
      say(item.querySelector(".state"), filled(told, { at: clock(again || comes).slice(0, 5) }));
    },
  );
}
