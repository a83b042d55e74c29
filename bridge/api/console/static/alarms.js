// The list of alarms: acknowledge one, several or all of a priority, park, take back.
import { api, clock, day, el, keep, keepFocus, make, pressed, say, words } from "./dom.js";
import { live } from "./live.js";
import { acknowledge, alarmsAre, isUnacknowledged, titleOf } from "./strip.js";
import { entry, filled, sentence } from "./words.js";

const SIGNS = { P1: "■", P2: "▲", P3: "●" };
const HOURS = [0.5, 1, 2, 4, 8];
let shown = [];

export function startAlarms() {
  el("acknowledge-chosen").addEventListener("click", (event) => pressed(event.currentTarget, () => send(chosen())));
  for (const button of document.querySelectorAll("[data-all]"))
    button.addEventListener("click", (event) => pressed(event.currentTarget, () => send(fresh(button.dataset.all).map((one) => one.id))));
  el("history").addEventListener("toggle", () => el("history").open && readHistory());
  el("alarms").addEventListener("change", showChoice);
  live(null, read, undefined, { alarms: true });
}

const fresh = (priority) => shown.filter((one) => one.priority === priority && isUnacknowledged(one));
const chosen = () => [...el("alarms").querySelectorAll("input[name=choose]:checked")].map((box) => box.value);

async function read() {
  const told = await api("GET", "/alarms");
  if (!told) return;
  alarmsAre(told);
  show(told);
  if (el("history").open) await readHistory();
}

async function send(ids) {
  if (ids.length === 0) return;
  const told = await acknowledge(ids, el("why").value.trim());
  if (!told) return;
  el("why").value = "";
  show(told);
}

function show(told) {
  shown = told.alarms;
  el("none").hidden = shown.length > 0;
  keepFocus(() => keep(el("alarms"), shown, (one) => one.id, build, update));
  showChoice();
}

function showChoice() {
  const count = chosen().length;
  el("acknowledge-chosen").disabled = count === 0;
  say(el("acknowledge-chosen"), filled(words.alarms_acknowledge_chosen, { count }));
  for (const button of document.querySelectorAll("[data-all]")) button.disabled = fresh(button.dataset.all).length === 0;
}

function build(one) {
  const parks = one.priority !== "P1";
  return make(
    "li",
    { class: "card alarm" },
    make("label", { class: "tick choose" }, make("input", { type: "checkbox", name: "choose", value: one.id }), make("span", { class: "hidden", text: titleOf(one) })),
    make("span", { class: "sign", "aria-hidden": "true" }),
    make("div", { class: "told" }, make("h2"), make("p", { class: "cause" }), make("p", { class: "consequence" }), make("p", { class: "do" }, make("b", { text: `${words.alarm_do}: ` }), make("span"), " ", make("a", { href: one.runbook, text: words.runbook })), make("p", { class: "by help" })),
    make("p", { class: "flags" }, make("span", { class: "flag priority" }), make("span", { class: "flag state" }), make("span", { class: "flag exercise" }), make("time", { class: "flag since" })),
    make(
      "p",
      { class: "acts" },
      make("button", { class: "main", "data-action": "acknowledge", text: words.alarm_acknowledge, onclick: (event) => pressed(event.currentTarget, () => send([one.id])) }),
      parks ? make("button", { "data-action": "unshelve", text: words.alarm_unshelve, onclick: (event) => pressed(event.currentTarget, () => unshelve(one.id)) }) : null,
    ),
    parks ? shelf(one) : null,
  );
}

function shelf(one) {
  const hours = make("select", { name: "hours" }, ...HOURS.map((value) => make("option", { value, text: filled(words.alarm_hours, { hours: value }), selected: value === 1 })));
  const why = make("input", { name: "why", maxlength: 200, required: "" });
  const form = make("form", { class: "row" }, make("label", {}, words.alarm_shelve_for, hours), make("label", { class: "grow" }, words.alarm_why, why), make("button", { text: words.alarm_shelve }));
  const details = make("details", { class: "shelf" }, make("summary", { text: words.alarm_shelve }), form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const done = await pressed(form.querySelector("button"), () => api("POST", `/alarms/${one.id}/shelve`, { for_s: Number(hours.value) * 3600, reason: why.value }));
    if (!done) return;
    details.open = false;
    await read();
  });
  return details;
}

async function unshelve(id) {
  if (await api("POST", `/alarms/${id}/unshelve`)) await read();
}

function update(node, one) {
  const parked = one.state === "shelved";
  node.className = `card alarm ${one.priority.toLowerCase()} ${one.state}`;
  say(node.querySelector(".sign"), SIGNS[one.priority]);
  say(node.querySelector("h2"), `${titleOf(one)}${one.effects ? filled(words.alarm_effects, { count: one.effects }) : ""}${one.times > 1 ? filled(words.alarm_times, { count: one.times }) : ""}`);
  say(node.querySelector(".cause"), sentence(one.cause));
  say(node.querySelector(".consequence"), one.consequence);
  say(node.querySelector(".do span"), one.act);
  say(node.querySelector(".priority"), words[`alarm_priority_${one.priority}`]);
  say(node.querySelector(".state"), sentence(entry("alarm_state", one.state)));
  node.querySelector(".exercise").hidden = !one.exercise;
  say(node.querySelector(".exercise"), words.exercise);
  say(node.querySelector(".since"), filled(words.alarm_since, { at: day(one.since) }));
  say(node.querySelector(".by"), by(one));
  node.querySelector(".choose").hidden = !isUnacknowledged(one);
  if (!isUnacknowledged(one)) node.querySelector("input[name=choose]").checked = false;
  node.querySelector("[data-action=acknowledge]").hidden = !isUnacknowledged(one);
  const back = node.querySelector("[data-action=unshelve]");
  if (back) back.hidden = !parked;
  const details = node.querySelector(".shelf");
  if (details) details.hidden = parked;
}

function by(one) {
  if (one.state === "shelved") return filled(words.alarm_shelved_by, { who: one.shelved_by, at: clock(one.shelved_until), why: one.shelved_reason });
  if (one.acknowledged_by && !isUnacknowledged(one)) return filled(words.alarm_acknowledged_by, { who: one.acknowledged_by, at: clock(one.acknowledged_at), why: one.acknowledged_reason || null });
  return one.standing ? "" : filled(words.alarm_over_since, { at: clock(one.cleared_at) });
}

async function readHistory() {
  const told = await api("GET", "/alarms/history?limit=50");
  if (!told) return;
  keep(
    el("past"),
    told,
    (one) => one.id,
    () => make("li", {}, make("time"), make("b"), make("span", { class: "cause" }), make("span", { class: "state" }), make("span", { class: "by" })),
    (node, one) => {
      say(node.querySelector("time"), day(one.last_at));
      say(node.querySelector("b"), `${SIGNS[one.priority]} ${titleOf(one)}`);
      say(node.querySelector(".cause"), sentence(one.cause));
      say(node.querySelector(".state"), sentence(entry("alarm_state", one.state)));
      say(node.querySelector(".by"), by(one));
    },
  );
}
