// The directory: organisations, their functions and persons, each with its state and what can be done.
import { confirmed, day, el, keep, keepFocus, make, pressed, say, serverNow } from "./dom.js";
import { edit } from "./editor.js";
import { live } from "./live.js";
import { act, ask, choice, done, list, remove, short, told, trouble } from "./page.js";
import { filled, words } from "./words.js";

let known = { organisations: [], functions: [], persons: [], covers: new Map(), duties: [], links: [] };

live(null, (changed) => (changed === null ? read() : undefined));
el("find").oninput = () => show();
el("add-organisation").onclick = () => editOrganisation(null);
el("organisations").onclick = onAct;

async function read() {
  const answers = await Promise.all(["/organisations", "/functions", "/persons", "/directory/coverage", "/directory/rota", "/directory/links"].map((path) => ask("GET", path)));
  // Links are seen by those who make them; the directory itself by more.
  const links = answers.at(-1).status === 403 ? [] : answers.at(-1).body;
  const bad = answers.find((one, at) => !one.ok && !(one.status === 403 && at === answers.length - 1));
  if (bad) return trouble(bad);
  const [organisations, functions, persons, covers, duties] = answers.map((one) => one.body);
  known = { organisations, functions, persons, covers: new Map(covers.map((one) => [one.function_id, one])), duties, links };
  show();
}

const fold = (text) => text.toLocaleLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

function show() {
  const wanted = fold(el("find").value.trim());
  const fits = (...texts) => !wanted || texts.some((text) => fold(String(text)).includes(wanted));
  const shown = known.organisations
    .map((one) => {
      const whole = fits(one.name);
      const of = (entries) => entries.filter((each) => each.organisation_id === one.id && (whole || fits(each.name, ...each.numbers, ...(each.issis ?? []))));
      return { one, functions: of(known.functions), persons: of(known.persons), whole };
    })
    .filter(({ functions, persons, whole }) => whole || functions.length || persons.length);
  el("none").hidden = known.organisations.length > 0;
  const count = { organisations: shown.length, functions: shown.reduce((sum, one) => sum + one.functions.length, 0) };
  say(el("count"), known.organisations.length ? filled(told.directory_count, count) : "");
  keepFocus(() => keep(el("organisations"), shown, ({ one }) => one.id, buildOrganisation, updateOrganisation));
}

function buildOrganisation() {
  return make(
    "li",
    { class: "card organisation" },
    make("header", { class: "row" }, make("h2", {}), make("span", { class: "acts" })),
    make("p", { class: "help" }),
    make("ul", { class: "entries functions" }),
    make("h3", { text: told.persons }),
    make("ul", { class: "entries persons" }),
  );
}

/** The acts of a row are made anew where its name has changed: their labels hold it. */
function acts(node, name, ...made) {
  if (node.dataset.of === name && node.childElementCount === made.length) return;
  node.dataset.of = name;
  node.replaceChildren(...made);
}

function updateOrganisation(node, { one, functions, persons }) {
  const [header, about, roles, heading, people] = node.children;
  say(header.firstElementChild, one.name);
  acts(
    header.lastElementChild,
    `${one.name} ${one.email}`,
    act("function", told.add_function, one.name),
    act("person", told.add_person, one.name),
    act("link", one.email ? told.link_send : told.link_make, one.name),
    act("edit", told.edit, one.name),
    act("versions", told.versions, one.name),
    act("remove", told.remove, one.name, { class: "quiet" }),
  );
  const link = known.links.find((each) => each.organisation_id === one.id && !each.revoked_at && Date.parse(each.expires_at) > serverNow());
  say(about, list(one.email ?? told.email_none, link ? filled(told.link_until, { at: day(link.expires_at), by: link.made_by }) : null));
  keep(roles, functions, (each) => each.id, buildRow, updateFunction);
  heading.hidden = persons.length === 0;
  keep(people, persons, (each) => each.id, buildRow, updatePerson);
}

function buildRow() {
  return make("li", {}, make("span", { class: "who" }, make("b"), make("small")), make("ol", { class: "numbers" }), make("small", { class: "state" }), make("span", { class: "acts" }));
}

const hoursOf = (one) => `${one.weekdays.map((each) => told[`day_${each.toLowerCase()}`]).join(" ") || told.hours_daily} ${one.begins}–${one.ends}`;

function showNumbers(node, one) {
  const uses = new Map(one.number_uses.map((use) => [use.number, use]));
  const items = one.numbers.map((number, at) => ({ number, at, use: uses.get(number) }));
  keep(
    node,
    items,
    ({ number, at }) => `${at} ${number}`,
    () => make("li", {}),
    (item, { number, use }) => say(item, list(number, use && use.kind !== "other" ? choice("number_kind", use.kind) : null, ...(use?.hours ?? []).map(hoursOf))),
  );
}

const nameOf = (key) => known.functions.find((one) => one.id === key)?.name ?? key;

function updateFunction(node, one) {
  const cover = known.covers.get(one.id);
  const [who, numbers, state, buttons] = node.children;
  say(who.firstElementChild, one.name);
  const duty = known.duties.find((each) => each.function_id === one.id && each.holds);
  const more = [
    one.issis.length ? `ISSI ${one.issis.join(", ")}` : null,
    one.email,
    one.deputy_ids.length ? filled(told.deputies, { names: one.deputy_ids.map(nameOf).join(", ") }) : null,
    duty ? filled(told.duty_now, { person: duty.person, at: day(duty.ends_at) }) : null,
    one.radio_orders ? told.radio_orders : null,
    one.phone_orders ? told.phone_orders : null,
  ];
  say(who.lastElementChild, list(...more));
  showNumbers(numbers, one);
  say(state, list(confirmedText(cover), testText(cover), cover?.lacks_number ? told.lacks_number : null));
  node.classList.toggle("lacking", Boolean(cover && (cover.lacks_number || cover.confirmation !== "confirmed")));
  acts(buttons, one.name, act("confirm", told.confirm, one.name), act("edit-function", told.edit, one.name), act("versions-function", told.versions, one.name), act("remove-function", told.remove, one.name, { class: "quiet" }));
}

function confirmedText(cover) {
  if (!cover?.confirmed_at) return told.confirmed_never;
  const data = { at: day(cover.confirmed_at), by: cover.confirmed_by };
  return filled(cover.confirmation === "overdue" ? told.confirmed_overdue : told.confirmed, data);
}

const testText = (cover) => (cover?.test_call_at ? filled(told.test_call, { at: day(cover.test_call_at), result: choice("call", cover.test_call_result) }) : told.test_call_none);

function updatePerson(node, one) {
  const [who, numbers, state, buttons] = node.children;
  say(who.firstElementChild, one.name);
  say(who.lastElementChild, one.email ?? "");
  showNumbers(numbers, one);
  say(state, known.duties.filter((each) => each.person_id === one.id && each.holds).map((each) => filled(told.duty_of, { function: each.function, at: day(each.ends_at) })).join(" · "));
  acts(buttons, one.name, act("edit-person", told.edit, one.name), act("remove-person", told.remove, one.name, { class: "quiet" }));
}

async function onAct(event) {
  const button = event.target.closest("button");
  if (!button) return;
  const key = button.closest("li").dataset.key;
  const organisation = known.organisations.find((one) => one.id === button.closest(".organisation").dataset.key);
  const role = known.functions.find((one) => one.id === key);
  const person = known.persons.find((one) => one.id === key);
  const acting = {
    edit: () => editOrganisation(organisation),
    remove: () => remove(`/organisations/${organisation.id}`, organisation.name, () => ask("POST", "/organisations", organisation), read),
    link: () => pressed(button, () => sendLink(organisation)),
    function: () => editFunction(null, organisation),
    person: () => editPerson(null, organisation),
    confirm: () => pressed(button, () => confirm(role)),
    "edit-function": () => editFunction(role, organisation),
    versions: () => showVersions("organisations", organisation),
    "versions-function": () => showVersions("functions", role),
    "remove-function": () => remove(`/functions/${role.id}`, role.name, () => ask("POST", "/functions", role), read),
    "edit-person": () => editPerson(person, organisation),
    "remove-person": () => remove(`/persons/${person.id}`, person.name, () => ask("POST", "/persons", person), read),
  };
  await acting[button.dataset.action]?.();
}

/** Who changed it, when, and from what to what; each can be taken back, which is a change too. */
async function showVersions(kind, one) {
  const path = `/${kind}/${encodeURIComponent(one.id)}/versions`;
  const answer = await ask("GET", path);
  if (!answer.ok) return trouble(answer);
  const dialog = el("versions");
  say(el("versions-title"), filled(told.versions_of, { name: short(one.name) }));
  el("versions-none").hidden = answer.body.length > 0;
  const rows = el("versions-rows");
  rows.replaceChildren(...answer.body.map((version) => versionRow(version, one)));
  rows.onclick = async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const at = button.closest("li").dataset.at;
    if (!(await confirmed(filled(told.version_undo_ask, { name: short(one.name), at }), told.version_undo))) return;
    const undone = await pressed(button, () => ask("POST", `${path}/${button.dataset.number}/undo`));
    if (!undone) return;
    dialog.close();
    if (!undone.ok) return trouble(undone);
    done(filled(told.version_undone, { name: short(undone.body.name) }));
    await read();
  };
  el("versions-close").onclick = () => dialog.close();
  if (!dialog.open) dialog.showModal();
}

function versionRow(version, one) {
  const at = day(version.at);
  const changes = version.made ? [told.version_made] : version.removed ? [told.version_removed] : version.changes.map((each) => filled(told.version_change, { member: choice("member", each.member), before: plain(each.before), after: plain(each.after) }));
  const undo = version.made ? null : act("undo", told.version_undo, `${one.name}, ${at}`, { "data-number": version.number });
  return make("li", { "data-at": at }, make("b", { text: filled(told.version_by, { at, by: version.by }) }), make("ul", {}, ...changes.map((text) => make("li", { text }))), make("span", { class: "acts" }, ...(undo ? [undo] : [])));
}

/** A value of a member in one line. */
function plain(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? told.yes : told.no;
  if (Array.isArray(value)) return value.map((one) => (typeof one === "object" ? list(one.number, choice("number_kind", one.kind), ...one.hours.map(hoursOf)) : String(one))).join(", ") || "–";
  return String(value);
}

async function confirm(role) {
  const answer = await ask("POST", `/directory/functions/${role.id}/confirm`);
  if (!answer.ok) return trouble(answer);
  done(filled(told.confirm_done, { name: short(role.name) }));
  await read();
}

async function sendLink(organisation) {
  const mail = organisation.email !== null;
  if (mail && !(await confirmed(filled(told.link_ask, { name: short(organisation.name), email: organisation.email }), told.link_send))) return;
  const answer = await ask("POST", "/directory/links", { organisation_id: organisation.id, mail });
  if (!answer.ok) return trouble(answer);
  done(filled(mail ? told.link_sent : told.link_made, { name: short(organisation.name), address: answer.body.address, at: day(answer.body.expires_at) }));
  await read();
}

const language = () => ({ name: "language", kind: "select", label: words.language, options: [["sv", words.swedish], ["en", words.english]] });

function editOrganisation(one) {
  const fields = [
    { name: "name", kind: "text", label: words.name, required: true },
    { name: "email", kind: "email", label: told.email, help: told.email_help },
  ];
  edit(one ? filled(told.edit_of, { name: short(one.name) }) : told.add_organisation, fields, one ?? {}, (body) => sent("organisations", one, body), read);
}

const sent = (kind, one, body) => (one ? { method: "PATCH", path: `/${kind}/${encodeURIComponent(one.id ?? one.gssi)}`, body } : { method: "POST", path: `/${kind}`, body });
const withNumbers = ({ numbers, ...rest }) => ({ ...rest, numbers: numbers.numbers, number_uses: numbers.uses });
const numbersOf = (one) => (one ? { ...one, numbers: { numbers: one.numbers, uses: one.number_uses } } : {});
const numbersField = () => ({ name: "numbers", kind: "numbers", label: told.numbers, help: told.numbers_help, of: ["number_uses"] });

function editFunction(one, organisation) {
  const others = known.functions.filter((each) => each.id !== one?.id);
  const owner = new Map(known.organisations.map((each) => [each.id, each.name]));
  const fields = [
    { name: "name", kind: "text", label: words.name, required: true },
    numbersField(),
    { name: "issis", kind: "issis", label: told.issis, help: told.issis_help },
    { name: "email", kind: "email", label: told.email },
    language(),
    { name: "deputy_ids", kind: "order", label: told.deputies_label, help: told.deputies_help, options: others.map((each) => [each.id, `${each.name} – ${owner.get(each.organisation_id) ?? ""}`]) },
    { name: "radio_orders", kind: "check", label: told.radio_orders },
    { name: "phone_orders", kind: "check", label: told.phone_orders },
  ];
  const request = (values) => sent("functions", one, { ...withNumbers(values), ...(one ? {} : { organisation_id: organisation.id }) });
  edit(one ? filled(told.edit_of, { name: short(one.name) }) : filled(told.add_function_to, { name: short(organisation.name) }), fields, numbersOf(one), request, read);
}

function editPerson(one, organisation) {
  const fields = [{ name: "name", kind: "text", label: words.name, required: true }, numbersField(), { name: "email", kind: "email", label: told.email }];
  const request = (values) => sent("persons", one, { ...withNumbers(values), ...(one ? {} : { organisation_id: organisation.id }) });
  edit(one ? filled(told.edit_of, { name: short(one.name) }) : filled(told.add_person_to, { name: short(organisation.name) }), fields, numbersOf(one), request, read);
}
