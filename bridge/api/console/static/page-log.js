// The audit log: who did what to what, page by page, and whether nobody has changed it.
import { el, keep, keepFocus, locale, make, onSubmit, pressed, say } from "./dom.js";
import { live } from "./live.js";
import { ask, list, short, told, trouble } from "./page.js";
import { entry, filled, reason, sentence, words } from "./words.js";

const STEP = 100;
const MOST = 2000;
let rows = [];
let wish = {};

const actions = Object.entries(words.sections.audit_act).filter(([key]) => key !== "other");
el("filter").elements.action.append(new Option(told.log_any, ""), ...actions.map(([key, text]) => new Option(sentence(text), key)).sort((one, other) => one.text.localeCompare(other.text, locale)));
live(null, (changed) => (changed === null ? find() : undefined));
onSubmit(el("filter"), async (data) => {
  wish = Object.fromEntries([...data].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
  await find();
});
el("older").onclick = (event) => pressed(event.currentTarget, () => more(rows.at(-1).number));
el("verify").onclick = (event) => pressed(event.currentTarget, verify);

/** Whole local days: the last one is in it. */
function asked(before) {
  const { since, until, ...rest } = wish;
  const dayAfter = (text) => {
    const [year, month, day] = text.split("-").map(Number);
    return new Date(year, month - 1, day + 1);
  };
  return new URLSearchParams({
    ...rest,
    ...(since ? { since: new Date(`${since}T00:00`).toISOString() } : {}),
    ...(until ? { until: dayAfter(until).toISOString() } : {}),
    ...(before ? { before } : {}),
    limit: STEP,
  });
}

async function find() {
  const answer = await ask("GET", `/audit/search?${asked()}`);
  if (!answer.ok) return trouble(answer);
  trouble(null);
  rows = answer.body;
  show(rows.length);
}

async function more(before) {
  const answer = await ask("GET", `/audit/search?${asked(before)}`);
  if (!answer.ok) return trouble(answer);
  rows = [...rows, ...answer.body].slice(-MOST);
  show(answer.body.length);
  return answer;
}

function show(came) {
  el("none").hidden = rows.length > 0;
  el("older").hidden = came < STEP;
  keepFocus(() => keep(el("rows"), rows, (one) => one.number, build, () => {}));
}

/** A value of a line in words: a reason stands in the log by its code and data. */
function shown(name, value) {
  if (value === true || value === false) return value ? told.yes : told.no;
  const [, code, data] = (name === "reason" && /^([a-z_0-9]+)(?:\((.*)\))?$/.exec(value)) || [];
  return code && words.sections.reason[code] ? reason(code, Object.fromEntries((data ?? "").split(", ").map((one) => one.split("=")))) : short(String(value));
}

const when = (text) => new Date(text).toLocaleString(locale, { dateStyle: "short", timeStyle: "medium" });

/** A line of the log never changes. Its raw form is made when it is opened. */
function build(one) {
  const details = make("details", {}, make("summary", {}, make("small", { text: told.log_raw, "aria-label": filled(told.log_raw_of, { number: one.number }) })));
  details.ontoggle = () => details.open && details.childElementCount === 1 && details.append(make("pre", { tabindex: 0, "aria-label": filled(told.log_raw_of, { number: one.number }), text: JSON.stringify(one, null, 2) }));
  const facts = Object.entries(one.detail).map(([name, value]) => `${entry("audit_detail", name)}: ${shown(name, value)}`);
  return make(
    "li",
    {},
    make("time", { class: "clock", datetime: one.at, text: when(one.at) }),
    make("span", { class: "who" }, make("b", { text: sentence(entry("audit_act", one.action)) }), make("small", { text: list(short(one.actor), one.object ? short(one.object) : null, ...facts) })),
    details,
  );
}

async function verify() {
  say(el("chain"), told.chain_reading);
  const answer = await ask("GET", "/audit/verify");
  if (!answer.ok) {
    say(el("chain"), told.chain_unknown);
    return trouble(answer);
  }
  const { ok, first_bad_row: row } = answer.body;
  el("chain").className = ok ? "good" : "bad";
  say(el("chain"), ok ? filled(told.chain_whole, { at: when(Date.now()) }) : filled(told.chain_broken, { row }));
  return answer;
}
