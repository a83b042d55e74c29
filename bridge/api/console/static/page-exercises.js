// Exercises: those that run, what scenario can be played, and what came of those that are over.
import { day, el, keep, keepFocus, make, say, words } from "./dom.js";
import { live } from "./live.js";
import { ask, list, short, told, trouble } from "./page.js";
import { readPlays, wirePlaying } from "./playing.js";
import { filled } from "./words.js";

wirePlaying();
live(null, (changed) => (changed === null || ["conferences", "activations", "targets"].some((kind) => changed.has(kind)) ? Promise.all([read(), readPlays()]) : undefined));

async function read() {
  const answers = await Promise.all(["/conferences?ended=true", "/activations?limit=1000"].map((path) => ask("GET", path)));
  const bad = answers.find((one) => !one.ok);
  if (bad) return trouble(bad);
  const [conferences, activations] = answers.map((one) => one.body);
  const exercises = conferences
    .filter((one) => one.exercise)
    .map((one) => ({ one, boards: activations.filter((each) => each.conference_id === one.id) }));
  const running = exercises.filter(({ one }) => one.state !== "ended");
  const past = exercises.filter(({ one }) => one.state === "ended").sort((a, b) => Date.parse(b.one.created_at) - Date.parse(a.one.created_at));
  el("none-running").hidden = running.length > 0;
  el("none-past").hidden = past.length > 0;
  keepFocus(() => {
    keep(el("running"), running, ({ one }) => one.id, build, update);
    keep(el("past"), past, ({ one }) => one.id, build, update);
  });
}

function build({ one }) {
  const details = make("details", {}, make("summary", {}, make("b", { text: told.evaluations, "aria-label": `${told.evaluations}: ${short(one.name)}` })), make("ul", { class: "entries" }));
  details.ontoggle = () => details.open && showEvaluations(details.lastElementChild, one);
  return make("li", {}, make("span", { class: "flag exercise", text: words.exercise }), make("span", { class: "who" }, make("b"), make("small")), make("ul", { class: "results" }), make("span", { class: "acts" }), details);
}

function update(node, { one, boards }) {
  const [, who, results, links, details] = node.children;
  say(who.firstElementChild, one.name);
  say(who.lastElementChild, list(words[`conference_state_${one.state}`], day(one.created_at), one.ended_at ? filled(told.ended_at, { at: day(one.ended_at) }) : null, one.state === "ended" ? null : filled(told.people_count, { count: one.participants.length })));
  keep(results, boards, (each) => each.id, () => make("li", {}, make("span"), make("a", { text: told.report, download: "" })), (item, each) => {
    const { joined, total, unreachable, cannot } = each.counters;
    say(item.firstElementChild, filled(told.exercise_result, { list: short(each.list_name), joined, total, unreachable, cannot, state: words[`activation_state_${each.state}`] }));
    item.lastElementChild.href = `/api/v1/activations/${each.id}/report.pdf`;
    item.lastElementChild.setAttribute("aria-label", `${told.report}: ${short(each.list_name)}`);
  });
  if (!links.childElementCount) links.append(make("a", { class: "button", href: `/conferences/${one.id}`, text: told.to_meeting, "aria-label": `${told.to_meeting}: ${short(one.name)}` }));
  details.hidden = one.state !== "ended";
}

async function showEvaluations(node, one) {
  const answer = await ask("GET", `/conferences/${one.id}/evaluations`);
  if (!answer.ok) return node.replaceChildren(make("li", { class: "wrong", text: told.not_read }));
  const rows = answer.body.map((each) =>
    make(
      "li",
      {},
      make("span", { class: "who" }, make("b", { text: each.function }), make("small", { text: list(each.organisation, day(each.given_at)) })),
      make("ul", { class: "changes" }, ...each.ratings.map((rating) => make("li", { text: `${rating.question}: ${rating.score === null ? told.not_answered : filled(told.score, { score: rating.score })}` })), each.text ? make("li", { text: each.text }) : null),
    ),
  );
  node.replaceChildren(...averages(answer.body), ...(rows.length ? rows : [make("li", { class: "empty", text: told.evaluations_none })]));
}

function averages(evaluations) {
  const sums = new Map();
  for (const { question, score } of evaluations.flatMap((one) => one.ratings)) {
    if (score === null) continue;
    const { sum = 0, count = 0 } = sums.get(question) ?? {};
    sums.set(question, { sum: sum + score, count: count + 1 });
  }
  return [...sums].map(([question, { sum, count }]) => make("li", {}, make("b", { text: filled(told.average, { question, mean: Math.round((10 * sum) / count) / 10, count }) })));
}
