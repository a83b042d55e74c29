// Decisions: begun and ended as they are spoken, then acknowledged by each organisation.
import { api, clock, confirmed, el, keep, keepFocus, make, onSubmit, pressed, say, words } from "./dom.js";
import { filled } from "./words.js";

const ANSWERS = ["unanswered", "reserved", "awaited", "acknowledged"];
let base = "";

export function wireDecisions(conference) {
  base = `${conference}/decisions`;
  onSubmit(el("decide"), async (data) => {
    if (await api("POST", base, { title: data.get("title").trim() || null })) el("decide").reset();
    await shown();
  });
  el("decisions").onclick = async (event) => {
    const button = event.target.closest("button");
    const item = button?.closest("li.decision");
    if (item && (await pressed(button, () => done(button, item)))) await shown();
  };
}

async function done(button, item) {
  const path = `${base}/${item.dataset.key}`;
  const { action } = button.dataset;
  if (action === "acknowledged" || action === "reserved") return api("POST", `${path}/answers`, { organisation: button.closest("li").dataset.key, answer: action });
  if (action === "cancel" && !(await confirmed(filled(words.decision_cancel_ask, { name: item.querySelector("b").textContent }), words.decision_cancel))) return null;
  return api("POST", `${path}/${action}`);
}

const shown = async () => keepFocus(await readDecisions());

/** All of them, as a function that shows them. */
export async function readDecisions() {
  const found = await api("GET", base);
  return found ? () => show(found) : () => {};
}

function show(found) {
  el("decide").hidden = found.some((one) => one.state === "speaking");
  el("no-decision").hidden = found.length > 0;
  keep(el("decisions"), [...found].reverse(), (one) => one.id, build, update);
}

const act = (action, text, name = "") => make("button", { class: name, "data-action": action, text });

function build() {
  return make(
    "li",
    { class: "decision" },
    make("header", {}, make("span", { class: "who" }, make("b"), make("small")), make("span", { class: "flag state" })),
    make("p", { class: "tally" }),
    make("p", { class: "row acts" }, act("end", words.decision_end, "main"), act("read-back", words.decision_read_back), act("cancel", words.decision_cancel, "quiet")),
    make("details", {}, make("summary", { text: words.decision_answers }), make("ul", { class: "answers" })),
  );
}

function update(node, one) {
  const name = [`${words.decision} ${one.number}`, one.title].filter(Boolean).join(": ");
  say(node.querySelector("b"), name);
  say(node.querySelector("small"), [[one.begun_at, one.ended_at].filter(Boolean).map(clock).join("–"), one.begun_by].join(" · "));
  const state = node.querySelector(".state");
  say(state, words[`decision_state_${one.state}`]);
  state.className = `flag state ${{ speaking: "rec", asking: "warn", settled: "good" }[one.state] ?? ""}`;
  const answers = one.acknowledgements;
  const count = (answer) => answers.filter((each) => each.answer === answer).length;
  say(node.querySelector(".tally"), ANSWERS.filter(count).map((answer) => `${words[`answer_${answer}`]} ${count(answer)}`).join(" · "));
  const [end, back, cancel] = node.querySelectorAll(".row button");
  end.hidden = one.state !== "speaking";
  back.hidden = one.state === "speaking" || one.state === "cancelled";
  cancel.hidden = one.state === "cancelled";
  for (const button of [end, back, cancel]) button.setAttribute("aria-label", `${button.textContent}: ${name}`);
  node.querySelector("details").hidden = answers.length === 0;
  keep(
    node.querySelector(".answers"),
    [...answers].sort((first, second) => ANSWERS.indexOf(first.answer) - ANSWERS.indexOf(second.answer)),
    (each) => each.organisation,
    () => make("li", {}, make("span", { class: "who" }, make("b"), make("small")), make("span", { class: "acts" }, act("acknowledged", words.decision_acknowledge), act("reserved", words.decision_reserve))),
    (item, each) => updateAnswer(item, each, one.state === "cancelled"),
  );
}

function updateAnswer(item, each, cancelled) {
  say(item.querySelector("b"), each.organisation);
  say(item.querySelector("small"), [words[`answer_${each.answer}`], clock(each.answered_at).slice(0, 5), each.by].filter(Boolean).join(" · "));
  for (const button of item.querySelectorAll("button")) {
    button.hidden = cancelled || each.answer === button.dataset.action;
    button.setAttribute("aria-label", `${button.textContent}: ${each.organisation}`);
  }
}
