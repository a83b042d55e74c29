// Handing a meeting out: stretches taken out of it, people unnamed; and putting the whole of it at a place.
import { api, complain, el, length, make, onSubmit, words } from "./dom.js";
import { current, seconds } from "./player.js";
import { filled, reason } from "./words.js";

let masks = [];

export async function startRelease(meeting) {
  el("hand-out").hidden = false;
  el("unnamed").append(...meeting.participants.map((one) => make("option", { value: one.id, text: [one.name, one.function, one.organisation].filter(Boolean).join(", ") })));
  for (const end of ["from", "to"])
    el(`mask-${end}-here`).addEventListener("click", () => (el(`mask-${end}`).value = length(current().at)));
  el("mask-add").addEventListener("click", add);
  onSubmit(el("release-form"), (data) => release(meeting, data));
  const places = (await api("GET", "/archive/places")) ?? [];
  el("place-form").hidden = places.length === 0;
  el("places").append(...places.map((name) => make("option", { value: name, text: name })));
  onSubmit(el("place-form"), (data) => put(meeting, data));
}

function add() {
  const start_s = seconds(el("mask-from").value);
  const end_s = seconds(el("mask-to").value);
  const ground = el("mask-ground").value || el("release-form").elements.ground.value;
  if (!(start_s < end_s) || !ground) return complain(words.release_mask_wrong);
  masks.push({ recording: current().recording, start_s, end_s, ground });
  show();
  for (const name of ["mask-from", "mask-to", "mask-ground"]) el(name).value = "";
  el("mask-from").focus();
}

function show() {
  el("masks").replaceChildren(
    ...masks.map((one) =>
      make(
        "li",
        {},
        make("span", { class: "who", text: `${length(one.start_s)}–${length(one.end_s)}: ${one.ground}` }),
        make("button", { type: "button", text: words.release_mask_off, onclick: () => ((masks = masks.filter((other) => other !== one)), show()) }),
      ),
    ),
  );
}

/** A file comes back, which `api` does not read. */
async function release(meeting, data) {
  const body = {
    ground: data.get("ground"),
    receiver: data.get("receiver"),
    masks,
    unnamed: [...el("unnamed").selectedOptions].map((one) => one.value),
    tone: data.has("tone"),
  };
  try {
    const answer = await fetch(`/api/v1/archive/meetings/${encodeURIComponent(meeting.id)}/release`, {
      method: "POST",
      headers: { "Accept-Language": document.documentElement.lang, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) {
      const told = await answer.json();
      if (told.code === "step_up") return void location.assign(`/step-up?to=${encodeURIComponent(location.pathname)}`);
      return complain(reason(told.reason, told.data) ?? words.not_sent);
    }
    const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))?.[1] ?? "mote.zip";
    const link = make("a", { href: URL.createObjectURL(await answer.blob()), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch {
    complain(words.not_sent);
  }
}

async function put(meeting, data) {
  el("put").textContent = words.release_putting;
  const body = { place: data.get("place"), sip: data.has("sip") };
  const done = await api("POST", `/archive/meetings/${encodeURIComponent(meeting.id)}/hand-over`, body, 600_000);
  el("put").textContent = done ? filled(words.release_there, { file: done.file }) : "";
}
