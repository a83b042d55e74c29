// One meeting of the archive: its sound with who spoke when, and its parts.
import { api, clock, day, el, make, onSubmit, words } from "./dom.js";
import { startHanding } from "./handing.js";
import { startPlayer } from "./player.js";
import { startRelease } from "./release.js";
import { entry, filled, reason } from "./words.js";

let meeting = null;

export async function startArchived(id) {
  meeting = await api("GET", `/archive/meetings/${encodeURIComponent(id)}`);
  if (!meeting) return;
  document.title = `${meeting.name} – Samband`;
  el("name").textContent = meeting.name;
  el("flags").replaceChildren(
    make("span", { class: "flag", text: day(meeting.began_at) }),
    ...(meeting.exercise ? [make("span", { class: "flag exercise", text: words.exercise })] : []),
    ...(meeting.secrecy === "open" ? [] : [make("span", { class: "flag warn", text: words.archive_secret })]),
  );
  showLabels(meeting.labels);
  onSubmit(el("label-form"), async (data) => {
    const set = await api("PUT", `/archive/meetings/${encodeURIComponent(id)}/labels/${encodeURIComponent(data.get("label"))}`);
    if (!set) return;
    showLabels(set);
    el("label-form").reset();
  });
  showInside();
  showSmarr();
  const heard = meeting.recordings.filter((one) => one.audio && one.kind !== "name");
  const main = heard.find((one) => one.kind === "mix") ?? heard[0];
  if (!main) return;
  await startPlayer(meeting, heard, main);
  if (el("handing")) await startHanding(meeting); // only for those who may
  if (el("hand-out")) await startRelease(meeting);
}

function showLabels(labels) {
  el("labels").replaceChildren(...labels.map((one) => make("li", { class: "flag" }, make("span", { text: one.label }), off(one))));
}

function off(one) {
  const name = filled(words.archive_label_off, { label: one.label });
  return make("button", { class: "quiet off", "aria-label": name, title: name, text: "×", onclick: () => unlabel(one.label) });
}

async function unlabel(label) {
  if (!(await api("DELETE", `/archive/meetings/${encodeURIComponent(meeting.id)}/labels/${encodeURIComponent(label)}`))) return;
  meeting.labels = meeting.labels.filter((one) => one.label !== label);
  showLabels(meeting.labels);
  el("label-form").elements.label.focus();
}

function showInside() {
  const line = (text, more) => make("li", {}, make("span", { class: "who", text }), make("span", { class: "count", text: more }));
  const lost = meeting.recordings.filter((one) => !one.audio);
  el("inside").replaceChildren(
    line(words.archive_organisations, [...new Set(meeting.participants.map((one) => one.organisation).filter(Boolean))].join(", ") || "–"),
    line(words.participants, filled(words.archive_people, { count: meeting.participants.length })),
    ...meeting.activations.map((one) =>
      line(`${words.activation}: ${one.list_name}`, `${clock(one.started_at)} · ${one.joined}/${one.functions}`),
    ),
    ...meeting.roll_calls.map((one) => line(words.roll_call, `${clock(one.started_at)} · ${one.expected - one.missing}/${one.expected}`)),
    ...meeting.situation.map((one) => line(one.organisation, [one.text, one.needs].filter(Boolean).join(" – "))),
    ...(meeting.evaluations ? [line(words.archive_evaluations, String(meeting.evaluations))] : []),
    ...lost.map((one) => line(entry("choice", `part_${one.kind}`), reason(one.failure_code, one.failure_data) ?? words[`archive_state_${one.state}`])),
  );
}

function showSmarr() {
  const said = meeting.smarr;
  if (!said) return;
  const rows = [["purpose", said.purpose], ["goal", said.goal], ["agenda", said.agenda.join(" · ")], ["resources", said.resources], ["rules", said.rules]];
  const told = rows.filter(([, text]) => text);
  el("smarr-card").hidden = told.length === 0;
  el("smarr").replaceChildren(...told.flatMap(([name, text]) => [make("dt", { text: words[`smarr_${name}`] }), make("dd", { text })]));
}

