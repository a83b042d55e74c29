// The people of the meeting: one row each, by organisation. The acts that are seldom wanted stand in the opened row.
import { api, confirmed, el, keep, locale, make, pressed, say, steady, words } from "./dom.js";
import { roomName, sideRooms } from "./rooms.js";
import { filled, reason } from "./words.js";

/** With more than so many the rows stand in columns, where the page is wide enough. */
const MANY = 12;
/** With more than so many they are as dense as can be read. */
const DENSE = 60;
/** States of a function that was called and is not here. */
const AWAY = ["unreachable", "cannot", "lost", "waiting", "calling", "asked", "calls_back", "later", "reached"];
const MAKES = { host: "role_make_host", cohost: "role_make_cohost", participant: "role_make_participant", listener: "role_make_listener" };
const { compare } = new Intl.Collator(locale, { numeric: true });
let base = "";
let changed = () => {};
let now = null;
let isDense = false;
/** Those who were called and are not here, as rows: `{id, activation, organisation, function, state}`. */
let absent = [];

export function wirePeople(conference, read) {
  base = conference;
  changed = read;
  el("participants").onclick = onPerson;
  el("queue").onclick = onPerson;
  el("find").oninput = filter;
  el("sort").onchange = () => now && showPeople(now);
}

/** The lights alone: nothing is read for them. */
export function showTalk(talking) {
  if (now === null) return;
  const talks = new Set(talking);
  now = { ...now, participants: now.participants.map((one) => ({ ...one, talking: talks.has(one.id) })) };
  const rows = new Map([...el("participants").children].map((row) => [row.dataset.key, row]));
  for (const one of now.participants) if (rows.has(one.id)) showState(rows.get(one.id), one);
}

/** Those who are let in: the others stand in the waiting room. */
export const peopleIn = (conference) => conference.participants.filter((one) => one.state !== "waiting");

async function onPerson(event) {
  const button = event.target.closest("button");
  const person = button?.closest("li")?.dataset.key;
  if (!person) return;
  if (button.dataset.action === "more") return opened(button, button.getAttribute("aria-expanded") !== "true");
  if (await pressed(button, () => done(button.dataset, person))) await changed();
}

async function done({ action, role, room }, person) {
  const away = absent.find((one) => one.id === person);
  if (away) return api("POST", `/activations/${away.activation}/targets/${away.id}/ring`);
  const path = `${base}/participants/${person}`;
  const one = now.participants.find((each) => each.id === person);
  if (action === "give") return api("POST", `${base}/floor/give`, { participant: person });
  if (action === "key") return api("POST", `${path}/${now.patches.some((each) => each.keyed_by === person) ? "unkey-radio" : "key-radio"}`);
  if (action === "mute") return api("POST", `${path}/${one?.muted ? "unmute" : "mute"}`);
  if (action === "role") return api("POST", `${path}/role`, { role });
  if (action === "send") return api("POST", `${base}/rooms/${room}/send`, { participants: [person] });
  return (await confirmed(filled(words.remove_ask, { name: one?.name }), words.remove)) && api("POST", `${path}/remove`);
}

function opened(button, open) {
  button.setAttribute("aria-expanded", open);
  button.closest("li").querySelector(".more").hidden = !open;
}

/** By organisation, then by function; last those whose organisation nobody knows. */
const inOrder = (one, other) =>
  Boolean(other.organisation) - Boolean(one.organisation) ||
  compare(one.organisation ?? one.name, other.organisation ?? other.name) ||
  compare(one.function ?? one.name, other.function ?? other.name) ||
  compare(one.id, other.id);

/** In the order they came; those who have not come are last. */
const byComing = (one, other) => Boolean(one.activation) - Boolean(other.activation) || Date.parse(one.joined_at ?? 0) - Date.parse(other.joined_at ?? 0) || inOrder(one, other);

/** Those who have the floor or wait for it first. */
function byFloor(one, other) {
  const { holder, queue } = now.floor;
  const place = ({ id }) => (id === holder ? -1 : queue.includes(id) ? queue.indexOf(id) : queue.length);
  return place(one) - place(other) || inOrder(one, other);
}

const ORDERS = { organisation: inOrder, came: byComing, floor: byFloor };

/** Of the call-outs of this meeting; one who has come by another way is not missing. */
export function setAbsent(activations) {
  absent = activations
    .filter((one) => one.state !== "cancelled" && one.started_by !== "samband")
    .flatMap((one) => one.targets.filter((target) => AWAY.includes(target.state) && target.organisation).map((target) => ({ ...target, activation: one.id, name: target.function })));
}

export function showPeople(conference) {
  now = conference;
  const list = el("participants");
  const here = peopleIn(conference);
  const came = new Set(here.flatMap((one) => [`${one.organisation} ${one.function}`, ...(one.also ?? [])]));
  const seen = new Set();
  const missing = conference.state === "ended" ? [] : absent.filter((one) => {
    const name = `${one.organisation} ${one.function}`;
    return !came.has(name) && !seen.has(name) && seen.add(name);
  });
  const rows = steady(list, [...here, ...missing], ORDERS[el("sort").value] ?? inOrder);
  say(el("count"), missing.length ? filled(words.people_count, { here: here.length, missing: missing.length }) : String(here.length));
  say(el("people-told"), filled(words.people_count, { here: here.length, missing: missing.length }));
  el("nobody").hidden = here.length > 0;
  list.classList.toggle("many", rows.length > MANY);
  isDense = rows.length > DENSE;
  list.classList.toggle("dense", isDense);
  keep(list, rows, (one) => one.id, (one) => (one.activation ? buildAbsent() : buildPerson()), (node, one) => (one.activation ? updateAbsent(node, one) : updatePerson(node, one, conference)));
  filter();
}

function buildAbsent() {
  return make(
    "li",
    { class: "absent" },
    make("span", { class: "talk", "aria-hidden": "true" }),
    make("span", { class: "who" }, make("span", {}, make("b"), make("span", { class: "beside" })), make("small")),
    make("span", { class: "marks" }, make("span", { class: "flag state" })),
    make("span", { class: "acts" }, button("ring", words.ring_in)),
  );
}

function updateAbsent(node, one) {
  node.dataset.text = plain([one.organisation, one.function, ...one.numbers].join(" "));
  say(node.querySelector("b"), one.organisation);
  say(node.querySelector(".beside"), one.function);
  say(node.querySelector("small"), reason(one.reason_code, one.reason_data) ?? "");
  say(node.querySelector(".state"), words[`target_state_${one.state}`]);
  const ring = node.querySelector("[data-action=ring]");
  ring.hidden = !["unreachable", "cannot", "waiting", "later", "reached"].includes(one.state) || one.numbers.length === 0;
  ring.setAttribute("aria-label", `${words.ring_in}: ${one.organisation} ${one.function}`);
}

/** Numbers are found however they are grouped, with or without their country code. */
const plain = (text) => text.toLocaleLowerCase(locale).replace(/(?<=\d)[\s-]+(?=\d)/g, "").replace(/\+46(?=\d)/g, "0");

function filter() {
  const sought = plain(el("find").value.trim());
  const rows = [...el("participants").children];
  for (const row of rows) row.hidden = !row.dataset.text.includes(sought);
  say(el("found"), sought ? filled(words.found, { shown: rows.filter((row) => !row.hidden).length, total: rows.length }) : "");
}

const button = (action, text = "", more = {}) => make("button", { "data-action": action, text, ...more });

function buildPerson() {
  return make(
    "li",
    {},
    make("span", { class: "talk", "aria-hidden": "true" }),
    make("span", { class: "who" }, make("span", {}, make("b"), make("span", { class: "beside" })), make("small")),
    make("span", { class: "marks" }, ...["place", "host", "kind", "room", "muted"].map((name) => make("span", { class: `flag ${name}` }))),
    make("span", { class: "acts" }, button("mute"), button("give", words.floor_give), button("more", words.more, { "aria-expanded": "false" })),
    make(
      "div",
      { class: "more", hidden: "" },
      ...Object.entries(MAKES).map(([role, word]) => button("role", words[word], { "data-role": role })),
      make("span", { class: "rooms" }),
      button("key"),
      button("remove", words.remove, { class: "danger" }),
    ),
  );
}

function flag(node, name, text) {
  const mark = node.querySelector(`.marks .${name}`);
  mark.hidden = !text;
  say(mark, text || "");
}

function showState(node, one) {
  const talking = one.talking && !one.muted;
  node.classList.toggle("talking", talking);
  const own = one.organisation && ![one.organisation, one.function].some((part) => part && one.name.includes(part)) ? one.name : null;
  const states = [own, talking ? words.talking : null, one.state === "lost" ? words.line_lost : null, one.silent_line ? words.line_silent : null];
  say(node.querySelector("small"), states.filter(Boolean).join(" · "));
}

function updatePerson(node, one, conference) {
  showState(node, one);
  node.classList.toggle("joining", one.state !== "present");
  node.classList.toggle("holder", conference.floor.holder === one.id);
  node.dataset.text = plain([one.name, one.organisation, one.function].filter(Boolean).join(" "));
  say(node.querySelector("b"), one.organisation ?? one.name);
  say(node.querySelector(".beside"), (one.organisation && one.function) || "");
  const place = conference.floor.queue.indexOf(one.id) + 1;
  flag(node, "place", place && filled(words.floor_place, { place }));
  flag(node, "host", one.role !== "participant" && words[`role_${one.role}`]);
  flag(node, "kind", one.kind !== "phone" && words[`kind_${one.kind}`]);
  flag(node, "room", roomName(one.room));
  flag(node, "muted", one.muted && (one.muted_by.includes("mixing") ? words.muted_for_mixing : words.muted));
  updateActs(node, one, conference);
}

function updateActs(node, one, { floor, patches }) {
  const radio = one.kind === "radio";
  const act = (name) => node.querySelector(`[data-action=${name}]`);
  say(act("mute"), isDense ? (one.muted ? words.unmute_short : words.mute_short) : one.muted ? words.unmute : words.mute);
  act("give").hidden = floor.mode === "open" || floor.holder === one.id;
  const keyed = patches.filter((patch) => patch.keying === "key");
  const held = keyed.some((patch) => patch.keyed_by === one.id);
  act("key").hidden = radio || keyed.length === 0;
  say(act("key"), held ? words.radio_unkey : words.radio_key);
  act("key").setAttribute("aria-pressed", held);
  act("remove").hidden = radio;
  for (const choice of node.querySelectorAll("[data-role]")) choice.hidden = choice.dataset.role === one.role || (radio && !["participant", "listener"].includes(choice.dataset.role));
  keep(
    node.querySelector(".rooms"),
    radio || one.state !== "present" ? [] : sideRooms(true).filter((room) => room.id !== one.room),
    (room) => room.id,
    (room) => button("send", "", { "data-room": room.id }),
    (choice, room) => say(choice, room.kind === "main" ? words.room_back : filled(words.room_send, { name: room.name })),
  );
  for (const each of node.querySelectorAll("button")) each.setAttribute("aria-label", `${each.textContent}: ${one.name}`);
  act("mute").setAttribute("aria-label", `${one.muted ? words.unmute : words.mute}: ${one.name}`);
}
