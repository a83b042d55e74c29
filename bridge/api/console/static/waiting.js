// The waiting room: those who wait to be let in, the first first.
import { api, clock, confirmed, el, keep, make, pressed, say, words } from "./dom.js";
import { filled } from "./words.js";

let base = "";
let changed = () => {};

export function wireWaiting(conference, read) {
  base = conference;
  changed = read;
  el("let-all-in").onclick = async (event) => {
    if (await pressed(event.currentTarget, () => api("POST", `${base}/waiting/let-in`))) await changed();
  };
  el("waiting-line").onclick = async (event) => {
    const button = event.target.closest("button");
    const item = button?.closest("li");
    if (item && (await pressed(button, () => done(button.dataset.action, item.dataset.key, item.querySelector("b").textContent)))) await changed();
  };
}

async function done(action, person, name) {
  if (action === "let-in") return api("POST", `${base}/waiting/${person}/let-in`);
  return (await confirmed(filled(words.turn_away_ask, { name }), words.turn_away)) && api("POST", `${base}/participants/${person}/remove`);
}

/** As `GET …/waiting`: in the order they came, last those out of the emergency room, who wait together. */
const lineOf = ({ participants, waiting_together: together }) => [
  ...participants.filter((one) => one.state === "waiting").sort((one, other) => Date.parse(one.waits_since) - Date.parse(other.waits_since)),
  ...together,
];

export function showWaiting(conference) {
  const line = lineOf(conference);
  const count = line.length;
  el("waiting").hidden = count === 0;
  say(el("waiting-count"), String(count));
  say(el("waiting-told"), count ? filled(words.waiting_told, { count }) : "");
  say(el("let-all-in"), filled(words.let_all_in, { count }));
  keep(
    el("waiting-line"),
    line,
    (one) => one.id,
    () =>
      make(
        "li",
        {},
        make("span", { class: "who" }, make("b"), make("small")),
        make("span", { class: "acts" }, make("button", { class: "main", "data-action": "let-in", text: words.let_in }), make("button", { class: "quiet", "data-action": "turn-away", text: words.turn_away })),
      ),
    (node, one) => {
      const together = one.rescued_from !== null && one.rescued_from !== conference.id;
      say(node.querySelector("b"), one.name);
      say(node.querySelector("small"), [together ? words.waiting_together : null, one.waits_since ? filled(words.waiting_since, { at: clock(one.waits_since).slice(0, 5) }) : null].filter(Boolean).join(" · "));
      for (const button of node.querySelectorAll("button")) button.setAttribute("aria-label", `${button.textContent}: ${one.name}`);
      node.querySelector("[data-action=turn-away]").hidden = together;
    },
  );
}
