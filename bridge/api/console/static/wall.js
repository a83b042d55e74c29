// The meeting on a wall: read from afar, and nothing on it can be pressed.
import { api, el, keep, length, locale, make, say, serverNow, spaced, words, gone } from "./dom.js";
import { live } from "./live.js";
import { filled } from "./words.js";

const CLOCK_MS = 500;
const COMING = ["unreachable", "cannot", "lost", "waiting", "calling", "asked", "later"];
const MOST_QUEUED = 6;
let id = "";
let now = null;
let talking = new Set();
const { compare } = new Intl.Collator(locale, { numeric: true });

export function startWall(conference) {
  id = encodeURIComponent(conference);
  live(conference, read, (those) => {
    talking = new Set(those);
    if (now) showPeople();
  });
  setInterval(showClock, CLOCK_MS);
  showClock();
}

async function read(kinds) {
  const told = (...names) => !kinds || names.some((name) => kinds.has(name));
  const [conference, callouts] = await Promise.all([api("GET", `/conferences/${id}`, undefined, undefined, gone), told("activation", "target", "attempt") ? api("GET", `/activations?conference=${id}&limit=20`) : null]);
  if (!conference) return;
  now = conference;
  talking = new Set(now.participants.filter((one) => one.talking).map((one) => one.id));
  document.title = `${now.name} – ${words.wall}`;
  say(el("name"), now.name);
  say(el("state"), words[`conference_state_${now.state}`]);
  say(el("number"), now.number_spoken);
  say(el("code"), spaced(now.code));
  el("exercise").hidden = !now.exercise;
  el("locked").hidden = !now.locked;
  el("recording").className = `light ${now.recording.state}`;
  say(el("recording"), now.recording.off_record_state === "no" ? words[`recording_state_${now.recording.state}`] : words[`off_record_state_${now.recording.off_record_state}`]);
  showWord();
  showPeople();
  showRadio();
  if (callouts) showCalled(callouts);
}

const title = (one) => [one.organisation ?? one.name, one.organisation ? one.function : null].filter(Boolean).join(" ");

function showWord() {
  const who = (one) => now.participants.find((each) => each.id === one);
  const holder = who(now.floor.holder);
  say(el("holder"), holder ? title(holder) : words.floor_free);
  keep(
    el("queue"),
    now.floor.queue.slice(0, MOST_QUEUED).map(who).filter(Boolean),
    (one) => one.id,
    () => make("li"),
    (node, one) => say(node, title(one)),
  );
}

function showPeople() {
  const people = now.participants.filter((one) => one.state !== "waiting").sort((one, other) => compare(title(one), title(other)));
  say(el("count"), String(people.length));
  el("people").className = people.length > 40 ? "most" : people.length > 16 ? "many" : "";
  keep(
    el("people"),
    people,
    (one) => one.id,
    () => make("li", {}, make("b"), make("span")),
    (node, one) => {
      const talks = talking.has(one.id) && !one.muted;
      const lost = one.state === "lost";
      node.className = talks ? "talking" : lost ? "lost" : "";
      say(node.querySelector("b"), title(one));
      say(node.querySelector("span"), talks ? words.talking : lost ? words.line_lost : one.id === now.floor.holder ? words.floor_holder : "");
    },
  );
}

function showRadio() {
  el("radio-part").hidden = now.patches.length === 0;
  keep(
    el("radio"),
    now.patches,
    (one) => one.id,
    () => make("li", {}, make("b"), make("span")),
    (node, one) => {
      say(node.querySelector("b"), one.talkgroup ?? one.name ?? String(one.gssi));
      say(node.querySelector("span"), words[`patch_state_${one.state}`]);
      node.className = one.state;
    },
  );
}

/** Everybody who was called and is not here, the least likely first. */
function showCalled(callouts) {
  const open = callouts.filter((one) => one.state !== "cancelled" && one.targets.length > 1);
  const newest = open.find((one) => one.state === "open") ?? open[0];
  el("called-part").hidden = !newest;
  if (!newest) return;
  const { joined, total } = newest.counters;
  say(el("called"), filled(words.activation_tally, { joined, total, missing: total - joined }));
  const missing = newest.targets.filter((one) => COMING.includes(one.state)).sort((one, other) => COMING.indexOf(one.state) - COMING.indexOf(other.state));
  keep(
    el("missing"),
    missing,
    (one) => one.id,
    () => make("li", {}, make("b"), make("span")),
    (node, one) => {
      node.className = one.state;
      say(node.querySelector("b"), title(one));
      say(node.querySelector("span"), words[`target_state_${one.state}`]);
    },
  );
}

function showClock() {
  say(el("clock"), new Date(serverNow()).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" }));
  const given = now?.floor.holder && now.floor.given_at;
  say(el("spoken"), given ? [length(Math.max(0, (serverNow() - Date.parse(given)) / 1000)), now.floor.turn_s ? length(now.floor.turn_s) : null].filter(Boolean).join(" / ") : "");
}
