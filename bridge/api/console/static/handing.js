// Packages of a meeting: asked for, followed while they are made, fetched, taken away.
import { api, day, el, keep, make, pressed, say, words } from "./dom.js";
import { entry, filled, reason } from "./words.js";

const LOOK_MS = 1000;
const OPEN = new Set(["waiting", "making"]);
const ON_ITS_WAY = new Set(["waiting", "sending"]);
let functions = [];
let meeting = null;
let looking = 0;

export async function startHanding(of) {
  meeting = of;
  el("handing").hidden = false;
  for (const form of ["zip", "sip"]) el(`make-${form}`).addEventListener("click", () => pressed(el(`make-${form}`), () => ask(form)));
  functions = await withMail();
  await look();
}

/** Those of the directory who have an address. Not everybody may read it, and they type addresses. */
async function withMail() {
  const answer = await fetch("/api/v1/functions").catch(() => null);
  return answer?.ok ? (await answer.json()).filter((one) => one.email) : [];
}

async function ask(form) {
  const made = await api("POST", "/archive/packages", { conference_id: meeting.id, form });
  if (made) await look();
  return made;
}

/** Parts are taken out. It stands among the packages. */
export async function askForRelease(taken) {
  const made = await api("POST", "/archive/packages/releases", { conference_id: meeting.id, ...taken });
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
    make("span", { class: "who", text: `${named(one)} · ${day(one.asked_at)}` }),
    make("span", { class: "count", role: "status" }),
    make("progress", { max: 100, "aria-label": words.package_progress }),
    make("a", { class: "button", href: `/packages/${encodeURIComponent(one.id)}`, text: words.package_fetch }),
    make(
      "details",
      { class: "grow" },
      make("summary", { text: words.package_mail }),
      make("p", { class: "help", text: words.package_mail_help }),
      make(
        "form",
        { class: "row", onsubmit: (event) => mail(event, one.id) },
        make("label", { text: words.package_mail_function }, make("select", { name: "function", onchange: typed }, make("option", { value: "", text: words.package_mail_typed }), ...functions.map((each) => make("option", { value: each.id, text: `${each.name} – ${each.email}` })))),
        make("label", { text: words.package_mail_to }, make("input", { name: "to", type: "email", maxlength: 254, autocomplete: "off", required: "" })),
        make("label", { text: words.package_mail_again }, make("input", { name: "to_again", type: "email", maxlength: 254, autocomplete: "off", required: "" })),
        make("button", { text: words.package_mail }),
      ),
      make("ul", { class: "lines", role: "status" }),
    ),
    make("button", { type: "button", "data-action": "away", onclick: (event) => pressed(event.target, () => away(one.id)) }),
  );
}

function named(one) {
  if (one.release) return [filled(words.package_form_release, { ground: one.release.ground }), one.release.receiver].filter(Boolean).join(" · ");
  return words[`package_form_${one.form}`];
}

function update(node, one) {
  const open = OPEN.has(one.state);
  say(node.querySelector("[role=status]"), told(one));
  node.querySelector("progress").hidden = !open;
  node.querySelector("progress").value = one.done_percent;
  node.querySelector("a").hidden = one.state !== "ready";
  const sends = node.querySelector("details");
  if (sends.hidden !== (one.state !== "ready") || !sends.dataset.read) {
    sends.hidden = one.state !== "ready";
    if (one.state === "ready") mails(node, one.id);
  }
  const button = node.querySelector("[data-action=away]");
  button.hidden = !open && one.state !== "ready";
  say(button, open ? words.package_cancel : words.package_remove);
}

function told(one) {
  if (one.state === "making") return filled(words.package_making, { step: words[`package_step_${one.step}`], percent: one.done_percent });
  if (one.state === "failed") return filled(words.package_why, { why: reason(one.reason_code, one.reason_data) ?? one.reason ?? "" });
  if (one.state === "ready") return filled(words.package_until, { megabytes: Math.max(1, Math.round(one.length_bytes / 1e6)), at: day(one.expires_at) });
  return words[`package_state_${one.state}`];
}

/** A function has its address already. */
function typed(event) {
  for (const name of ["to", "to_again"]) {
    const input = event.target.form.elements[name];
    input.disabled = Boolean(event.target.value);
    input.closest("label").hidden = input.disabled;
  }
}

async function mail(event, id) {
  event.preventDefault();
  const form = event.target;
  const to = form.elements.function.value || form.elements.to.value;
  const body = { to, to_again: form.elements.to_again.value, language: document.documentElement.lang };
  const sent = await pressed(form.querySelector("button"), () => api("POST", `/archive/packages/${encodeURIComponent(id)}/mails`, body));
  if (!sent) return;
  form.reset();
  typed({ target: form.elements.function });
  await mails(form.closest("li"), id);
}

/** What is known of each e-mail: it is read anew while one is on its way. */
async function mails(node, id) {
  node.querySelector("details").dataset.read = "yes";
  const found = await api("GET", `/archive/packages/${encodeURIComponent(id)}/mails`);
  if (!found || !node.isConnected) return;
  node.querySelector("details ul").replaceChildren(
    ...found.map((one) => make("li", {}, make("span", { class: "who", text: one.to }), make("span", { class: "count", text: [entry("message_state", one.state), reason(one.reason_code, one.reason_data)].filter(Boolean).join(": ") }))),
  );
  if (found.some((one) => ON_ITS_WAY.has(one.state))) setTimeout(() => mails(node, id), LOOK_MS);
}

async function away(id) {
  const gone = await api("DELETE", `/archive/packages/${encodeURIComponent(id)}`);
  if (gone) await look();
  return gone;
}
