// The proof of the archive: whether it agrees with its audit log, and the first thing that does not.
import { api, day, el, pressed, say, words } from "./dom.js";
import { filled, reason } from "./words.js";

const LOOK_MS = 1000;

export async function startProof() {
  el("verify").addEventListener("click", async () => {
    const begun = await pressed(el("verify"), () => api("POST", "/recordings/verification"));
    if (begun) follow(begun);
  });
  const told = await api("GET", "/recordings/verification");
  if (told) follow(told);
}

/** Shown until it is done. An answer that does not come is asked for again, and the former one stays. */
async function follow(told) {
  show(told);
  while (told.state === "running") {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    told = (await api("GET", "/recordings/verification")) ?? told;
    show(told);
  }
}

function show(told) {
  el("verify").disabled = told.state === "running";
  el("proof-state").classList.toggle("proof-wrong", told.ok === false || told.state === "broken_off");
  say(el("proof-state"), sentence(told));
}

function sentence(told) {
  const at = day(told.ended_at);
  if (told.state === "never") return words.proof_never;
  if (told.state === "running") return filled(words.proof_running, { count: told.recordings, all: told.of_recordings, rows: told.rows });
  if (told.state === "broken_off") return filled(words.proof_broken_off, { at });
  if (told.ok) return filled(words.proof_agrees, { at, recordings: told.recordings, rows: told.rows });
  return filled(words.proof_disagrees, { at, first: reason(told.first.code, told.first.data) ?? told.first.words });
}
