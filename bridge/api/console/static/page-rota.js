// The rota: who holds the duty of which function, now and later.
import { day, el, keep, keepFocus, make, say } from "./dom.js";
import { edit } from "./editor.js";
import { live } from "./live.js";
import { act, ask, remove, told, trouble } from "./page.js";
import { filled } from "./words.js";

let known = { duties: [], functions: [], persons: [] };

live(null, (changed) => (changed === null ? read() : undefined));
el("add-duty").onclick = add;
el("duties").onclick = (event) => {
  const button = event.target.closest("button");
  const one = button && known.duties.find((each) => each.id === button.closest("li").dataset.key);
  if (!one) return;
  const { function_id, person_id, begins_at, ends_at } = one;
  remove(`/directory/rota/${encodeURIComponent(one.id)}`, `${one.function}, ${one.person}`, () => ask("POST", "/directory/rota", { function_id, person_id, begins_at, ends_at }), read);
};

async function read() {
  const answers = await Promise.all(["/directory/rota", "/functions", "/persons"].map((path) => ask("GET", path)));
  const bad = answers.find((one) => !one.ok);
  if (bad) return trouble(bad);
  const [duties, functions, persons] = answers.map((one) => one.body);
  known = { duties, functions, persons };
  const now = duties.filter((one) => one.holds);
  el("nobody-now").hidden = now.length > 0;
  el("none").hidden = duties.length > 0;
  el("add-duty").disabled = functions.length === 0 || persons.length === 0;
  keepFocus(() => {
    keep(el("now"), now, (one) => one.id, build, (node, one) => update(node, one, filled(told.duty_until, { at: day(one.ends_at) })));
    keep(el("duties"), duties, (one) => one.id, buildWithAct, (node, one) => update(node, one, `${day(one.begins_at)} – ${day(one.ends_at)}`));
  });
}

const build = () => make("li", {}, make("span", { class: "who" }, make("b"), make("small")), make("span", { class: "state" }));
function buildWithAct(one) {
  const node = build();
  node.append(make("span", { class: "acts" }, act("remove", told.remove, `${one.function}, ${one.person}`, { class: "quiet" })));
  return node;
}

function update(node, one, when) {
  say(node.firstElementChild.firstElementChild, one.function);
  say(node.firstElementChild.lastElementChild, one.person);
  say(node.children[1], when);
}

/** Local times of this browser; the server is given the instant. */
function add() {
  const fields = [
    { name: "function_id", kind: "select", label: told.function, options: known.functions.map((one) => [one.id, one.name]) },
    { name: "person_id", kind: "select", label: told.person, options: known.persons.map((one) => [one.id, one.name]), help: told.rota_person_help },
    { name: "begins_on", kind: "date", label: told.begins_on, required: true },
    { name: "begins_time", kind: "time", label: told.begins_time, required: true },
    { name: "ends_on", kind: "date", label: told.ends_on, required: true },
    { name: "ends_time", kind: "time", label: told.ends_time, required: true },
  ];
  const instant = (on, time) => new Date(`${on}T${time}`).toISOString();
  edit(
    told.rota_add,
    fields,
    { begins_time: "08:00", ends_time: "08:00" },
    (values) => ({
      method: "POST",
      path: "/directory/rota",
      body: { function_id: values.function_id, person_id: values.person_id, begins_at: instant(values.begins_on, values.begins_time), ends_at: instant(values.ends_on, values.ends_time) },
    }),
    read,
  );
}
