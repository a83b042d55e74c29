// The radio of the whole system: terminals, patches with their minute, leases, and short data.
import { clock, el, keep, keepFocus, length, make, onSubmit, pressed, say, serverNow, words } from "./dom.js";
import { live } from "./live.js";
import { act, ask, done, list, short, told, trouble } from "./page.js";
import { entry, filled, reason, sentence } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const TICK_MS = 250;
const MINUTE_S = 60;
const RADIUS = 26;
const ROUND = 2 * Math.PI * RADIUS;
const MOST_MESSAGES = 50;
const READ = new Set(["patches", "terminals", "conferences", "messages"]);
let patches = [];

live(null, (changed) => (changed === null || [...changed].some((kind) => READ.has(kind)) ? read() : undefined));
setInterval(showClocks, TICK_MS);
el("patches").onclick = onAct;
onSubmit(el("sds"), async (data) => {
  const answer = await ask("POST", "/sds", { to: number(data.get("to").trim()), text: data.get("text") });
  if (!answer.ok) return trouble(answer);
  el("sds").elements.text.value = "";
  done(filled(told.sds_queued, { to: data.get("to") }));
  await read();
});

const number = (to) => (/^\d+$/.test(to) ? Number(to) : to);

async function read() {
  const answers = await Promise.all(["/terminals", "/conferences", `/sds?limit=${MOST_MESSAGES}`, "/functions", "/talkgroups"].map((path) => ask("GET", path)));
  const bad = answers.find((one) => !one.ok);
  if (bad) return trouble(bad);
  const [terminals, conferences, messages, functions, talkgroups] = answers.map((one) => one.body);
  patches = conferences.flatMap((meeting) => meeting.patches.map((one) => ({ ...one, meeting })));
  el("no-patch").hidden = patches.length > 0;
  el("no-terminal").hidden = terminals.length > 0;
  el("no-sds").hidden = messages.length > 0;
  keepFocus(() => {
    keep(el("patches"), patches, (one) => one.id, buildPatch, updatePatch);
    keep(el("terminals"), terminals, (one) => one.name, buildTerminal, (node, one) => updateTerminal(node, one, talkgroups));
    keep(el("messages"), messages, (one) => one.id, () => make("li", {}, make("b"), make("small", { class: "state" }), make("span", { class: "text" })), updateMessage);
  });
  const names = [...functions.filter((one) => one.issis.length).map((one) => [one.id, one.name]), ...talkgroups.map((one) => [one.gssi, one.name])];
  el("receivers").replaceChildren(...names.map(([value, name]) => make("option", { value, label: name })));
  showClocks();
}

function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** The minute as a ring: it fills as somebody talks, with marks where the warning and the cut stand. */
function ring() {
  const svg = shape("svg", { viewBox: "0 0 64 64", class: "ring", "aria-hidden": "true" });
  const circle = (name) => shape("circle", { class: name, "stroke-dasharray": name === "used" ? "0 999" : "none", cx: 32, cy: 32, r: RADIUS, transform: "rotate(-90 32 32)" });
  svg.append(circle("whole"), circle("used"), shape("line", { class: "mark warn" }), shape("line", { class: "mark cut" }));
  return svg;
}

function mark(node, second) {
  const angle = (second / MINUTE_S) * 2 * Math.PI - Math.PI / 2;
  const at = (radius) => [32 + radius * Math.cos(angle), 32 + radius * Math.sin(angle)];
  const [[x1, y1], [x2, y2]] = [at(RADIUS - 6), at(RADIUS + 6)];
  for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) node.setAttribute(name, value.toFixed(1));
}

function buildPatch() {
  return make("li", {}, ring(), make("span", { class: "who" }, make("b"), make("small"), make("span", { class: "clock", role: "timer" })), make("span", { class: "flag" }), make("small", { class: "state" }), make("span", { class: "acts" }));
}

function updatePatch(node, one) {
  const [svg, who, flag, state, buttons] = node.children;
  node.className = one.emergency ? "emergency" : one.state;
  say(who.children[0], `${one.name} · ${one.gssi}`);
  say(who.children[1], list(one.terminal, one.meeting.name));
  flag.className = `flag ${one.state === "transmitting" || one.emergency ? "rec" : one.state === "receiving" ? "good" : one.state === "idle" ? "" : "warn"}`;
  say(flag, one.emergency ? words.emergency : words[`patch_state_${one.state}`]);
  const talker = one.talker ? one.talker_name ?? `ISSI ${one.talker}` : null;
  say(
    state,
    list(
      talker ? filled(told.talks, { name: talker }) : null,
      one.held_ms ? filled(told.speech_held, { seconds: Math.round(one.held_ms / 100) / 10 }) : null,
      sentence(reason(one.reason_code, one.reason_data) ?? ""),
      one.lease_until ? filled(told.lease_until, { at: clock(one.lease_until).slice(0, 5) }) : null,
      one.state === "asked" ? `${words.patch_asked_by} ${one.asked_by}` : null,
    ),
  );
  mark(svg.children[2], one.warn_s);
  mark(svg.children[3], one.cut_s);
  const of = `${one.name} ${one.lease_until !== null} ${one.state === "asked"}`;
  if (buttons.dataset.of === of) return;
  buttons.dataset.of = of;
  buttons.replaceChildren(
    ...[
      one.state === "asked" ? act("approve", words.patch_approve, one.name) : null,
      one.lease_until ? act("extend", words.lease_extend, one.name) : null,
      make("a", { class: "button", href: `/conferences/${one.meeting.id}`, text: told.to_meeting, "aria-label": `${told.to_meeting}: ${short(one.meeting.name)}` }),
    ].filter(Boolean),
  );
}

async function onAct(event) {
  const button = event.target.closest("button");
  const one = button && patches.find((each) => each.id === button.closest("li").dataset.key);
  if (!one) return;
  const { action } = button.dataset;
  const answer = await pressed(button, () => ask("POST", `/conferences/${one.meeting.id}/patches/${one.id}/${action}`));
  if (!answer) return;
  if (!answer.ok) return trouble(answer);
  done(filled(action === "extend" ? told.lease_extended : told.patch_approved, { name: one.name, at: clock(answer.body.lease_until).slice(0, 5) }));
  await read();
}

function showClocks() {
  const now = serverNow();
  for (const one of patches) {
    const node = el("patches").querySelector(`li[data-key="${CSS.escape(one.id)}"]`);
    if (!node) continue;
    const began = one.transmission_began_at ?? one.talk_began_at;
    const seconds = began ? Math.min(MINUTE_S, Math.max(0, (now - Date.parse(began)) / 1000)) : 0;
    node.querySelector(".used").setAttribute("stroke-dasharray", `${((seconds / MINUTE_S) * ROUND).toFixed(1)} ${ROUND.toFixed(1)}`);
    node.classList.toggle("late", seconds >= one.warn_s);
    say(node.querySelector(".clock"), began ? filled(told.minute, { what: one.transmission_began_at ? words.our_transmission : words.patch_state_receiving, time: length(Math.floor(seconds)), most: length(one.transmission_began_at ? one.cut_s : MINUTE_S) }) : "");
  }
}

function buildTerminal() {
  return make("li", {}, make("span", { class: "who" }, make("b"), make("small")), make("span", { class: "flag" }), make("small", { class: "state" }), make("p", { class: "todo" }));
}

function updateTerminal(node, one, talkgroups) {
  const [who, flag, state, todo] = node.children;
  const group = [...talkgroups, ...one.talkgroups].find((each) => each.gssi === one.gssi)?.name;
  say(who.firstElementChild, one.name);
  say(who.lastElementChild, list(one.issi ? `ISSI ${one.issi}` : null, one.model, one.spare ? words.spare : null));
  flag.className = `flag ${one.state === "ready" ? "good" : one.state === "initialising" ? "warn" : "rec"}`;
  say(flag, entry("terminal_state", one.state));
  const bars = one.signal_dbm === null ? null : filled(told.signal, { dbm: String(one.signal_dbm).replace("-", "−"), strength: told[one.signal_dbm >= -85 ? "signal_good" : one.signal_dbm >= -100 ? "signal_fair" : "signal_weak"] });
  say(
    state,
    list(
      sentence(reason(one.reason_code, one.reason_data) ?? ""),
      bars,
      one.gssi ? `${words.talkgroup} ${list(group, String(one.gssi))}` : null,
      one.battery_percent === null ? null : filled(told.battery, { percent: one.battery_percent }),
      one.alarms.map((alarm, at) => `${entry("alarm", alarm)} ${clock(one.alarms_at[at])}`.trim()).join(", "),
    ),
  );
  const advice = one.state === "ready" ? null : told[`todo_${one.state}`];
  todo.hidden = !advice;
  say(todo, advice ? filled(told.todo, { text: advice }) : "");
}

function updateMessage(node, one) {
  const [who, state, text] = node.children;
  const other = one.direction === "in" ? one.sender_name ?? one.sender : one.receiver_name ?? one.receiver;
  node.className = one.emergency ? "emergency" : "";
  say(who, `${one.direction === "in" ? told.from : told.to} ${other ?? ""}`);
  say(state, list(words[`sds_state_${one.state}`], clock(one.created_at)));
  say(text, one.text ?? `${words.status} ${one.status ?? ""}`);
}
