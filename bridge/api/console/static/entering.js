// The passkey's button of the login page, and of the page that asks who one is.
import { complain, words } from "./dom.js";
import { reason, sentence } from "./words.js";
import { get, supported } from "./webauthn.js";

const button = document.getElementById("passkey");
if (button && supported()) {
  button.hidden = false;
  button.addEventListener("click", enter);
}

async function enter() {
  button.disabled = true;
  try {
    const asked = await send(button.dataset.start);
    if (asked) {
      const told = await send(button.dataset.end, { key: asked.key, answer: await get(asked.options) });
      if (told) return void location.assign(button.dataset.to ?? told.to);
    }
  } catch (error) {
    complain(error.name === "NotAllowedError" ? words.passkey_none : words.not_sent);
  } finally {
    button.disabled = false;
  }
}

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Accept-Language": document.documentElement.lang, "Content-Type": "application/json" },
    body: JSON.stringify(body ?? {}),
  });
  const told = await answer.json();
  if (answer.ok) return told;
  complain(sentence(reason(told.reason, told.data)) ?? words.not_sent);
  return null;
}
