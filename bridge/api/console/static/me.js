// My settings: my sessions, my factors, and how the console looks and sounds.
import { api, complain, day, el, keep, make, onSubmit, pressed, say, words } from "./dom.js";
import { live } from "./live.js";
import { create, supported } from "./webauthn.js";

let begun = null;

export async function startMe() {
  const me = await api("GET", "/me");
  if (!me) return;
  el("roles").append(...me.roles.map((role) => make("span", { class: "flag", text: words[`access_role_${role}`] ?? role })));
  if (me.account) fill(me);
  el("end-others").addEventListener("click", ({ target }) => pressed(target, () => api("POST", "/me/sessions/end-others").then(read)));
  live(null, read);
}

function fill(me) {
  const look = el("look");
  look.language.value = me.language ?? "";
  look.theme.value = me.theme;
  look.sound.value = me.sound;
  onSubmit(look, async (data) => {
    const language = data.get("language") || null;
    const done = await api("PATCH", "/me", { language, theme: data.get("theme"), sound: Number(data.get("sound")) });
    if (done) location.assign(language ? `/me?lang=${language}` : "/me");
  });
  onSubmit(el("password"), async (data) => {
    if (data.get("password") !== data.get("again")) return complain(words.passwords_differ);
    if (await api("POST", "/me/password", { password: data.get("password") })) {
      el("password").reset();
      tell(words.password_kept);
    }
  });
  el("add-totp").addEventListener("click", ({ target }) => pressed(target, beginTotp));
  onSubmit(el("totp"), addTotp);
  el("add-passkey").hidden = !supported();
  el("add-passkey").addEventListener("click", () => {
    el("passkey-form").hidden = false;
    el("passkey-form").name.focus();
  });
  onSubmit(el("passkey-form"), addPasskey);
  el("fresh-codes").addEventListener("click", ({ target }) => pressed(target, freshCodes));
}

async function read() {
  const [me, sessions] = await Promise.all([api("GET", "/me"), api("GET", "/me/sessions")]);
  if (me && el("factors")) keep(el("factors"), me.factors, (one) => one.id, factor, shownFactor);
  if (sessions) keep(el("sessions"), sessions, (one) => one.id, session, shownSession);
}

export const session = () => make("li", {}, make("span", { class: "grow" }), make("button", { type: "button", text: words.session_end }));
export function shownSession(node, one, path = "/me/sessions", again = read) {
  say(node.firstChild, [one.own ? words.session_this : null, one.name, words[`login_by_${one.by}`], day(one.made_at), one.address, agent(one.agent)].filter(Boolean).join(" · "));
  node.lastChild.onclick = ({ target }) => pressed(target, async () => {
    await api("DELETE", `${path}/${one.id}`);
    return one.own ? location.assign("/login") : again();
  });
}
const agent = (text) => text.match(/(Firefox|Edg|Chrome|Safari|curl)\/[\d.]+/)?.[0] ?? text.slice(0, 30);

const factor = () => make("li", {}, make("span", { class: "grow" }), make("button", { type: "button", text: words.remove_factor }));
function shownFactor(node, one) {
  const left = one.kind === "recovery" ? words.codes_left.replace("{count}", one.left) : null;
  say(node.firstChild, [words[`factor_${one.kind}`], one.name, left, one.used_at ? `${words.used} ${day(one.used_at)}` : null].filter(Boolean).join(" · "));
  node.lastChild.onclick = ({ target }) => pressed(target, () => api("DELETE", `/me/factors/${one.id}`).then(read));
}

async function beginTotp() {
  begun = await api("POST", "/me/totp");
  if (!begun) return;
  el("totp").hidden = false;
  say(el("totp-secret"), begun.secret);
  el("totp-address").href = begun.address;
  el("totp").name.focus();
}

async function addTotp(data) {
  if (!(await api("POST", "/me/totp/confirm", { key: begun.key, code: data.get("code"), name: data.get("name") }))) return;
  el("totp").hidden = true;
  el("totp").reset();
  tell(words.factor_kept);
  await read();
}

async function addPasskey(data) {
  const asked = await api("POST", "/me/passkeys");
  if (!asked) return;
  try {
    const answer = await create(asked.options);
    if (!(await api("POST", "/me/passkeys/confirm", { key: asked.key, answer, name: data.get("name") }))) return;
  } catch {
    return complain(words.passkey_none);
  }
  el("passkey-form").hidden = true;
  el("passkey-form").reset();
  tell(words.factor_kept);
  await read();
}

async function freshCodes() {
  const told = await api("POST", "/me/codes");
  if (!told) return;
  el("told").replaceChildren(
    make("p", { text: words.codes_paper_help }),
    make("ul", { class: "secret" }, ...told.codes.map((text) => make("li", { text }))),
  );
  await read();
}

const tell = (text) => el("told").replaceChildren(make("p", { text }));
