// The schedule: a week at a time, and the series with their dates, exceptions and invitations.
import { confirmed, day, el, keep, keepFocus, locale, make, say, serverNow, words } from "./dom.js";
import { edit } from "./editor.js";
import { live } from "./live.js";
import { act, ask, choice, done, list, remove, short, told, trouble } from "./page.js";
import { entry, filled, reason, sentence } from "./words.js";

const MOST_DATES = 60;
const DAY_MS = 86_400_000;
let known = { schedules: [], dates: new Map(), open: new Set(), forums: [], lists: [], talkgroups: [], functions: [] };
let monday = mondayOf(new Date(serverNow()));
const shownMail = new Map();

live(null, (changed) => (changed === null || ["schedules", "occurrences", "conferences"].some((kind) => changed.has(kind)) ? read() : undefined));
el("add").onclick = () => editSchedule(null);
el("before").onclick = () => turn(-7);
el("after").onclick = () => turn(7);
el("today").onclick = () => {
  monday = mondayOf(new Date(serverNow()));
  show();
};
el("series").onclick = onAct;
el("week").onclick = onAct;

function mondayOf(date) {
  const day = new Date(date.getFullYear(), date.getMonth(), date.getDate());
  day.setDate(day.getDate() - ((day.getDay() + 6) % 7));
  return day;
}

function turn(days) {
  monday = new Date(monday.getFullYear(), monday.getMonth(), monday.getDate() + days);
  show();
}

const isoDay = (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;

async function read() {
  const answers = await Promise.all(["/schedules", "/conferences", "/forums", "/activation-lists", "/talkgroups", "/functions"].map((path) => ask("GET", path)));
  const bad = answers.find((one) => !one.ok);
  if (bad) return trouble(bad);
  const [schedules, conferences, forums, lists, talkgroups, functions] = answers.map((one) => one.body);
  const dates = await Promise.all(schedules.map((one) => ask("GET", `/schedules/${one.id}/dates?count=${MOST_DATES}`)));
  known = { schedules, dates: new Map(schedules.map((one, at) => [one.id, dates[at].ok ? dates[at].body : []])), open: new Set(conferences.map((one) => one.id)), forums, lists, talkgroups, functions };
  show();
}

/** Every date of a schedule as a row: what lies ahead, what was skipped, what has come. */
function datesOf(one) {
  const come = new Set(one.held.map((each) => each.on));
  const held = one.held.map((each) => ({
    schedule: one,
    on: each.on,
    local: localOf(each.starts_at),
    state: each.state === "missed" ? "missed" : each.state === "preparing" ? "preparing" : known.open.has(each.conference_id) ? "opened" : "held",
    clock: "none",
    moved: false,
    occurrence: each,
  }));
  const ahead = (known.dates.get(one.id) ?? []).filter((each) => !come.has(each.on)).map((each) => ({ schedule: one, on: each.on, local: each.local, state: "planned", clock: each.clock, moved: each.moved, occurrence: null }));
  const skipped = one.rule.skipped.map((on) => ({ schedule: one, on, local: `${on}T${one.rule.time}`, state: "skipped", clock: "none", moved: false, occurrence: null }));
  return [...held, ...ahead, ...skipped].sort((a, b) => a.local.localeCompare(b.local));
}

function localOf(instant) {
  const at = new Date(instant);
  return `${isoDay(at)}T${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

/** The clock is changed in this week where its days are not all as long. */
function clockChange() {
  for (let at = 0; at < 7; at++) {
    const [from, to] = [at, at + 1].map((step) => new Date(monday.getFullYear(), monday.getMonth(), monday.getDate() + step));
    if (to - from !== DAY_MS) return { day: from, forward: to - from < DAY_MS };
  }
  return null;
}

function show() {
  const all = known.schedules.flatMap(datesOf).sort((a, b) => a.local.localeCompare(b.local));
  const days = [...Array(7).keys()].map((step) => new Date(monday.getFullYear(), monday.getMonth(), monday.getDate() + step));
  const [first, last] = [days[0], days[6]].map((one) => one.toLocaleDateString(locale, { day: "numeric", month: "long", year: "numeric" }));
  say(el("h-week"), filled(told.week_of, { number: weekNumber(monday), first, last }));
  const change = clockChange();
  el("clock-change").hidden = change === null;
  say(el("clock-change"), change ? filled(change.forward ? told.clock_forward : told.clock_back, { day: change.day.toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long" }) }) : "");
  const today = isoDay(new Date(serverNow()));
  keepFocus(() => {
    keep(
      el("week"),
      days,
      isoDay,
      (one) => make("li", {}, make("h3", { text: one.toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "numeric" }) }), make("ul", {})),
      (node, one) => {
        node.classList.toggle("today", isoDay(one) === today);
        keep(node.lastElementChild, all.filter((each) => each.local.startsWith(isoDay(one))), (each) => `${each.schedule.id} ${each.on}`, () => make("li", {}, make("b", { class: "clock" }), make("span"), make("span", { class: "flag" }), make("small")), showDate);
      },
    );
    el("none").hidden = known.schedules.length > 0;
    keep(el("series"), known.schedules, (one) => one.id, buildSeries, updateSeries);
  });
}

const TONE = { planned: "", preparing: "warn", opened: "good", held: "", skipped: "warn", missed: "rec" };

function showDate(node, one) {
  const [time, name, flag, more] = node.children;
  say(time, one.local.slice(11, 16));
  say(name, one.schedule.name);
  flag.className = `flag ${TONE[one.state]}`;
  say(flag, told[`date_${one.state}`]);
  say(more, list(one.schedule.exercise ? words.exercise : null, one.moved ? told.date_moved : null, one.clock === "none" ? null : choice("clock", one.clock), one.occurrence?.late_s ? filled(told.date_late, { seconds: one.occurrence.late_s }) : null, one.occurrence ? sentence(reason(one.occurrence.reason_code, one.occurrence.reason_data) ?? "") : null));
}

function weekNumber(date) {
  const thursday = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 3);
  const first = mondayOf(new Date(thursday.getFullYear(), 0, 4));
  return 1 + Math.round((mondayOf(thursday) - first) / (7 * DAY_MS));
}

function buildSeries() {
  return make(
    "li",
    { class: "series" },
    make("span", { class: "who" }, make("b"), make("small")),
    make("span", { class: "flags" }),
    make("span", { class: "acts" }),
    make("details", {}, make("summary", {}, make("b", { text: told.dates })), make("ul", { class: "entries dates" })),
    make("details", { class: "mail" }, make("summary", {}, make("b", { text: told.invitation_shown })), make("div", {})),
    make("details", { class: "told" }, make("summary", {}, make("b", { text: told.who_was_told })), make("ul", { class: "entries" })),
  );
}

const weekly = (rule) => (rule.weekdays.length ? filled(told.rule_weekly, { days: rule.weekdays.map((one) => told[`day_${one.toLowerCase()}`]).join(" "), time: rule.time, first: rule.first_on, last: rule.last_on }) : filled(told.rule_once, { on: rule.first_on, time: rule.time }));

function updateSeries(node, one) {
  const [who, flags, buttons, dates, mail, toldOf] = node.children;
  say(who.firstElementChild, one.name);
  const listed = known.lists.find((each) => each.id === one.activation_list_id)?.name ?? known.forums.find((each) => each.id === one.forum)?.name;
  say(who.lastElementChild, list(weekly(one.rule), listed, one.rings ? told.rings : told.rings_not, one.invites ? told.invites : null, filled(told.by, { name: one.created_by })));
  keep(flags, [one.exercise ? "exercise" : null, one.secrecy === "secret" ? "secret" : null].filter(Boolean), (key) => key, (key) => make("span", { class: `flag ${key === "exercise" ? "exercise" : "warn"}`, text: key === "exercise" ? words.exercise : told.secret }), () => {});
  if (buttons.dataset.of !== one.name) {
    buttons.dataset.of = one.name;
    buttons.replaceChildren(act("start", told.open_now, one.name), act("edit", told.edit, one.name), act("remove", told.remove, one.name, { class: "quiet" }));
  }
  keep(dates.lastElementChild, datesOf(one).slice(-MOST_DATES), (each) => each.on, buildDate, updateDate);
  mail.ontoggle = () => mail.open && showMail(mail.lastElementChild, one);
  toldOf.ontoggle = () => toldOf.open && showTold(toldOf.lastElementChild, one);
  if (shownMail.get(one.id) !== one.sequence) {
    if (mail.open) showMail(mail.lastElementChild, one);
    if (toldOf.open) showTold(toldOf.lastElementChild, one);
  }
}

const buildDate = () => make("li", {}, make("span", { class: "who" }, make("b"), make("small")), make("span", { class: "flag" }), make("span", { class: "acts" }));

function updateDate(node, one) {
  const [who, flag, buttons] = node.children;
  const at = new Date(`${one.local}:00`);
  say(who.firstElementChild, `${at.toLocaleDateString(locale, { weekday: "short", day: "numeric", month: "long", year: "numeric" })} ${one.local.slice(11, 16)}`);
  say(who.lastElementChild, list(one.moved ? filled(told.date_moved_from, { on: one.on }) : null, one.clock === "none" ? null : choice("clock", one.clock)));
  flag.className = `flag ${TONE[one.state]}`;
  say(flag, told[`date_${one.state}`]);
  if (buttons.dataset.of === one.state) return;
  buttons.dataset.of = one.state;
  const about = `${one.schedule.name}, ${one.on}`;
  const made = { planned: [act("skip", told.date_skip, about), act("move", told.date_move, about)], skipped: [act("unskip", told.date_unskip, about)] }[one.state] ?? [];
  if (one.state === "opened") made.push(make("a", { class: "button", href: `/conferences/${one.occurrence.conference_id}`, text: told.to_meeting }));
  buttons.replaceChildren(...made);
}

async function showMail(node, one) {
  shownMail.set(one.id, one.sequence);
  const answer = await ask("GET", `/schedules/${one.id}/invitation`);
  if (!answer.ok) return node.replaceChildren(make("p", { class: "wrong", text: told.not_read }));
  const { subject, text } = answer.body;
  node.replaceChildren(
    make("p", {}, make("b", { text: subject })),
    make("pre", { tabindex: 0, "aria-label": told.invitation_shown, text }),
    make("p", { class: "help", text: filled(told.greeting_is, { name: one.name }) }),
    make("p", {}, make("a", { class: "button", href: `/api/v1/schedules/${one.id}/invitation.ics`, download: "", text: told.invitation_file })),
  );
}

async function showTold(node, one) {
  const answer = await ask("GET", `/mailings?schedule=${encodeURIComponent(one.id)}`);
  if (!answer.ok) return node.replaceChildren(make("li", { class: "wrong", text: told.not_read }));
  const rows = answer.body.flatMap((mailing) => [
    ...mailing.messages.map((each) => ({ text: each.to, what: list(entry("mailing_kind", mailing.kind), mailing.on, day(mailing.created_at)), state: entry("message_state", each.state) })),
    ...mailing.without_address.map((name) => ({ text: name, what: list(entry("mailing_kind", mailing.kind), mailing.on), state: told.no_address })),
  ]);
  node.replaceChildren(...(rows.length ? rows.map((each) => make("li", {}, make("span", { class: "who" }, make("b", { text: each.text }), make("small", { text: each.what })), make("span", { class: "flag", text: each.state }))) : [make("li", { class: "empty", text: told.nobody_told })]));
}

async function onAct(event) {
  const button = event.target.closest("button");
  if (!button) return;
  const one = known.schedules.find((each) => each.id === button.closest(".series").dataset.key);
  const on = button.closest(".dates li")?.dataset.key;
  const acting = {
    start: () => start(one),
    edit: () => editSchedule(one),
    remove: () => remove(`/schedules/${one.id}`, one.name, () => ask("POST", "/schedules", bodyOf(one)), read),
    skip: () => skip(one, on, true),
    unskip: () => skip(one, on, false),
    move: () => move(one, on),
  };
  await acting[button.dataset.action]?.();
}

async function skip(one, on, skipped) {
  const answer = await ask("POST", `/schedules/${one.id}/dates/${on}/skip`, { skipped });
  if (!answer.ok) return trouble(answer);
  done(filled(skipped ? told.skipped : told.unskipped, { name: short(one.name), on }), () => skip(one, on, !skipped));
  await read();
}

function move(one, on) {
  const fields = [
    { name: "to_on", kind: "date", label: told.move_on, required: true },
    { name: "to_time", kind: "time", label: told.move_time, required: true },
  ];
  edit(filled(told.move_of, { name: short(one.name), on }), fields, { to_on: on, to_time: one.rule.time }, (body) => ({ method: "POST", path: `/schedules/${one.id}/dates/${on}/move`, body }), read);
}

async function start(one) {
  const text = filled(one.exercise ? told.start_ask_exercise : one.rings ? told.start_ask_rings : told.start_ask, { name: short(one.name) });
  if (!(await confirmed(text, told.open_now))) return;
  const answer = await ask("POST", `/schedules/${one.id}/start`);
  if (!answer.ok) return trouble(answer);
  done(filled(told.started, { name: short(one.name) }));
  await read();
}

/** What may be sent of a schedule that was read. */
function bodyOf(one) {
  const { id, sequence, created_by, next, held, ...body } = one;
  return body;
}

const maybe = (options) => [["", told.none], ...options];
const three = (yes, no) => [["", told.as_forum], ["true", yes], ["false", no]];
const SMARR = ["purpose", "goal", "agenda", "resources", "rules"];

function editSchedule(one) {
  const lists = known.lists.map((each) => [each.id, each.name]);
  const fields = [
    { name: "name", kind: "text", label: words.name, required: true },
    { name: "forum", kind: "select", label: told.forum, options: maybe(known.forums.map((each) => [each.id, each.name])) },
    { name: "activation_list_id", kind: "select", label: words.activation_list, options: [["", told.as_forum], ...lists] },
    { name: "first_on", kind: "date", label: told.first_on, required: true, of: ["rule"] },
    { name: "time", kind: "time", label: told.at_time, required: true },
    { name: "weekdays", kind: "days", label: told.weekdays, help: told.weekdays_help },
    { name: "last_on", kind: "day", label: told.last_on },
    { name: "open_before_s", kind: "number", label: told.open_before, scale: 60, max: 1440 },
    { name: "lasts_s", kind: "number", label: told.lasts, scale: 60, min: 1, max: 1440 },
    { name: "rings", kind: "check", label: told.rings_label },
    { name: "invites", kind: "check", label: told.invites_label, begins: true },
    { name: "remind_before_s", kind: "number", label: told.remind_before, scale: 60, min: 1 },
    { name: "exercise", kind: "check", label: words.exercise },
    { name: "secrecy", kind: "select", label: told.secrecy, options: ["open", "secret"].map((each) => [each, choice("secrecy", each)]) },
    { name: "waiting_room", kind: "check", label: words.waiting_room },
    { name: "recorded", kind: "select", label: words.recorded, options: three(told.yes, told.no) },
    ...SMARR.map((name) => ({ name, kind: "area", lines: name === "agenda", rows: name === "agenda" ? 4 : 2, label: told[`smarr_${name}`], help: name === "agenda" ? told.smarr_agenda_help : null, of: name === "purpose" ? ["invitation"] : null })),
    { name: "asks_reports", kind: "check", label: told.asks_reports },
  ];
  const begins = { open_before_s: 900, lasts_s: 3600, secrecy: "open", time: "16:00" };
  const flat = one ? { ...one, ...one.rule, ...one.invitation, recorded: one.recorded === null ? "" : String(one.recorded) } : begins;
  const request = (values) => {
    const { first_on, time, weekdays, last_on, purpose, goal, agenda, resources, rules, asks_reports, recorded, ...rest } = values;
    const body = {
      ...(one ? { ...bodyOf(one), sequence: one.sequence } : {}),
      ...rest,
      open_before_s: rest.open_before_s ?? 0,
      recorded: recorded === null ? null : recorded === "true",
      rule: { ...(one?.rule ?? {}), first_on, time, weekdays, last_on },
      invitation: { purpose, goal, agenda, resources, rules, asks_reports },
    };
    return one ? { method: "PUT", path: `/schedules/${one.id}`, body } : { method: "POST", path: "/schedules", body };
  };
  const made = edit(one ? filled(told.edit_of, { name: short(one.name) }) : told.schedule_add, fields, flat, request, read);
  previewDates(made);
}

/** The next dates of the rule as it is typed, with those at a clock change. */
function previewDates(made) {
  const node = make("p", { class: "help preview", role: "status" });
  const fieldOf = (name) => made.find((one) => one.field.name === name);
  fieldOf("last_on").node.after(node);
  let due = 0;
  const tell = async () => {
    const [first_on, time, weekdays, last_on] = ["first_on", "time", "weekdays", "last_on"].map((name) => fieldOf(name).read());
    if (!first_on || !time) return say(node, "");
    const answer = await ask("POST", "/schedules/preview?count=5", { first_on, time, weekdays, last_on });
    if (!answer.ok) return say(node, "");
    const dates = answer.body.map((each) => list(each.local.replace("T", " "), each.clock === "none" ? null : choice("clock", each.clock)));
    say(node, dates.length ? filled(told.next_dates, { dates: dates.join(", ") }) : told.no_dates);
  };
  for (const name of ["first_on", "time", "weekdays", "last_on"])
    fieldOf(name).node.addEventListener("change", () => {
      clearTimeout(due);
      due = setTimeout(tell, 200);
    });
  tell();
}
