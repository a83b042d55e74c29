// The roll call: who is expected, who is there, and whether they are enough. The missing stand first.
import { api, clock, el, keep, keepFocus, make, onSubmit, pressed, say, steady, words } from "./dom.js";
import { filled, reason } from "./words.js";

const ORDER = ["missing", "expected", "deputy", "answered", "ticked", "present"];
let base = "";

export function wireRollCall(conference) {
  base = conference;
  onSubmit(el("roll-call"), async (data) => {
    await api("POST", `${base}/roll-call`, { summary_to: data.get("hosts") === null ? "all" : "hosts" });
    await shown();
  });
  el("roll-call-end").onclick = async (event) => {
    if (await pressed(event.currentTarget, () => api("POST", `${base}/roll-call/end`))) await shown();
  };
  el("roll").onclick = async (event) => {
    const button = event.target.closest("button");
    const entry = button?.closest("li")?.dataset.key;
    if (!entry) return;
    if (await pressed(button, () => api("POST", `${base}/roll-call/entries/${entry}/tick`, { present: button.dataset.action === "tick" }))) await shown();
  };
}

const shown = async () => keepFocus(await readRollCall());

/** The latest, as a function that shows it. */
export async function readRollCall() {
  const found = await api("GET", `${base}/roll-calls?limit=1`);
  return found ? () => show(found[0] ?? null) : () => {};
}

function show(one) {
  const running = one !== null && one.state !== "ended";
  el("roll-call").hidden = running;
  el("roll-call-end").hidden = !running;
  el("roll-state").hidden = one === null;
  if (one !== null) {
    const { expected, here, quorum } = one;
    const at = one.ended_at ? clock(one.ended_at).slice(0, 5) : null;
    say(el("roll-state").children[0], [words[`roll_call_state_${one.state}`], at].filter(Boolean).join(" "));
    say(el("roll-state").children[1], filled(words.roll_tally, { here, expected, missing: expected - here }));
    const counted = filled(one.quorum_holds ? words.quorum_holds : words.quorum_lacks, { quorum });
    say(el("roll-state").children[2], counted);
    el("roll-state").children[2].className = one.quorum_holds ? "flag good" : "flag warn";
    say(el("roll-state").children[3], reason(one.reason_code, one.reason_data) ?? "");
  }
  const compare = (first, second) => ORDER.indexOf(first.state) - ORDER.indexOf(second.state);
  keep(el("roll"), steady(el("roll"), one?.entries ?? [], compare), (entry) => entry.id, build, (node, entry) => update(node, entry, running));
}

function build() {
  return make(
    "li",
    {},
    make("span", { class: "who" }, make("span", {}, make("b"), make("span", { class: "beside" })), make("small")),
    make("span", { class: "flag state" }),
    make("span", { class: "acts" }, make("button", { "data-action": "tick", text: words.roll_tick }), make("button", { "data-action": "miss", text: words.roll_miss })),
  );
}

function update(node, entry, running) {
  const { state } = entry;
  node.className = state;
  say(node.querySelector("b"), entry.organisation || entry.function);
  say(node.querySelector(".beside"), entry.organisation ? entry.function : "");
  const told = [
    entry.required ? words.roll_required : null,
    entry.rung_at ? filled(words.roll_rung, { at: clock(entry.rung_at).slice(0, 5) }) : null,
    entry.deputies.length ? filled(words.roll_deputies, { names: entry.deputies.map((one) => one.function).join(", ") }) : null,
    entry.ticked_by ? filled(words.roll_ticked_by, { name: entry.ticked_by }) : null,
  ];
  say(node.querySelector("small"), told.filter(Boolean).join(" · "));
  say(node.querySelector(".state"), words[`attendance_${state}`]);
  const [tick, miss] = node.querySelectorAll("button");
  tick.hidden = !running || entry.here;
  miss.hidden = !running || state === "missing";
  for (const button of [tick, miss]) button.setAttribute("aria-label", `${button.textContent}: ${entry.organisation} ${entry.function}`);
}
