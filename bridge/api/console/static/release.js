// Handing a meeting out: stretches taken out of it, people unnamed; and putting the whole of it at a place.
import { api, complain, el, length, make, onSubmit, words } from "./dom.js";
import { askForRelease } from "./handing.js";
import { current, seconds } from "./player.js";
import { filled } from "./words.js";

let masks = [];

export async function startRelease(meeting) {
  el("hand-out").hidden = false;
  el("unnamed").append(...meeting.participants.map((one) => make("option", { value: one.id, text: [one.name, one.function, one.organisation].filter(Boolean).join(", ") })));
  for (const end of ["from", "to"])
    el(`mask-${end}-here`).addEventListener("click", () => (el(`mask-${end}`).value = length(current().at)));
  el("mask-add").addEventListener("click", add);
  onSubmit(el("release-form"), release);
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

async function release(data) {
  const made = await askForRelease({
    ground: data.get("ground"),
    receiver: data.get("receiver"),
    masks,
    unnamed: [...el("unnamed").selectedOptions].map((one) => one.value),
    tone: data.has("tone"),
  });
  el("released").textContent = made ? words.release_asked : "";
}

async function put(meeting, data) {
  el("put").textContent = words.release_putting;
  const body = { place: data.get("place"), sip: data.has("sip") };
  const done = await api("POST", `/archive/meetings/${encodeURIComponent(meeting.id)}/hand-over`, body, 600_000);
  el("put").textContent = done ? filled(words.release_there, { file: done.file }) : "";
}
