// How well the directory reaches people: what each function lacks.
import { day, el, keep, keepFocus, make, say } from "./dom.js";
import { live } from "./live.js";
import { ask, choice, list, told, trouble } from "./page.js";
import { filled } from "./words.js";

const LACKS = {
  lacks_number: (one) => one.lacks_number,
  lacks_second_number: (one) => one.lacks_second_number,
  lacks_number_at_times: (one) => one.lacks_number_at_times && !one.lacks_number,
  lacks_deputy: (one) => one.lacks_deputy,
  lacks_duty: (one) => one.lacks_duty,
  never_confirmed: (one) => one.confirmation === "never",
  overdue: (one) => one.confirmation === "overdue",
  never_tested: (one) => one.test_call_at === null,
};
let covers = [];
let wanted = null;

live(null, (changed) => (changed === null ? read() : undefined));
el("lacks").onclick = (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  wanted = wanted === button.dataset.key ? null : button.dataset.key;
  show();
};

async function read() {
  const answer = await ask("GET", "/directory/coverage");
  if (!answer.ok) return trouble(answer);
  covers = answer.body;
  show();
}

function show() {
  keep(
    el("lacks"),
    Object.keys(LACKS),
    (key) => key,
    () => make("button", { type: "button" }),
    (node, key) => {
      say(node, `${told[key]} (${covers.filter(LACKS[key]).length})`);
      node.setAttribute("aria-pressed", String(wanted === key));
    },
  );
  const shown = wanted === null ? covers : covers.filter(LACKS[wanted]);
  el("none").hidden = covers.length > 0;
  say(el("count"), covers.length ? filled(told.coverage_count, { shown: shown.length, total: covers.length }) : "");
  keepFocus(() =>
    keep(
      el("covers"),
      shown,
      (one) => one.function_id,
      () => make("li", {}, make("span", { class: "who" }, make("b"), make("small")), make("span", { class: "flags" }), make("small", { class: "state" })),
      update,
    ),
  );
}

function update(node, one) {
  const [who, flags, state] = node.children;
  say(who.firstElementChild, one.function);
  say(who.lastElementChild, one.organisation);
  const lacks = Object.keys(LACKS).filter((key) => LACKS[key](one));
  keep(flags, lacks, (key) => key, (key) => make("span", { class: "flag warn", text: told[key] }), () => {});
  say(
    state,
    list(
      one.confirmed_at ? filled(told.confirmed, { at: day(one.confirmed_at), by: one.confirmed_by }) : null,
      one.test_call_at ? filled(told.test_call, { at: day(one.test_call_at), result: choice("call", one.test_call_result) }) : null,
      one.reminded_at ? filled(told.reminded, { at: day(one.reminded_at) }) : null,
      one.has_rota && one.off_duty_from ? filled(told.duty_from, { at: day(one.off_duty_from) }) : null,
    ),
  );
}
