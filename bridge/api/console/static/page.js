// What the pages of upkeep share: requests whose faults stay on the page, what was done with its undoing, and the editor.
import { confirmed, el, make, say } from "./dom.js";
import { entry, filled, reason, sentence, words } from "./words.js";

const LONGEST_MS = 30_000;
/** The words of these pages, by key. */
export const told = words.sections.pages;

/** One request. Gives `{ok, status, body}`; a line that is lost is `{ok: false, status: 0, body: null}`. */
export async function ask(method, path, body, raw) {
  const json = body !== undefined && raw === undefined;
  try {
    const answer = await fetch(`/api/v1${path}`, {
      method,
      headers: { "Accept-Language": document.documentElement.lang, ...(json ? { "Content-Type": "application/json" } : {}) },
      body: raw ?? (json ? JSON.stringify(body) : undefined),
      signal: AbortSignal.timeout(LONGEST_MS),
    });
    if (answer.status === 401) location.assign("/login");
    return { ok: answer.ok, status: answer.status, body: answer.status === 204 ? {} : await answer.json() };
  } catch {
    return { ok: false, status: 0, body: null };
  }
}

/** Why something was refused, and the remedy, as sentences. */
export function why(answer) {
  if (answer.body === null) return sentence(words.not_sent);
  const { reason: code, data, code: kind } = answer.body;
  const remedy = words.sections.remedy?.[code];
  return [reason(code, data) ?? entry("problem", kind), remedy ? filled(remedy, data ?? {}) : null].filter(Boolean).map(sentence).join(". ");
}

/** What went wrong stays until something goes well. */
export function trouble(answer, node = el("trouble")) {
  node.hidden = answer === null;
  say(node, answer === null ? "" : `${words.failed}: ${typeof answer === "string" ? answer : why(answer)}`);
}

/** Tell what was done. `undo` takes it back; it is there until the next thing is done. */
export function done(text, undo = null) {
  trouble(null);
  const node = el("done");
  node.hidden = false;
  say(node.firstElementChild, text);
  const button = node.lastElementChild;
  button.hidden = undo === null;
  button.onclick = undo;
}

/** A button in a row: its name says what it is done to. */
export const act = (action, text, about, attributes = {}) =>
  make("button", { type: "button", "data-action": action, text, "aria-label": about ? `${text}: ${about}` : null, ...attributes });

/** The first characters of a name: a row is no place for three hundred. */
export const short = (text, most = 80) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Words under a key that a value is part of. */
export const choice = (kind, value) => entry("choice", `${kind}_${value}`);

export const list = (...parts) => parts.filter((part) => part !== null && part !== undefined && part !== "").join(" · ");

/** Remove something for good after asking, or with a way back. `again` makes it anew. */
export async function remove(path, name, again, changed) {
  if (!(await confirmed(filled(told.remove_ask, { name: short(name) }), told.remove_yes))) return;
  const answer = await ask("DELETE", path);
  if (!answer.ok) return trouble(answer);
  done(
    filled(told.removed, { name: short(name) }),
    again &&
      (async () => {
        const back = await again();
        if (!back.ok) return trouble(back);
        done(filled(told.restored, { name: short(name) }));
        await changed();
      }),
  );
  await changed();
}
