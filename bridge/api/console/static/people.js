// The people of the meeting: one row each, by organisation. The acts that are seldom wanted stand in the opened row.
import { api, confirmed, el, keep, locale, make, pressed, say, steady, words } from "./dom.js";
import { roomName, sideRooms } from "./rooms.js";
import { filled } from "./words.js";

/** With more than so many the rows stand in columns, where the page is wide enough. */
const MANY = 12;
const MAKES = { host: "role_make_host", cohost: "role_make_cohost", participant: "role_make_participant", listener: "role_make_listener" };
const { compare } = new Intl.Collator(locale, { numeric: true });
let base = "";
let changed = () => {};
let now = null;

export function wirePeople(conference, read) {
  base = conference;
  changed = read;
  el("participants").onclick = onPerson;
  el("queue").onclick = onPerson;
  el("find").oninput = filter;
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

export function showPeople(conference) {
  now = conference;
  const list = el("participants");
  const people = steady(list, peopleIn(conference), inOrder);
  say(el("count"), String(people.length));
  el("nobody").hidden = people.length > 0;
  list.classList.toggle("many", people.length > MANY);
  keep(list, people, (one) => one.id, buildPerson, (node, one) => updatePerson(node, one, conference));
  filter();
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

function updatePerson(node, one, conference) {
  const talking = one.talking && !one.muted;
  node.classList.toggle("talking", talking);
  node.classList.toggle("joining", one.state !== "present");
  node.classList.toggle("holder", conference.floor.holder === one.id);
  node.dataset.text = plain([one.name, one.organisation, one.function].filter(Boolean).join(" "));
  say(node.querySelector("b"), one.organisation ?? one.name);
  say(node.querySelector(".beside"), (one.organisation && one.function) || "");
  const own = one.organisation && ![one.organisation, one.function].some((part) => part && one.name.includes(part)) ? one.name : null;
  const states = [own, talking ? words.talking : null, one.state === "lost" ? words.line_lost : null, one.silent_line ? words.line_silent : null];
  say(node.querySelector("small"), states.filter(Boolean).join(" · "));
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
  say(act("mute"), one.muted ? words.unmute : words.mute);
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
}
