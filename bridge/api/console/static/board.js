// The board of one call-out: those who need somebody first, each with its number in turn, its cause and what can be done.
import { api, clock, confirmed, el, gone, keep, keepFocus, length, make, onSubmit, pressed, say, serverNow, steady, words } from "./dom.js";
import { curve } from "./curve.js";
import { live } from "./live.js";
import { entry, filled, reason } from "./words.js";

const CLOCK_MS = 1000;
const FORECAST_MS = 5000;
const HOUR_S = 3600;
/** Those without a deadline come after all others. */
const FAR = "9999-12-31T00:00:00Z";
/** The groups in their order, and the states in each. The last is folded. */
const GROUPS = [
  ["group_missed", ["unreachable", "lost"]],
  ["group_cannot", ["cannot"]],
  ["group_rings", ["calling", "waiting", "calls_back"]],
  ["group_asked", ["asked"]],
  ["group_later", ["later"]],
  ["group_reached", ["reached"]],
  ["group_joined", ["joined"]],
  ["group_cancelled", ["cancelled"]],
];
const FOLDED = new Set(["group_joined", "group_cancelled"]);
const STEERED = { ring: ["unreachable", "cannot", "later", "waiting", "reached", "cancelled"], "next-number": ["calling", "waiting"], deputy: ["unreachable", "calling", "waiting", "later"], reached: ["unreachable", "cannot", "calling", "waiting", "later"] };
const SIGNS = { sms: "✉ SMS", mail: "✉" };
let path = "";
let now = null;
let forecastAt = -Infinity;
/** The other call-outs to the same meeting that go on: their levels have clocks of their own. */
let beside = [];

export function startBoard(id) {
  path = `/activations/${encodeURIComponent(id)}`;
  live(null, read);
  setInterval(showClocks, CLOCK_MS);
  setInterval(() => document.hidden || now?.state !== "open" || readForecast(), FORECAST_MS);
  el("print").onclick = () => window.print();
  el("find").oninput = filter;
  const folded = [];
  addEventListener("beforeprint", () => {
    folded.splice(0, folded.length, ...document.querySelectorAll("main details:not([open])"));
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
  el("approve").onclick = async (event) => {
    if (await pressed(event.currentTarget, () => api("POST", `${path}/approve`))) await read();
  };
  el("cancel").onclick = async () => {
    const left = now.counters.total - now.counters.done;
    const asked = filled(words.activation_cancel_ask, { name: now.list_name, count: left });
    if ((await confirmed(asked, words.activation_cancel, words.activation_cancel_no)) && (await api("POST", `${path}/cancel`))) await read();
  };
  el("groups").onclick = async (event) => {
    const button = event.target.closest("button[data-action]");
    const target = button?.closest("li")?.dataset.key;
    if (!target) return;
    if (button.dataset.action === "reached") return askHow(target, button);
    if (await pressed(button, () => api("POST", `${path}/targets/${target}/${button.dataset.action}`))) await read();
  };
  el("reach-close").onclick = () => el("reach").close();
  onSubmit(el("reach-form"), async (data) => {
    const target = el("reach").dataset.target;
    if (!(await api("POST", `${path}/targets/${target}/reached`, { note: data.get("note") }))) return;
    el("reach").close();
    await read();
  });
  curve.into(el("curve"));
}

function askHow(target, button) {
  el("reach").dataset.target = target;
  say(el("reach-title"), button.getAttribute("aria-label"));
  el("reach-form").reset();
  el("reach").showModal();
  el("reach-form").elements.note.focus();
}

async function read(kinds = null) {
  const ours = ["activation", "target", "attempt", "outbox_message", "message"];
  if (kinds && !ours.some((kind) => kinds.has(kind))) return;
  const found = await api("GET", path, undefined, undefined, gone);
  if (!found) return;
  now = found;
  if (!kinds || kinds.has("activation")) {
    const all = (await api("GET", `/activations?conference=${encodeURIComponent(now.conference_id)}`)) ?? [];
    beside = all.filter((one) => one.id !== now.id && one.state === "open" && one.targets.length > 1);
  }
  keepFocus(show);
  if (performance.now() - forecastAt > FORECAST_MS) await readForecast();
}

function show() {
  const { joined, total, done } = now.counters;
  document.title = `${now.list_name} – Samband`;
  say(el("name"), now.list_name);
  say(el("state"), words[`activation_state_${now.state}`]);
  el("state").classList.toggle("good", now.state === "open");
  say(el("started"), filled(words.board_started, { by: now.started_by, at: clock(now.started_at) }));
  el("meeting").href = `/conferences/${now.conference_id}`;
  el("report").href = `/api/v1${path}/report.pdf`;
  for (const id of ["cancel", "forecast", "outlook"]) el(id).hidden = now.state !== "open";
  say(el("joined"), `${joined}/${total}`);
  say(el("told"), filled(words.board_told, { joined, total, left: total - done }));
  showQuorum();
  const held = now.targets.filter((one) => one.reason_code?.endsWith("needs_approval") || one.reason_code?.endsWith("used_up"));
  el("approval").hidden = !now.awaits_approval;
  say(el("approval-why"), filled(words.board_approval, { count: held.length, by: now.started_by }));
  showGroups();
  showCurve();
  showClocks();
  filter();
}

/** Word, shape and colour: enough, not yet, too late. Of a level, or of all the levels of a call-out. */
function light({ came, needed, quorum_at: at, late }) {
  const enough = at !== null || came >= needed;
  const text = enough ? words.board_enough : late ? words.board_late : words.board_not_enough;
  return { kind: enough ? "enough" : late ? "late" : "short", text: `${text} · ${filled(words.board_of, { count: came, needed })}` };
}

/** A quorum of all: each level has its own. */
function whole(one) {
  const sum = (name) => one.levels.reduce((all, each) => all + each[name], 0);
  const all = one.levels.every((each) => each.quorum_at !== null || each.came >= each.needed);
  return { came: sum("came"), needed: sum("needed"), quorum_at: all ? one.started_at : null, late: one.late };
}

const isLevelled = () => now.levels.length > 1;

/** Each level has its deadline, its quorum and its light. */
function showLevels() {
  keep(
    el("levels"),
    isLevelled() ? now.levels : [],
    (one) => one.level ?? "none",
    () => make("li", {}, make("b"), make("span", { class: "clock" }), make("span")),
    (node, one) => {
      const { kind, text } = light(one);
      node.className = `quorum ${kind}`;
      say(node.children[0], entry("answer_level", one.level ?? "none"));
      say(node.children[1], leftOf(one.due_at));
      say(node.children[2], [text, one.quorum_at ? clock(one.quorum_at) : null].filter(Boolean).join(" · "));
    },
  );
}

/** A deadline, and how long it is until then or since. */
function leftOf(due) {
  if (!due) return "";
  const left = (Date.parse(due) - serverNow()) / 1000;
  return `${filled(words[left >= 0 ? "board_due" : "board_due_passed"], { at: clock(due).slice(0, 5) })} ${lasting(Math.abs(left))}`;
}

function showQuorum() {
  el("quorum").hidden = isLevelled();
  const { kind, text } = light(now.levels[0]);
  say(el("quorum"), [text, now.quorum_at ? clock(now.quorum_at) : null].filter(Boolean).join(" · "));
  el("quorum").className = `quorum ${kind}`;
}

function showBeside() {
  keep(
    el("beside"),
    beside,
    (one) => one.id,
    (one) => make("li", {}, make("a", { href: `/activations/${one.id}` }), make("span", { class: "clock" }), make("span")),
    (node, one) => {
      const { kind, text } = light(one.levels.length > 1 ? whole(one) : one.levels[0]);
      node.className = `quorum ${kind}`;
      say(node.children[0], one.list_name);
      say(node.children[1], leftOf(one.due_at));
      say(node.children[2], text);
    },
  );
}

/** Hours are told from the first full one on. */
const lasting = (s) => (s < HOUR_S ? length(s) : `${Math.floor(s / HOUR_S)}:${length(s % HOUR_S).padStart(5, "0")}`);

function showClocks() {
  if (!now) return;
  const s = (at) => (Date.parse(at) - serverNow()) / 1000;
  showLevels();
  showBeside();
  const end = now.ended_at ? Date.parse(now.ended_at) : serverNow();
  say(el("going"), lasting(Math.max(0, (end - Date.parse(now.started_at)) / 1000)));
  el("clock-due").hidden = !now.due_at || isLevelled();
  if (el("clock-due").hidden) return;
  const left = s(now.due_at);
  say(el("due-name"), filled(words[left >= 0 ? "board_due" : "board_due_passed"], { at: clock(now.due_at).slice(0, 5) }));
  say(el("due"), lasting(Math.abs(left)));
  el("clock-due").classList.toggle("late", left < 0 && now.quorum_at === null);
}

/** Reckoned anew each few seconds, and not for each of the calls. */
async function readForecast() {
  if (now.state !== "open") return;
  forecastAt = performance.now();
  const found = await api("GET", `${path}/forecast`);
  if (!found) return;
  const all = found.all_called_at ? filled(words.forecast_all, { at: clock(found.all_called_at).slice(0, 5) }) : null;
  say(el("forecast"), [filled(words.forecast_now, { called: found.called, left: found.left }), all, pace(found), found.reason].filter(Boolean).join(" · "));
  showOutlook(found);
}

/** How many will have answered by when, and the quorum: a number only after some calls. */
function showOutlook(found) {
  const { answered, outlook } = found;
  const total = now.counters.total;
  const shown = outlook.points.filter((one, at) => Math.round(one.answered) > Math.round(at ? outlook.points[at - 1].answered : answered));
  const at = (one) => clock(new Date(serverNow() + one.in_s * 1000).toISOString()).slice(0, 5);
  const ahead = shown.map((one) => filled(words.outlook_at, { count: Math.round(one.answered), at: at(one) }));
  say(el("outlook"), [filled(words.outlook_now, { count: answered, total }), ...(ahead.length ? ahead : [words.outlook_none]), ...quorumsAhead(found)].filter(Boolean).join(" · "));
}

/** Of several levels each has its own. */
const quorumsAhead = ({ levels, outlook }) =>
  isLevelled() ? levels.map((one) => [quorumAhead(one), one.all_called_at ? filled(words.forecast_all, { at: clock(one.all_called_at).slice(0, 5) }) : null].filter(Boolean).map((text) => `${entry("answer_level", one.level ?? "none")}: ${text}`)).flat() : [quorumAhead(outlook)];

function quorumAhead({ quorum, quorum_chance: chance, needed }) {
  if (quorum === "reached") return filled(words.outlook_reached, { needed });
  if (quorum === "impossible") return filled(words.outlook_impossible, { needed });
  if (quorum !== "open") return null;
  return chance === null ? words.outlook_few : filled(words.outlook_chance, { percent: Math.round(chance * 100), needed });
}

const pace = (found) => filled(words.forecast_pace, { pace: found.calls_per_s || null, channels: found.channels_free, trunks: found.trunks });

function showGroups() {
  const groups = GROUPS.map(([name, states]) => ({ name, targets: now.targets.filter((one) => states.includes(one.state)) })).filter((one) => one.targets.length);
  keep(el("groups"), groups, (one) => one.name, buildGroup, updateGroup);
}

function buildGroup({ name }) {
  const inside = make("ul", { class: "targets-of" });
  if (FOLDED.has(name)) return make("details", { class: `group ${name.slice(6)}` }, make("summary", {}, make("h2")), inside);
  return make("section", { class: `group ${name.slice(6)}` }, make("h2"), inside);
}

function updateGroup(node, { name, targets }) {
  say(node.querySelector("h2"), `${words[name]} (${targets.length})`);
  const list = node.querySelector("ul");
  keep(list, steady(list, targets, (one, other) => Date.parse(one.due_at ?? FAR) - Date.parse(other.due_at ?? FAR) || one.position - other.position), (one) => one.id, buildRow, updateRow);
}

const act = (action, text) => make("button", { "data-action": action, text });

function buildRow() {
  return make(
    "li",
    {},
    make("span", { class: "who" }, make("b"), make("span", { class: "beside" }), make("small", { class: "cause" })),
    make("span", { class: "turn" }),
    make("ul", { class: "bearers" }),
    make("span", { class: "acts" }, act("ring", words.act_ring), act("next-number", words.act_next), act("deputy", words.act_deputy), act("reached", words.act_reached)),
  );
}

/** The cause in words, and when the next try is made. */
function cause(one) {
  const waits = one.state === "waiting" && one.not_before && one.attempts.length > 0 && Date.parse(one.not_before) > serverNow();
  const last = one.attempts.at(-1);
  return [
    one.calling && one.state === "calling" ? filled(last?.ringing_at ? words.rings_at : words.placed_to, { number: national(one.calling) }) : null,
    one.state === "later" && one.comes_at ? filled(words.target_state_coming, { at: clock(one.comes_at).slice(0, 5) }) : null,
    reason(one.reason_code, one.reason_data),
    waits ? filled(words.next_try, { at: clock(one.not_before) }) : null,
    one.attempts_made && last ? filled(words.attempts, { count: one.attempts_made, at: clock(last.placed_at) }) : null,
    ...one.left_out.map((each) => each.reason),
  ];
}

/** As it is written and read aloud in Sweden; one of another country stays as it is. */
function national(number) {
  const [, area, rest] = number.replace(/^\+46/, "0").match(/^(08|0\d\d)(\d{5,8})$/) ?? [];
  if (!rest) return number;
  const sizes = { 5: [3, 2], 6: [2, 2, 2], 7: [3, 2, 2], 8: [3, 3, 2] }[rest.length];
  let at = 0;
  return `${area}-${sizes.map((size) => rest.slice(at, (at += size))).join(" ")}`;
}

function updateRow(node, one) {
  const stands = one.deputy_for && now.targets.find((each) => each.id === one.deputy_for);
  node.className = one.state;
  node.dataset.text = [one.organisation, one.function, ...one.numbers].join(" ").toLocaleLowerCase();
  say(node.querySelector("b"), one.organisation || one.function);
  say(node.querySelector(".beside"), [one.organisation ? one.function : null, isLevelled() ? entry("answer_level", one.level ?? "none") : null, stands ? filled(words.stands_for, { name: stands.function }) : null].filter(Boolean).join(" · "));
  say(node.querySelector(".cause"), cause(one).filter(Boolean).join(" · "));
  const at = one.numbers.indexOf(one.calling ?? one.attempts.at(-1)?.number);
  say(node.querySelector(".turn"), one.numbers.length ? filled(words.number_in_turn, { place: at + 1, total: one.numbers.length }) : words.no_number);
  keep(
    node.querySelector(".bearers"),
    bearers(one),
    ([sign], index) => sign,
    () => make("li"),
    (item, [sign, state]) => say(item, `${sign} ${state}`),
  );
  const running = now.state !== "cancelled";
  for (const button of node.querySelectorAll("[data-action]")) {
    const { action } = button.dataset;
    button.hidden = !running || !STEERED[action].includes(one.state) || (one.numbers.length < 2 && action === "next-number") || (one.numbers.length === 0 && action === "ring") || (action === "deputy" && !one.deputy_left);
    button.setAttribute("aria-label", `${button.textContent}: ${one.organisation} ${one.function}`);
  }
}

/** How each bearer goes: the telephone, and the latest message by each other one. */
function bearers(one) {
  const rings = one.state === "calling" && one.attempts.at(-1)?.ringing_at;
  const found = [["☎", words[`target_state_${rings ? "ringing" : one.state}`]]];
  const latest = new Map(one.messages.map((each) => [each.bearer, each]));
  for (const [bearer, each] of latest) found.push([SIGNS[bearer] ?? entry("bearer", bearer), entry("message_state", each.state)]);
  if (one.reason_code?.startsWith("answered_by_radio_")) found.push([words.radio, words.bearer_answered]);
  return found;
}

function filter() {
  const sought = el("find").value.trim().toLocaleLowerCase();
  const rows = [...el("groups").querySelectorAll(".targets-of > li")];
  for (const row of rows) row.hidden = !row.dataset.text.includes(sought);
  say(el("found"), sought ? filled(words.found, { shown: rows.filter((row) => !row.hidden).length, total: rows.length }) : "");
  if (sought) for (const group of el("groups").querySelectorAll("details")) group.open = true;
}

/** When each function had its first answer with a key. */
function showCurve() {
  const answered = now.targets
    .map((one) => one.attempts.filter((each) => ["joined", "later", "cannot", "deputy"].includes(each.result)).map((each) => Date.parse(each.answered_at ?? each.placed_at))[0])
    .filter(Number.isFinite)
    .map((at) => (at - Date.parse(now.started_at)) / 1000);
  const rows = curve.show(answered, now.counters.total, filled(words.curve_title, { name: now.list_name }));
  keep(
    el("curve-rows"),
    rows,
    ([minute]) => minute,
    () => make("tr", {}, make("th", { scope: "row" }), make("td")),
    (row, [minute, count]) => {
      say(row.firstChild, String(minute));
      say(row.lastChild, String(count));
    },
  );
}
