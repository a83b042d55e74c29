// A meeting is handed over to another host. It cannot be taken back: both the meeting and the person are named.
import { api, confirmed, el, onSubmit, words } from "./dom.js";
import { filled } from "./words.js";

let hosts = [];

export function wirePassing(base, meeting, again) {
  const dialog = el("pass-dialog");
  el("pass-on").onclick = async () => {
    const found = await api("GET", `${base}/hosts`);
    if (!found) return;
    hosts = found.filter((one) => !one.has_it);
    el("pass-to").replaceChildren(...hosts.map((one) => new Option(one.logged_in ? filled(words.pass_on_here, { name: one.shown }) : one.shown, one.name)));
    el("pass-nobody").hidden = hosts.length > 0;
    el("pass").hidden = hosts.length === 0;
    dialog.showModal();
  };
  el("pass-close").onclick = () => dialog.close();
  onSubmit(el("pass"), async (data) => {
    const host = hosts.find((one) => one.name === data.get("to"));
    const stays = data.has("stays");
    const asked = { meeting: meeting().name, name: host.shown };
    if (!(await confirmed(filled(stays ? words.pass_on_ask_stays : words.pass_on_ask, asked), filled(words.pass_on_yes, asked)))) return;
    const made = await api("POST", `${base}/pass-on`, { to: host.name, stays });
    if (!made) return;
    dialog.close();
    await again();
  });
}

/** Those who may lead it see the button. */
export function showPassing(one) {
  el("pass-on").hidden = one.state === "ended";
}
