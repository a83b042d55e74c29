// Forums, call-out lists and talkgroups: who is called in which order, by which rules.
import { el, keep, keepFocus, make, say, words } from "./dom.js";
import { edit } from "./editor.js";
import { live } from "./live.js";
import { act, ask, list, remove, short, told, trouble } from "./page.js";
import { filled } from "./words.js";

const PATH = { forums: "/forums", activation_lists: "/activation-lists", talkgroups: "/talkgroups" };
let known = { forums: [], activation_lists: [], talkgroups: [], functions: [], organisations: [] };

live(null, (changed) => (changed === null ? read() : undefined));
for (const button of document.querySelectorAll("[data-add]")) button.onclick = () => editOne(button.dataset.add, null);
for (const kind of Object.keys(PATH)) el(kind).onclick = (event) => onAct(kind, event);

const keyOf = (one) => String(one.id ?? one.gssi);

async function read() {
  const answers = await Promise.all([...Object.values(PATH), "/functions", "/organisations"].map((path) => ask("GET", path)));
  const bad = answers.find((one) => !one.ok);
  if (bad) return trouble(bad);
  const [forums, activation_lists, talkgroups, functions, organisations] = answers.map((one) => one.body);
  known = { forums, activation_lists, talkgroups, functions, organisations };
  keepFocus(() => {
    for (const kind of Object.keys(PATH)) {
      el(`none-${kind}`).hidden = known[kind].length > 0;
      keep(el(kind), known[kind], keyOf, build, (node, one) => update(kind, node, one));
    }
  });
}

const nameOf = (key) => {
  const found = known.functions.find((one) => one.id === key);
  const owner = known.organisations.find((one) => one.id === found?.organisation_id);
  return found ? `${found.name}${owner ? ` – ${owner.name}` : ""}` : key;
};
const named = (keys) => keys.map(nameOf).join(", ");

function build() {
  return make("li", {}, make("span", { class: "who" }, make("b"), make("small")), make("ol", { class: "numbers" }), make("span", { class: "acts" }));
}

const about = {
  forums: (one) => {
    const called = known.activation_lists.find((each) => each.id === one.activation_list_id);
    const group = known.talkgroups.find((each) => each.gssi === one.talkgroup);
    return list(
      told[`forum_${one.level}`],
      filled(told.forum_list, { name: called?.name ?? told.none }),
      group ? `${words.talkgroup} ${group.name}` : null,
      one.recorded ? words.recorded : told.not_recorded,
      one.quorum ? filled(told.quorum_of, { count: one.quorum }) : null,
      one.asks_name ? told.asks_name : null,
      one.calls_back_in ? told.calls_back_in : null,
    );
  },
  activation_lists: (one) =>
    list(
      filled(told.list_count, { count: one.function_ids.length }),
      filled(told.list_rounds, { rounds: one.rounds, ring_s: one.ring_s }),
      one.level ? told[`answer_${one.level}`] : null,
      one.quorum ? filled(told.quorum_of, { count: one.quorum }) : null,
      one.phone_number ? filled(told.list_phone, { number: one.phone_number }) : null,
    ),
  talkgroups: (one) =>
    list(`GSSI ${one.gssi}`, told[`rule_${one.rule}`], words[`keying_${one.keying}`], one.terminals.join(", "), one.lease_s ? filled(told.lease_of, { minutes: Math.round(one.lease_s / 60) }) : told.lease_none),
};
const ranked = { forums: (one) => one.host_function_ids, activation_lists: (one) => one.function_ids, talkgroups: () => [] };

function update(kind, node, one) {
  const [who, order, buttons] = node.children;
  say(who.firstElementChild, one.name);
  say(who.lastElementChild, about[kind](one));
  const keys = ranked[kind](one);
  order.setAttribute("aria-label", kind === "forums" ? told.forum_hosts : told.list_functions);
  order.hidden = keys.length === 0;
  keep(order, keys.slice(0, 20), (key) => key, () => make("li", {}), (item, key) => say(item, nameOf(key)));
  if (keys.length > 20) order.append(make("li", { "data-key": "more", text: filled(told.and_more, { count: keys.length - 20 }) }));
  if (buttons.dataset.of === one.name) return;
  buttons.dataset.of = one.name;
  buttons.replaceChildren(act("edit", told.edit, one.name), act("remove", told.remove, one.name, { class: "quiet" }));
}

function onAct(kind, event) {
  const button = event.target.closest("button");
  if (!button) return;
  const one = known[kind].find((each) => keyOf(each) === button.closest("li").dataset.key);
  if (button.dataset.action === "edit") return editOne(kind, one);
  return remove(`${PATH[kind]}/${encodeURIComponent(keyOf(one))}`, one.name, () => ask("POST", PATH[kind], one), read);
}

const functions = () => known.functions.map((one) => [one.id, nameOf(one.id)]);
const maybe = (options) => [["", told.none], ...options];
const language = () => ({ name: "language", kind: "select", label: words.language, options: [["sv", words.swedish], ["en", words.english]] });

const FIELDS = {
  forums: () => [
    { name: "name", kind: "text", label: words.name, required: true },
    { name: "level", kind: "select", label: told.forum_level, options: ["inriktande", "samordnande", "verkställande"].map((one) => [one, told[`forum_${one}`]]) },
    { name: "activation_list_id", kind: "select", label: words.activation_list, options: maybe(known.activation_lists.map((one) => [one.id, one.name])) },
    { name: "talkgroup", kind: "select", label: words.talkgroup, options: maybe(known.talkgroups.map((one) => [String(one.gssi), one.name])) },
    { name: "host_function_ids", kind: "order", label: told.forum_hosts, help: told.forum_hosts_help, options: functions() },
    { name: "quorum", kind: "number", label: told.quorum, help: told.quorum_help, min: 1, max: 2000 },
    { name: "quorum_function_ids", kind: "order", label: told.quorum_functions, options: functions() },
    { name: "informed_function_ids", kind: "order", label: told.forum_informed, options: functions() },
    { name: "evaluation_questions", kind: "area", lines: true, label: told.forum_questions, help: told.forum_questions_help, rows: 3 },
    { name: "entry_sound", kind: "select", label: told.entry_sound, options: ["none", "tone", "name"].map((one) => [one, told[`sound_${one}`]]) },
    language(),
    { name: "recorded", kind: "check", label: words.recorded, begins: true },
    { name: "asks_name", kind: "check", label: told.asks_name },
    { name: "calls_back_in", kind: "check", label: told.calls_back_in },
  ],
  activation_lists: () => [
    { name: "name", kind: "text", label: words.name, required: true },
    { name: "function_ids", kind: "order", label: told.list_functions, help: told.list_functions_help, options: functions() },
    { name: "ring_s", kind: "number", label: told.ring_s, min: 5, max: 120 },
    { name: "rounds", kind: "number", label: told.rounds, min: 1, max: 10 },
    { name: "round_pause_s", kind: "number", label: told.round_pause_s, max: 3600 },
    { name: "parallel", kind: "check", label: told.parallel },
    { name: "level", kind: "select", label: told.answer_level, options: maybe(["direct", "60_min", "2_h"].map((one) => [one, told[`answer_${one}`]])) },
    { name: "quorum", kind: "number", label: told.quorum, min: 1, max: 2000 },
    { name: "stops_at_quorum", kind: "check", label: told.stops_at_quorum },
    { name: "phone_number", kind: "number", label: told.phone_number, help: told.phone_number_help, min: 1, max: 999 },
  ],
  talkgroups: (one) => [
    ...(one ? [] : [{ name: "gssi", kind: "number", label: "GSSI", min: 1, max: 16777215, required: true }]),
    { name: "name", kind: "text", label: words.name, required: true },
    { name: "rule", kind: "select", label: told.rule, options: ["free", "approval", "forbidden"].map((each) => [each, told[`rule_${each}`]]) },
    { name: "keying", kind: "select", label: words.keying, options: ["voice", "floor", "key"].map((each) => [each, words[`keying_${each}`]]) },
    { name: "precedence", kind: "select", label: words.precedence, options: ["radio", "phone"].map((each) => [each, words[`precedence_${each}`]]) },
    { name: "lease_s", kind: "number", label: told.lease_minutes, help: told.lease_help, min: 1, scale: 60 },
    { name: "idle_s", kind: "number", label: told.idle_minutes, help: told.lease_help, min: 1, scale: 60 },
    { name: "notice", kind: "check", label: told.notice, begins: true },
    { name: "spoken_end", kind: "check", label: words.spoken_end },
  ],
};
const NEW = { activation_lists: { ring_s: 30, rounds: 3, round_pause_s: 90 }, forums: { level: "samordnande" }, talkgroups: {} };

function editOne(kind, one) {
  const request = (values) => {
    const body = { ...values, ...(kind === "forums" ? { talkgroup: values.talkgroup === null ? null : Number(values.talkgroup) } : {}) };
    return one ? { method: "PATCH", path: `${PATH[kind]}/${encodeURIComponent(keyOf(one))}`, body } : { method: "POST", path: PATH[kind], body };
  };
  const title = one ? filled(told.edit_of, { name: short(one.name) }) : told[`add_${kind}`];
  const entry = one ?? NEW[kind];
  edit(title, FIELDS[kind](one), { ...entry, talkgroup: entry.talkgroup === undefined || entry.talkgroup === null ? null : String(entry.talkgroup) }, request, read);
}
