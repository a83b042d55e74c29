// Disposal: what may go is proposed, another person decides, and the protocol stays. What is on hold is shown with its ground.
import { api, complain, confirmed, day, el, make, onSubmit, pressed, words } from "./dom.js";
import { entry, filled } from "./words.js";

let holds = [];
let found = [];

export async function startDisposals() {
  onSubmit(el("find-form"), find);
  onSubmit(el("propose-form"), propose);
  await Promise.all([readHolds(), readDisposals()]);
}

const at = day;
const path = (...parts) => `/archive/${parts.map(encodeURIComponent).join("/")}`;

// --- holds ---

async function readHolds() {
  holds = (await api("GET", "/archive/holds?in_force=true")) ?? holds;
  el("no-holds").hidden = holds.length > 0;
  el("holds").replaceChildren(
    ...holds.map((one) =>
      make(
        "li",
        {},
        make("a", { class: "who", href: `/archive/${encodeURIComponent(one.conference_id)}`, text: one.conference_id }),
        make("span", { class: "count", text: `${filled(words.disposal_on_hold, { ground: one.ground, by: one.placed_by })}, ${at(one.placed_at)}` }),
        make("button", { text: words.disposal_lift, onclick: (event) => pressed(event.target, () => lift(one.id)) }),
      ),
    ),
  );
}

async function lift(id) {
  const done = await api("DELETE", path("holds", id));
  if (done) await readHolds();
  if (done) showMeetings();
}

async function hold(event, id) {
  event.preventDefault();
  const ground = event.target.elements.ground.value;
  if (!(await api("POST", "/archive/holds", { conference_id: id, ground }))) return;
  await readHolds();
  showMeetings();
}

// --- proposals ---

async function find(data) {
  const until = new Date(`${data.get("until")}T00:00:00`).toISOString();
  const asked = new URLSearchParams({ until, text: data.get("text"), limit: 200 });
  const told = await api("GET", `/archive/meetings?${asked}`);
  if (!told) return;
  found = told.meetings.filter((one) => one.recordings > 0);
  showMeetings();
}

function showMeetings() {
  el("propose-form").hidden = found.length === 0;
  el("meetings").replaceChildren(
    ...found.map((one) => {
      const held = holds.find((each) => each.conference_id === one.id);
      const line = [at(one.began_at), filled(words.disposal_recordings, { count: one.recordings })].join(" · ");
      return make(
        "li",
        {},
        make("label", { class: "tick grow" }, make("input", { type: "checkbox", name: "meeting", value: one.id, disabled: held ? "" : null }), make("span", { text: `${one.name} · ${line}` })),
        held ? make("span", { class: "flag warn", text: filled(words.disposal_on_hold, { ground: held.ground, by: held.placed_by }) }) : holding(one),
      );
    }),
  );
}

/** No form stands in a form, so the ground is asked for by itself. */
function holding(one) {
  const ground = make("input", { maxlength: 500, "aria-label": `${words.disposal_hold_asks}: ${one.name}`, placeholder: words.disposal_hold_asks });
  const press = (event) => (ground.value.trim() ? pressed(event.target, () => hold({ preventDefault() {}, target: { elements: { ground } } }, one.id)) : ground.focus());
  return make("details", {}, make("summary", { text: words.disposal_hold }), make("div", { class: "row" }, ground, make("button", { type: "button", text: words.disposal_hold, onclick: press })));
}

async function propose(data) {
  const recordings = [];
  for (const id of data.getAll("meeting")) {
    const sheet = await api("GET", path("meetings", id));
    if (!sheet) return;
    recordings.push(...sheet.recordings.filter((one) => one.state === "archived").map((one) => one.id));
  }
  if (recordings.length === 0) return complain(words.disposal_nothing);
  const made = await api("POST", "/archive/disposals", { recordings, ground: data.get("ground"), decision: data.get("decision") });
  if (!made) return;
  el("propose-form").reset();
  await readDisposals();
}

// --- protocols ---

async function readDisposals() {
  const all = await api("GET", "/archive/disposals");
  if (!all) return;
  el("no-disposals").hidden = all.length > 0;
  el("disposals").replaceChildren(...all.map(protocol));
}

function protocol(one) {
  const left = one.copies.filter((each) => !each.gone_at);
  const facts = [
    `${one.decision}: ${one.ground}`,
    filled(words.disposal_recordings, { count: one.recordings.length }),
    filled(words.disposal_by, { name: one.proposed_by, at: at(one.proposed_at) }),
    one.decided_by ? `${entry("disposal_state", one.state)}: ${filled(words.disposal_decided, { name: one.decided_by, at: at(one.decided_at) })}` : null,
    one.done_at ? filled(words.disposal_done, { at: at(one.done_at) }) : null,
  ];
  return make(
    "li",
    { "data-disposal": one.id },
    make("span", { class: "flag", text: entry("disposal_state", one.state) }),
    make("span", { class: "grow", text: facts.filter(Boolean).join(" · ") }),
    left.length ? make("span", { class: "flag warn", text: filled(words.disposal_copies_left, { count: left.length }) }) : null,
    make("details", {}, make("summary", { text: filled(words.disposal_recordings, { count: one.recordings.length }) }), make("ul", {}, ...one.recordings.map((key) => make("li", { text: copyOf(one, key) })))),
    one.state === "proposed" ? make("button", { class: "danger", text: words.disposal_decide, onclick: (event) => pressed(event.target, () => decide(one)) }) : null,
    one.state === "proposed" ? make("button", { text: words.disposal_withdraw, onclick: (event) => pressed(event.target, () => settle("DELETE", path("disposals", one.id))) }) : null,
  );
}

function copyOf(one, recording) {
  const copy = one.copies.find((each) => each.recording === recording);
  if (!copy) return recording;
  if (copy.gone_at) return filled(words.disposal_copy_gone, { recording, at: at(copy.gone_at) });
  return copy.locked_until ? filled(words.disposal_copy_locked, { recording, at: at(copy.locked_until) }) : filled(words.disposal_copy_left, { recording });
}

async function decide(one) {
  const sure = await confirmed(filled(words.disposal_decide_asks, { count: one.recordings.length }), words.disposal_decide);
  return sure ? settle("POST", path("disposals", one.id, "decide")) : null;
}

async function settle(method, where) {
  const done = await api(method, where);
  if (done) await readDisposals();
  return done;
}
