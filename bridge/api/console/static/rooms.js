// Side rooms: opened, filled, called back. Whoever is where is shown on their row too.
import { api, clock, el, keep, make, onSubmit, pressed, say, words } from "./dom.js";
import { filled } from "./words.js";

let base = "";
let changed = () => {};
let rooms = [];

export function wireRooms(conference, read) {
  base = conference;
  changed = read;
  onSubmit(el("room"), async (data) => {
    if (await api("POST", `${base}/rooms`, { name: data.get("name"), parallel: data.get("parallel") !== null })) el("room").reset();
    await changed();
  });
  el("recall").onclick = async (event) => {
    if (await pressed(event.currentTarget, () => api("POST", `${base}/rooms/recall`))) await changed();
  };
  el("rooms").onclick = async (event) => {
    const button = event.target.closest("button");
    const item = button?.closest("li[data-key]");
    if (item && (await pressed(button, () => done(button.dataset.action, item)))) await changed();
  };
}

async function done(action, item) {
  const path = `${base}/rooms/${item.dataset.key}`;
  if (action === "close") return api("POST", `${path}/close`);
  const chosen = [...item.querySelectorAll("input:checked")];
  if (chosen.length === 0) return null;
  const answer = await api("POST", `${path}/send`, { participants: chosen.map((one) => one.value) });
  if (answer) for (const one of chosen) one.checked = false;
  return answer;
}

export async function readRooms() {
  rooms = (await api("GET", `${base}/rooms`)) ?? rooms;
}

/** The open rooms that somebody can be sent to; with `main` also the main one while there are others. */
export const sideRooms = (main) => (rooms.some((one) => one.kind === "side") ? rooms.filter((one) => (one.kind === "side" && !one.private) || (main && one.kind === "main")) : []);

/** Of a side room; `null` for the main one, and where it is not known. */
export function roomName(id) {
  const found = rooms.find((one) => one.id === id);
  if (!found || found.kind === "main") return null;
  if (found.kind === "waiting") return words.room_waiting;
  return found.private ? words.span_consultation : filled(words.room_in, { name: found.name });
}

export function showRooms({ participants }) {
  const open = rooms.filter((one) => one.kind === "side");
  el("no-room").hidden = open.length > 0;
  el("recall").hidden = !open.some((one) => one.participants.length > 0);
  keep(el("rooms"), open, (one) => one.id, buildRoom, (node, one) => updateRoom(node, one, participants));
}

function buildRoom() {
  return make(
    "li",
    {},
    make("header", {}, make("span", { class: "who" }, make("b"), make("small")), make("button", { class: "quiet", "data-action": "close", text: words.room_close })),
    make("p", { class: "inside" }),
    make("details", {}, make("summary", { text: words.room_fill }), make("ul", { class: "choices" }), make("button", { "data-action": "send", text: words.room_fill_send })),
  );
}

function updateRoom(node, one, participants) {
  const inside = participants.filter((person) => person.room === one.id);
  say(node.querySelector("b"), one.private ? words.span_consultation : one.name);
  const told = [one.number === null ? null : filled(words.room_key, { number: one.number }), one.recall_at ? filled(words.room_recalled, { at: clock(one.recall_at) }) : null];
  say(node.querySelector("small"), told.filter(Boolean).join(" · "));
  say(node.querySelector(".inside"), inside.map((person) => person.name).join(", ") || words.room_empty);
  node.querySelector("[data-action=close]").setAttribute("aria-label", `${words.room_close}: ${one.name}`);
  node.querySelector("details").hidden = one.private;
  keep(
    node.querySelector(".choices"),
    participants.filter((person) => person.kind !== "radio" && person.state === "present" && person.room !== one.id),
    (person) => person.id,
    (person) => make("li", {}, make("label", { class: "tick" }, make("input", { type: "checkbox", value: person.id }), make("span"))),
    (choice, person) => say(choice.querySelector("span"), person.name),
  );
}
