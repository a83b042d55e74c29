// The archive: listen, see who spoke when, take the documentation out.
import { api, day, el, length, make, words } from "./dom.js";
import { reason } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const ROW = 26;
const LABEL = 170;
const WIDTH = 1000;

export async function startRecordings(text) {
  const found = await api("GET", `/recordings?text=${encodeURIComponent(text)}`);
  if (!found) return;
  el("none").hidden = found.length > 0;
  el("recordings").append(...found.map(item));
}

function item(one) {
  const details = make("details", { class: "card" }, summary(one));
  details.addEventListener("toggle", () => details.open && details.childElementCount === 1 && fill(details, one));
  return make("li", {}, details);
}

function summary(one) {
  return make(
    "summary",
    {},
    make("b", { text: one.conference }),
    one.kind === "talkgroup" ? make("span", { class: "flag", text: `${words.kind_talkgroup} ${one.talkgroup ?? ""} ${one.gssi}` }) : null,
    one.participant ? make("span", { class: "flag", text: one.participant }) : null,
    make("span", { text: day(one.started_at) }),
    make("span", { text: length(one.duration_s) }),
    one.exercise ? make("span", { class: "flag exercise", text: words.exercise }) : null,
    one.audio ? null : make("span", { class: "flag warn", text: reason(one.failure_code, one.failure_data) ?? words[`archive_state_${one.state}`] }),
  );
}

async function fill(details, one) {
  const people = [...new Set(one.participants.map((person) => person.name))].join(", ");
  details.append(make("p", { class: "help", text: people }));
  if (!one.audio) return;
  const player = make("audio", { controls: "", preload: "none", src: one.audio, "aria-label": `${words.listen}: ${one.conference}` });
  details.append(player);
  const timeline = await api("GET", `/recordings/${one.id}/timeline`);
  if (timeline?.spans.length) details.append(make("h3", { text: words.timeline }), draw(timeline, one.duration_s, player));
  details.append(make("p", { class: "row" }, make("a", { class: "button", href: `/recordings/${one.id}/package`, text: words.download })));
}

/** One row for each speaker; a press on a bar plays from there. */
function draw(timeline, duration, player) {
  const total = duration || Math.max(...timeline.spans.map((span) => span.end_s), 1);
  const spoken = timeline.spans.filter((span) => span.kind !== "floor");
  const own = { off_record: words.off_record_state_yes, away: words.span_away, consultation: words.span_consultation };
  const nameOf = (span) => own[span.kind] || span.name;
  const rows = [...new Set(spoken.map(nameOf))];
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${rows.length * ROW + 20}`, class: "timeline", role: "img", "aria-label": words.timeline });
  rows.forEach((name, index) => svg.append(label(name, index)));
  for (const span of spoken) svg.append(bar(span, rows.indexOf(nameOf(span)), total, player));
  for (let part = 0; part <= 4; part++) svg.append(tick((part * total) / 4, part, rows.length));
  const cursor = shape("line", { class: "cursor", y1: 0, y2: rows.length * ROW, x1: LABEL, x2: LABEL });
  player.addEventListener("timeupdate", () => {
    const x = at(player.currentTime, total);
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
  });
  svg.append(cursor);
  return svg;
}

const at = (second, total) => LABEL + (Math.max(0, Math.min(second, total)) / total) * (WIDTH - LABEL);

function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function label(name, index) {
  const node = shape("text", { x: 0, y: index * ROW + 17 });
  node.textContent = name.length > 22 ? `${name.slice(0, 21)}…` : name;
  return node;
}

function tick(second, part, rows) {
  const node = shape("text", { class: "tick", x: LABEL + (part * (WIDTH - LABEL)) / 4, y: rows * ROW + 15, "text-anchor": part === 4 ? "end" : part ? "middle" : "start" });
  node.textContent = length(second);
  return node;
}

function bar(span, row, total, player) {
  const x = at(span.start_s, total);
  const node = shape("rect", { class: span.kind, x, y: row * ROW + 4, width: Math.max(2, at(span.end_s, total) - x), height: ROW - 8, rx: 3 });
  const title = shape("title", {});
  title.textContent = `${span.name} ${length(span.start_s)}–${length(span.end_s)}`;
  node.append(title);
  node.addEventListener("click", () => {
    player.currentTime = span.start_s;
    player.play();
  });
  return node;
}
