// Packages of a meeting: asked for, followed while they are made, fetched, taken away.
import { api, clock, day, el, keep, make, pressed, say, words } from "./dom.js";
import { filled, reason } from "./words.js";

const LOOK_MS = 1000;
const OPEN = new Set(["waiting", "making"]);
let meeting = null;
let looking = 0;

export async function startHanding(of) {
  meeting = of;
  el("handing").hidden = false;
  for (const form of ["zip", "sip"]) el(`make-${form}`).addEventListener("click", () => pressed(el(`make-${form}`), () => ask(form)));
  await look();
}

async function ask(form) {
  const made = await api("POST", "/archive/packages", { conference_id: meeting.id, form });
  if (made) await look();
  return made;
}

/** Once a second while one is made. An answer that does not come is asked for again, and the former one stays. */
async function look() {
  clearTimeout(looking);
  const found = await api("GET", `/archive/packages?conference_id=${encodeURIComponent(meeting.id)}`);
  if (found) show(found);
  if (!found || found.some((one) => OPEN.has(one.state))) looking = setTimeout(look, LOOK_MS);
}

function show(found) {
  el("no-packages").hidden = found.length > 0;
  keep(el("packages"), found, (one) => one.id, build, update);
}

function build(one) {
  return make(
    "li",
    { class: "package" },
    make("span", { class: "who", text: `${words[`package_form_${one.form}`]} · ${day(one.asked_at)} ${clock(one.asked_at)}` }),
    make("span", { class: "count", role: "status" }),
    make("progress", { max: 100, "aria-label": words.package_progress }),
    make("a", { class: "button", href: `/packages/${encodeURIComponent(one.id)}`, text: words.package_fetch }),
    make("button", { type: "button", "data-action": "away", onclick: (event) => pressed(event.target, () => away(one.id)) }),
  );
}

function update(node, one) {
  const open = OPEN.has(one.state);
  say(node.querySelector("[role=status]"), told(one));
  node.querySelector("progress").hidden = !open;
  node.querySelector("progress").value = one.done_percent;
  node.querySelector("a").hidden = one.state !== "ready";
  const button = node.querySelector("[data-action=away]");
  button.hidden = !open && one.state !== "ready";
  say(button, open ? words.package_cancel : words.package_remove);
}

function told(one) {
  if (one.state === "making") return filled(words.package_making, { step: words[`package_step_${one.step}`], percent: one.done_percent });
  if (one.state === "failed") return filled(words.package_why, { why: reason(one.reason_code, one.reason_data) ?? one.reason ?? "" });
  if (one.state === "ready") return filled(words.package_until, { megabytes: Math.max(1, Math.round(one.length / 1e6)), at: `${day(one.expires_at)} ${clock(one.expires_at)}` });
  return words[`package_state_${one.state}`];
}

async function away(id) {
  const gone = await api("DELETE", `/archive/packages/${encodeURIComponent(id)}`);
  if (gone) await look();
  return gone;
}
