// The radio: each patched talkgroup with who talks and for how long, its levels, its lease; terminals; the patch dialog.
import { api, clock, el, keep, length, locale, make, onSubmit, say, serverNow, words } from "./dom.js";
import { entry, reason } from "./words.js";

const LEVELS_MS = 1000;
const CLOCK_MS = 250;
const FLOOR_DBFS = -60;
const MINUTE_S = 60;
let base = "";
let changed = () => {};
let patches = [];

export function wireRadio(conference, read) {
  base = conference;
  changed = read;
  el("patches").onclick = onButton;
  el("patches").onchange = onChoice;
  const dialog = el("patch-dialog");
  el("patch-open").onclick = async () => {
    await fillChoices();
    dialog.showModal();
  };
  el("patch-close").onclick = () => dialog.close();
  onSubmit(el("patch"), async (data) => {
    const body = { gssi: Number(data.get("gssi")) };
    for (const name of ["terminal", "keying", "precedence"]) if (data.get(name)) body[name] = data.get(name);
    if (data.get("lease_min")) body.lease_s = Number(data.get("lease_min")) * 60;
    if (!(await api("POST", `${base}/patches`, body))) return;
    dialog.close();
    await changed();
  });
  setInterval(showClocks, CLOCK_MS);
  setInterval(() => document.hidden || readLevels(), LEVELS_MS);
}

async function fillChoices() {
  const [talkgroups, terminals] = await Promise.all([api("GET", "/talkgroups"), api("GET", "/terminals")]);
  const rule = { approval: ` – ${words.rule_approval}`, forbidden: ` – ${words.rule_forbidden}` };
  const groups = (talkgroups ?? []).map((one) => {
    const option = new Option(`${one.name} · ${one.gssi}${rule[one.rule] ?? ""}`, one.gssi);
    option.disabled = one.rule === "forbidden";
    return option;
  });
  el("talkgroups").replaceChildren(...groups);
  const free = (terminals ?? []).map((one) => {
    const option = new Option(`${one.name} · ${entry("terminal_state", one.state)}${one.spare ? ` · ${words.spare}` : ""}`, one.name);
    option.disabled = one.patch_id !== null;
    return option;
  });
  el("patch-terminal").replaceChildren(new Option(words.terminal_any, ""), ...free);
}

async function onButton(event) {
  const button = event.target.closest("button");
  const item = button?.closest("li");
  if (!item) return;
  const way = `${base}/patches/${item.dataset.key}`;
  const { action } = button.dataset;
  button.disabled = true;
  if (action === "approve") await api("POST", `${way}/approve`);
  else if (action === "extend") await api("POST", `${way}/extend`, { lease_s: Number(button.dataset.lease) });
  else await api("DELETE", way);
  button.disabled = false;
  await changed();
}

async function onChoice(event) {
  const item = event.target.closest("li");
  const { name, value, checked, type } = event.target;
  if (await api("PATCH", `${base}/patches/${item.dataset.key}`, { [name]: type === "checkbox" ? checked : value })) await changed();
}

export function showRadio(conference) {
  patches = conference.patches;
  el("no-patch").hidden = patches.length > 0;
  keep(el("patches"), patches, (one) => one.id, buildPatch, (node, one) => updatePatch(node, one, conference));
  showClocks();
}

function choice(name, values) {
  const select = make("select", { name });
  for (const value of values) select.append(new Option(words[`${name}_${value}`], value));
  return make("label", {}, make("span", { text: words[name] }), select);
}

/** A name, a running clock and a bar; the bar turns where the minute is nearly over. */
function timer(name, text) {
  return make(
    "div",
    { class: `time ${name}`, hidden: "" },
    make("span", { class: "what", text }),
    make("span", { class: "clock", role: "timer", "aria-live": "off" }),
    make("meter", { min: 0, "aria-label": text }),
  );
}

function level(name, text) {
  return make("label", { class: name }, make("span", { text }), make("meter", { min: FLOOR_DBFS, max: 0, high: -6, value: FLOOR_DBFS }));
}

function buildPatch() {
  return make(
    "li",
    {},
    make("header", {}, make("span", { class: "who" }, make("b"), make("small")), make("span", { class: "flag state" })),
    make("p", { class: "why" }),
    timer("talk", ""),
    timer("air", words.our_transmission),
    make("p", { class: "held" }),
    make("div", { class: "levels" }, level("from", words.level_from), level("to", words.level_to)),
    make("p", { class: "lease row" }, make("span"), make("button", { "data-action": "extend", text: words.lease_extend })),
    make(
      "div",
      { class: "row settings" },
      choice("keying", ["voice", "floor", "key"]),
      choice("precedence", ["radio", "phone"]),
      make("label", { class: "tick" }, make("input", { type: "checkbox", name: "spoken_end" }), make("span", { text: words.spoken_end })),
    ),
    make(
      "p",
      { class: "row acts" },
      make("button", { class: "main", "data-action": "approve", text: words.patch_approve }),
      make("button", { class: "quiet", "data-action": "remove" }),
    ),
  );
}

function updatePatch(node, one, conference) {
  const asked = one.state === "asked";
  node.className = one.emergency ? "emergency" : one.state;
  say(node.querySelector("b"), `${one.name} · ${one.gssi}`);
  say(node.querySelector("small"), one.terminal ?? "");
  say(node.querySelector(".state"), one.emergency ? words.emergency : words[`patch_state_${one.state}`]);
  const key = conference.participants.find((person) => person.id === one.keyed_by);
  const why = [
    asked ? `${words.patch_asked_by} ${one.asked_by}` : reason(one.reason_code, one.reason_data),
    one.approved_by ? `${words.patch_approved_by} ${one.approved_by}` : null,
    one.looped ? words.patch_looped : null,
    one.breaking_in ? words.patch_breaking_in : null,
    key ? `${words.keyed_by} ${key.function ?? key.name}` : null,
  ];
  say(node.querySelector(".why"), why.filter(Boolean).join(" · "));
  say(node.querySelector(".talk .what"), talker(one));
  updateLease(node, one);
  for (const part of [".levels", ".settings"]) node.querySelector(part).hidden = asked || one.state === "closing";
  for (const name of ["keying", "precedence"]) {
    const select = node.querySelector(`select[name=${name}]`);
    if (document.activeElement !== select) select.value = one[name];
  }
  node.querySelector("input[name=spoken_end]").checked = one.spoken_end;
  const [, approve, remove] = node.querySelectorAll("button");
  approve.hidden = !asked;
  remove.hidden = one.state === "closing";
  say(remove, asked ? words.patch_refuse : words.patch_remove);
  for (const button of [approve, remove]) button.setAttribute("aria-label", `${button.textContent}: ${one.name}`);
}

const talker = (one) => (one.talker ? (one.talker_name ? `${one.talker_name} (${one.talker})` : `ISSI ${one.talker}`) : words.patch_state_receiving);

function updateLease(node, one) {
  const lease = node.querySelector(".lease");
  lease.hidden = !one.lease_until || one.state === "closing";
  const [text, button] = lease.children;
  say(text, one.lease_until ? `${words.lease_until} ${clock(one.lease_until).slice(0, 5)}` : "");
  button.dataset.lease = Math.max(60, Math.round((Date.parse(one.lease_until) - Date.parse(one.created_at)) / 1000)) || 3600;
}

/** Every clock on the page, from the instants the server gave. */
function showClocks() {
  const now = serverNow();
  for (const one of patches) {
    const node = el("patches").querySelector(`li[data-key="${one.id}"]`);
    if (!node) continue;
    const received = one.state === "receiving" || (one.talker !== null && one.talk_began_at !== null);
    showTimer(node.querySelector(".talk"), received ? one.talk_began_at : null, now, one.warn_s, MINUTE_S);
    showTimer(node.querySelector(".air"), one.transmission_began_at, now, one.warn_s, one.cut_s);
  }
}

function showTimer(node, began, now, warn, most) {
  node.hidden = !began;
  if (!began) return;
  const seconds = Math.max(0, (now - Date.parse(began)) / 1000);
  node.classList.toggle("late", seconds >= warn);
  node.children[1].textContent = `${length(Math.floor(seconds))} / ${length(most)}`;
  const bar = node.children[2];
  bar.max = most;
  bar.high = warn;
  bar.value = Math.min(seconds, most);
}

async function readLevels() {
  for (const one of patches) {
    const node = el("patches").querySelector(`li[data-key="${one.id}"]`);
    if (!node || !one.terminal || one.state === "asked") continue;
    const answer = await fetch(`/api/v1/terminals/${encodeURIComponent(one.terminal)}/levels`).catch(() => null);
    if (!answer?.ok) continue;
    const { figures, patch_id: measured } = await answer.json();
    if (measured !== one.id) continue;
    node.querySelector(".from meter").value = figures.radio_dbfs ?? FLOOR_DBFS;
    node.querySelector(".to meter").value = figures.air_dbfs ?? figures.meeting_dbfs ?? FLOOR_DBFS;
    const held = Math.round(Math.max(figures.held_ms ?? 0, figures.delay_ms ?? 0) / 100) / 10;
    const told = [held ? `${words.speech_held}: ${held.toLocaleString(locale)} s` : null, figures.stuck ? words.noise_kept_off : null];
    say(node.querySelector(".held"), told.filter(Boolean).join(" · "));
  }
}

export async function readRadio() {
  const terminals = (await api("GET", "/terminals")) ?? [];
  keep(
    el("terminals"),
    terminals,
    (one) => one.name,
    () => make("li", {}, make("b"), make("span", { class: "why" }), make("span", { class: "alarms" })),
    (node, one) => {
      node.classList.toggle("bad", one.state !== "ready" || one.alarms.length > 0);
      say(node.children[0], one.name);
      const told = [entry("terminal_state", one.state), reason(one.reason_code, one.reason_data), one.spare ? words.spare : null, one.signal_dbm === null ? null : `${one.signal_dbm} dBm`.replace("-", "−"), one.battery_percent === null ? null : `${one.battery_percent} %`];
      say(node.children[1], told.filter(Boolean).join(" · "));
      say(node.children[2], one.alarms.map((alarm, at) => [entry("alarm", alarm), clock(one.alarms_at[at])].filter(Boolean).join(" ")).join(" · "));
    },
  );
}
