// For a keeper: the accounts of people, who is logged in, and the tokens.
import { api, complain, confirmed, day, el, keep, make, onSubmit, pressed, say, words } from "./dom.js";
import { live } from "./live.js";
import { session, shownSession } from "./me.js";
import { filled } from "./words.js";

export async function startAccounts() {
  if (el("new")) await begin();
  el("end-all").addEventListener("click", async ({ target }) => {
    if (await confirmed(words.sessions_end_all_ask, words.sessions_end_all)) await pressed(target, () => api("POST", "/sessions/end", {}).then(read));
  });
  live(null, read);
}

async function begin() {
  const [organisations, forums] = await Promise.all([api("GET", "/organisations"), api("GET", "/forums")]);
  el("organisations").append(...(organisations ?? []).map((one) => make("option", { value: one.id, text: one.name })));
  el("forums").append(...(forums ?? []).map((one) => make("option", { value: one.id, text: one.name })));
  onSubmit(el("new"), async (data) => {
    const some = (name) => (data.getAll(name).length ? data.getAll(name) : null);
    const made = await api("POST", "/accounts", {
      name: data.get("name"),
      shown: data.get("shown") || null,
      roles: data.getAll("roles"),
      organisations: some("organisations"),
      forums: some("forums"),
      break_glass: data.get("break_glass") !== null,
    });
    if (!made) return;
    el("new").reset();
    invited(made);
    await read();
  });
}

function invited(made) {
  const address = make("input", { readonly: "", value: made.address, "aria-label": words.invitation_address });
  address.addEventListener("focus", () => address.select());
  const copy = make("button", { type: "button", text: words.copy, onclick: () => navigator.clipboard?.writeText(made.address).catch(() => complain(words.copy_not)) });
  el("invited").replaceChildren(
    make("section", { class: "card" }, make("h2", { text: filled(words.invitation_of, { name: made.account.shown }) }), make("p", { class: "help", text: words.invitation_help }), make("p", { class: "row" }, make("span", { class: "grow" }, address), copy)),
  );
  address.focus();
}

async function read() {
  const [accounts, sessions, tokens] = await Promise.all([api("GET", "/accounts"), api("GET", "/sessions"), api("GET", "/tokens")]);
  if (accounts) {
    el("none").hidden = accounts.length > 0;
    keep(el("accounts"), accounts, (one) => one.id, account, shownAccount);
  }
  if (sessions) keep(el("sessions"), sessions, (one) => one.id, session, (node, one) => shownSession(node, one, "/sessions", read));
  if (tokens) keep(el("tokens"), tokens, (one) => one.name, token, shownToken);
}

const act = (key) => make("button", { type: "button", "data-action": key, text: words[key] });
const account = () =>
  make("li", {}, make("span", { class: "grow" }, make("b"), " ", make("small"), make("span", { class: "flags" })), act("account_invite"), act("account_end"), act("account_disable"), act("account_enable"));

function shownAccount(node, one) {
  const [who, invite, end, disable, enable] = node.children;
  say(who.children[0], one.shown);
  say(who.children[1], `${one.name} · ${words[`account_state_${one.state}`]}${one.login_at ? ` · ${day(one.login_at)}` : ""}`);
  const flags = [...one.roles.map((role) => words[`access_role_${role}`] ?? role), ...(one.break_glass ? [words.break_glass] : []), ...(one.organisations ?? []), ...(one.forums ?? [])];
  who.children[2].replaceChildren(...flags.map((text) => make("span", { class: "flag", text })));
  invite.setAttribute("aria-label", `${words.account_invite}: ${one.shown}`);
  invite.onclick = () => pressed(invite, async () => {
    const made = await api("POST", `/accounts/${one.id}/invite`);
    if (made) invited(made);
  });
  end.setAttribute("aria-label", `${words.account_end}: ${one.shown}`);
  end.onclick = () => pressed(end, () => api("POST", "/sessions/end", { account: one.id }).then(read));
  disable.hidden = one.state === "disabled";
  disable.setAttribute("aria-label", `${words.account_disable}: ${one.shown}`);
  disable.onclick = async () => {
    if (await confirmed(filled(words.account_disable_ask, { name: one.shown }), words.account_disable)) await pressed(disable, () => api("POST", `/accounts/${one.id}/disable`).then(read));
  };
  enable.hidden = one.state !== "disabled";
  enable.setAttribute("aria-label", `${words.account_enable}: ${one.shown}`);
  enable.onclick = () => pressed(enable, () => api("POST", `/accounts/${one.id}/enable`).then(read));
}

const token = () => make("li", {}, make("span", { class: "grow" }), act("token_revoke"));
function shownToken(node, one) {
  const rights = one.permissions ? one.permissions.join(", ") : words.token_operator;
  say(node.firstChild, [one.name, one.owner, rights, one.expires_at ? `${words.token_until} ${day(one.expires_at)}` : null, one.used_at ? `${words.used} ${day(one.used_at)}` : null].filter(Boolean).join(" · "));
  node.lastChild.onclick = async () => {
    if (await confirmed(filled(words.token_revoke_ask, { name: one.name }), words.token_revoke)) await pressed(node.lastChild, () => api("DELETE", `/tokens/${encodeURIComponent(one.name)}`).then(read));
  };
}
