// A file of the directory or the rota: a preview that writes nothing, then its acceptance.
import { confirmed, el, keep, make, onSubmit, say } from "./dom.js";
import { live } from "./live.js";
import { ask, choice, done, list, told, trouble } from "./page.js";
import { filled } from "./words.js";

const STEP = 100;
const OUTCOMES = ["new", "changed", "same", "refused"];
let file = null;
let plan = null;
let wanted = null;
let most = STEP;

live(null, (changed) => (changed === null ? read() : undefined));
const form = el("file");
form.elements.what.onchange = () => (el("whose").hidden = form.elements.what.value === "rota");
form.elements.file.onchange = () => (el("plan").hidden = true);
onSubmit(form, preview);
el("more").onclick = () => {
  most += STEP;
  show();
};
el("outcomes").onclick = (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  wanted = wanted === button.dataset.key ? null : button.dataset.key;
  most = STEP;
  show();
};
el("partly").onchange = show;
el("carry-out").onclick = accept;

async function read() {
  const answer = await ask("GET", "/organisations");
  if (!answer.ok) return trouble(answer);
  const select = form.elements.organisation;
  const chosen = select.value;
  select.replaceChildren(new Option(told.import_organisation_none, ""), ...answer.body.map((one) => new Option(one.name, one.id)));
  select.value = chosen;
}

const path = (more = {}) => {
  const what = form.elements.what.value;
  const organisation = what === "directory" ? form.elements.organisation.value : "";
  const asked = new URLSearchParams(Object.entries({ organisation, ...more }).filter(([, value]) => value));
  return `/directory/${what === "rota" ? "rota/" : ""}import?${asked}`;
};

async function preview() {
  file = form.elements.file.files[0];
  const answer = await ask("POST", path(), undefined, file);
  el("plan").hidden = !answer.ok;
  if (!answer.ok) return trouble(answer);
  trouble(null);
  plan = answer.body;
  wanted = plan.rows_refused ? "refused" : null;
  most = STEP;
  el("partly").querySelector("input").checked = false;
  show();
  el("h-plan").focus();
}

function counts() {
  return { news: plan.rows_new, changed: plan.rows_changed ?? 0, same: plan.rows_same, refused: plan.rows_refused };
}

function show() {
  say(el("plan-told"), plan.accepted ? filled(told.import_carried_out, counts()) : filled(told.import_would, counts()));
  say(el("plan-read"), plan.form ? filled(told.import_read, { form: plan.form, encoding: plan.encoding, columns: plan.columns.filter((one) => one.member).map((one) => one.heading).join(", ") }) : "");
  keep(
    el("outcomes"),
    OUTCOMES.filter((one) => plan[`rows_${one}`]),
    (one) => one,
    () => make("button", { type: "button" }),
    (node, one) => {
      say(node, `${choice("outcome", one)} (${plan[`rows_${one}`]})`);
      node.setAttribute("aria-pressed", String(wanted === one));
    },
  );
  const rows = plan.rows.filter((one) => wanted === null || one.outcome === wanted);
  keep(el("rows"), rows.slice(0, most), (one) => one.line, build, update);
  el("more").hidden = rows.length <= most;
  const writes = plan.rows_new + (plan.rows_changed ?? 0);
  el("partly").hidden = plan.accepted || !plan.rows_refused || !writes;
  const partly = el("partly").querySelector("input").checked;
  el("carry-out").hidden = plan.accepted || !writes || (plan.rows_refused > 0 && !partly);
}

function build() {
  return make("li", {}, make("span", { class: "flag" }), make("span", { class: "who" }, make("b"), make("small")), make("ul", { class: "changes" }));
}

function update(node, one) {
  const [flag, who, changes] = node.children;
  node.className = one.outcome;
  flag.className = `flag ${{ new: "good", changed: "warn", refused: "rec" }[one.outcome] ?? ""}`;
  say(flag, choice("outcome", one.outcome));
  say(who.firstElementChild, list(one.function, one.person) || one.organisation);
  say(who.lastElementChild, list(filled(told.import_line, { line: one.line }), one.function ? one.organisation : null, one.begins ? `${one.begins} – ${one.ends}` : null));
  const texts = [
    ...(one.changes ?? []).map((each) => `${choice("member", each.member)}: ${each.before || told.empty} → ${each.after || told.empty}`),
    ...one.guesses.map((each) => filled(told.import_guess, { text: each.detail })),
    ...one.faults.map((each) => list(filled(told.import_fault, { text: each.detail }), each.remedy)),
  ];
  keep(changes, texts.map((text, at) => ({ text, at })), (each) => each.at, () => make("li", {}), (item, { text }) => say(item, text));
}

async function accept() {
  const partly = el("partly").querySelector("input").checked;
  if (!(await confirmed(filled(told.import_ask, counts()), told.import_accept))) return;
  const answer = await ask("POST", path({ accept: plan.digest, partly: partly || "" }), undefined, file);
  if (!answer.ok) return trouble(answer);
  plan = answer.body;
  show();
  done(filled(told.import_carried_out, counts()));
}
