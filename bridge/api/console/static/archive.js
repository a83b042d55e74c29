// The archive: one entry for each meeting, found by all that is given, page after page.
import { api, day, el, length, make, words } from "./dom.js";
import { filled } from "./words.js";

const PAGE = 50;
let asked = new URLSearchParams();
let after = null;
let shown = 0;

export async function startArchive() {
  const form = el("search");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    history.replaceState(null, "", `?${given(form)}`);
    search(form);
  });
  el("more").addEventListener("click", more);
  const [labels, forums] = await Promise.all([api("GET", "/archive/labels"), api("GET", "/forums")]);
  el("labels").append(...(labels ?? []).map((one) => make("option", { value: one.label, text: `${one.label} (${one.meetings})` })));
  el("forums").append(...(forums ?? []).map((one) => make("option", { value: one.id, text: one.name })));
  for (const [name, value] of new URLSearchParams(location.search)) if (form.elements[name]) form.elements[name].value = value;
  await search(form);
}

function given(form) {
  return new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
}

/** A date of the form is the local day: from its first moment, or to its last. */
function instant(date, later) {
  const day = new Date(`${date}T00:00:00`);
  day.setDate(day.getDate() + later);
  return day.toISOString();
}

async function search(form) {
  asked = given(form);
  if (asked.has("since")) asked.set("since", instant(asked.get("since"), 0));
  if (asked.has("until")) asked.set("until", instant(asked.get("until"), 1));
  asked.set("limit", PAGE);
  after = null;
  shown = 0;
  el("found").replaceChildren();
  await more();
}

async function more() {
  const page = new URLSearchParams(asked);
  if (after) page.set("after", after);
  const found = await api("GET", `/archive/meetings?${page}`);
  if (!found) return;
  after = found.next;
  shown += found.meetings.length;
  el("found").append(...found.meetings.map(item));
  el("more").hidden = !after;
  el("tally").textContent = shown ? filled(after ? words.archive_tally_more : words.archive_tally, { count: shown }) : words.archive_none;
}

function item(one) {
  const facts = [
    one.recorded_s ? filled(words.archive_recorded, { length: length(one.recorded_s) }) : words.archive_not_recorded,
    filled(words.archive_people, { count: one.people }),
    one.decisions ? filled(words.archive_decisions, { count: one.decisions }) : null,
    one.activations ? filled(words.archive_activations, { count: one.activations }) : null,
  ];
  return make(
    "li",
    { class: "card" },
    make("a", { class: "name", href: `/archive/${encodeURIComponent(one.id)}`, text: one.name }),
    make("span", { class: "when", text: day(one.began_at) }),
    make(
      "span",
      { class: "flags" },
      one.exercise ? make("span", { class: "flag exercise", text: words.exercise }) : null,
      one.secrecy === "open" ? null : make("span", { class: "flag warn", text: words.archive_secret }),
      ...one.labels.map((label) => make("span", { class: "flag", text: label.label })),
    ),
    make("span", { class: "help", text: facts.filter(Boolean).join(" · ") }),
    make("span", { class: "help", text: one.organisations.join(", ") }),
  );
}
