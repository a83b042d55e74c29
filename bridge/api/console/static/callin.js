// A call-out in steps: the list, the meeting, messages beside it, a look at all of it, and then the one button that rings.
import { api, clock, el, keep, make, onSubmit, pressed, say, words } from "./dom.js";
import { live } from "./live.js";
import { entry, filled } from "./words.js";

const NEW = "";
const USED = 100;
const MORE_THAN_ONE = 2;
let practises = false;
/** What was looked at: nothing else is started. */
let looked = null;

export function startCallIn(kind) {
  practises = kind === "exercise";
  live(null, read);
  onSubmit(el("callin"), look);
  el("callin").oninput = () => {
    hideReview();
    showSecrecy();
    showAlso();
  };
  el("change").onclick = () => {
    hideReview();
    el("look").focus();
  };
  if (practises) {
    onSubmit(el("new"), async (data) => {
      const made = await api("POST", "/conferences", { name: data.get("name"), exercise: true });
      if (made) location.assign(`/conferences/${made.id}`);
    });
  }
  el("fire").onclick = (event) => pressed(event.currentTarget, fire);
}

async function read(kinds) {
  if (kinds && !kinds.has("conference") && !kinds.has("activation_list") && !kinds.has("function")) return;
  const [lists, conferences, cover, used] = await Promise.all([api("GET", "/activation-lists"), api("GET", "/conferences"), api("GET", "/directory/coverage"), api("GET", `/activations?limit=${USED}`)]);
  if (!lists || !conferences) return;
  const of = new Map((cover ?? []).map((one) => [one.function_id, one]));
  const last = (used ?? []).map((one) => one.list_name);
  const place = ({ name }) => (last.includes(name) ? last.indexOf(name) : last.length);
  el("no-lists").hidden = lists.length > 0;
  const inOrder = [...lists].sort((one, other) => place(one) - place(other));
  const beside = (one) => told(one.function_ids.map((id) => of.get(id)).filter(Boolean), one.function_ids.length, one.level);
  choices("choose-list", "list", inOrder, (one) => one.name, beside);
  el("more-lists").hidden = lists.length < MORE_THAN_ONE;
  el("more-lists").ontoggle = () => {
    choices("choose-also", "also", el("more-lists").open ? inOrder : [], (one) => one.name, beside, "checkbox");
    showAlso();
  };
  el("more-lists").ontoggle();
  const open = conferences.filter((one) => one.exercise === practises);
  choices(
    "choose-meeting",
    "meeting",
    [{ id: NEW, name: words.meeting_new }, ...open],
    (one) => one.name,
    (one) => [one.id === NEW ? words.meeting_new_help : filled(words.present_count, { count: one.participants.length }), ""],
  );
  el("choose-meeting").querySelector("input").checked ||= !el("choose-meeting").querySelector(":checked");
  showSecrecy();
}

/** How many, and what is known to be missing. */
function told(functions, count, level) {
  const without = functions.filter((one) => one.lacks_number).length;
  const unconfirmed = functions.filter((one) => !one.lacks_number && one.confirmation !== "confirmed").length;
  const lacks = [without ? filled(words.cover_without, { count: without }) : "", unconfirmed ? filled(words.cover_unconfirmed, { count: unconfirmed }) : ""];
  return [[filled(words.functions_count, { count }), level ? entry("answer_level", level) : ""].filter(Boolean).join(" · "), lacks.filter(Boolean).join(" · ")];
}

function choices(id, name, items, title, beside, type = "radio") {
  keep(
    el(id),
    items,
    (one) => one.id,
    (one) => make("label", {}, make("input", { type, name, value: one.id, ...(type === "radio" ? { required: "" } : {}) }), make("b"), make("small"), make("small", { class: "lacks" })),
    (node, one) => {
      const [plain, lacks] = beside(one);
      say(node.querySelector("b"), title(one));
      say(node.querySelectorAll("small")[0], plain);
      say(node.querySelectorAll("small")[1], lacks);
    },
  );
}

/** The first list is none of the further ones. They are there while their part is open, and chosen only then. */
function showAlso() {
  const first = new FormData(el("callin")).get("list");
  for (const one of el("choose-also").querySelectorAll("input")) {
    one.disabled = one.value === first;
    one.checked &&= !one.disabled;
  }
}

/** A meeting that goes on has its own. */
function showSecrecy() {
  el("secrecy").disabled = (new FormData(el("callin")).get("meeting") ?? NEW) !== NEW;
}

function hideReview() {
  looked = null;
  el("review").hidden = true;
}

async function look(data) {
  const list = data.get("list");
  const meeting = data.get("meeting") || null;
  const also = data.getAll("also");
  const asked = new URLSearchParams([...(meeting ? [["conference", meeting]] : []), ...also.map((one) => ["also", one])]);
  const found = await api("GET", `/activations/review/${encodeURIComponent(list)}?${asked}`);
  if (!found) return;
  const messages = ["sms", "mail"].filter((name) => data.has(name));
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  looked = { key, list_id: list, also: also.map((one) => ({ list_id: one })), conference_id: meeting, messages, exercise: practises };
  if (!meeting) looked.secrecy = data.get("secrecy") ?? "open";
  show(found, meeting ? el("choose-meeting").querySelector(":checked").closest("label").querySelector("b").textContent : found.conference_name);
}

function show(found, meeting) {
  const count = found.functions.length;
  const levels = found.forecast.levels.map((one) => `${entry("answer_level", one.level ?? "none")} (${found.functions.filter((each) => each.level === one.level).length})`);
  const callers = found.caller_ids.map((one) => one || words.caller_of_trunk).join(", ") || "–";
  const figures = [
    [words.review_meeting, meeting],
    [words.review_functions, count],
    [words.review_numbers, found.numbers],
    ...(levels.length > 1 ? [[words.review_levels, levels.join(", ")]] : []),
    [words.review_caller, callers],
    ...(looked.secrecy === "secret" ? [[words.review_secrecy, words.yes]] : []),
    ...(looked.messages.length ? [[words.review_messages, looked.messages.map((one) => entry("bearer", one)).join(", ")]] : []),
  ];
  el("review-figures").replaceChildren(...figures.map(([name, value]) => make("div", {}, make("dt", { text: name }), make("dd", { text: String(value) }))));
  const at = found.forecast.all_called_at;
  say(el("review-forecast"), [at ? filled(words.review_forecast, { at: clock(at).slice(0, 5) }) : null, found.forecast.reason].filter(Boolean).join(" · "));
  const lacks = [
    [words.review_without_number, found.without_number],
    [words.review_one_number, found.one_number],
    [words.review_without_deputy, found.without_deputy],
  ];
  el("review-lacks").replaceChildren(...lacks.filter(([, those]) => those.length).map(([text, those]) => make("p", { class: "lacking", text: `${filled(text, { count: those.length })} ${those.map(name).join(", ")}` })));
  el("review-who").replaceChildren(...found.functions.map((one) => make("li", {}, make("b", { text: one.organisation }), document.createTextNode(` ${one.function}`))));
  say(el("fire"), filled(practises ? words.fire_exercise : words.fire_live, { count }));
  el("review").hidden = false;
  el("h-review").focus();
  el("review").scrollIntoView({ block: "start" });
}

const name = (one) => [one.organisation, one.function].filter(Boolean).join(" ");

async function fire() {
  const made = await api("POST", "/activations", looked);
  if (made) location.assign(`/activations/${made.id}`);
}
