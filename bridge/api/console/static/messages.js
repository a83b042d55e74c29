// Texts and statuses by radio: the newest of them with how far they came, and a box to send one.
import { api, clock, el, keep, make, onSubmit, say, words } from "./dom.js";
import { reason } from "./words.js";

const SHOWN = 20;

export async function wireMessages(conference, read) {
  onSubmit(el("sds"), async (data) => {
    const body = { to: data.get("to").trim(), text: data.get("text"), conference_id: conference };
    if (await api("POST", "/sds", body)) el("sds").reset();
    await read();
  });
  const [functions, talkgroups] = await Promise.all([api("GET", "/functions"), api("GET", "/talkgroups")]);
  const reached = (functions ?? []).filter((one) => one.issis.length > 0);
  el("receivers").append(
    ...(talkgroups ?? []).map((one) => new Option(one.name, one.gssi)),
    ...reached.map((one) => new Option(one.name, one.id)),
  );
}

export async function readMessages() {
  const found = await api("GET", `/sds?limit=${SHOWN}`);
  if (!found) return;
  el("no-sds").hidden = found.length > 0;
  keep(
    el("messages"),
    found,
    (one) => one.id,
    () => make("li", {}, make("span", { class: "who" }, make("b"), make("small")), make("span", { class: "text" }), make("span", { class: "flag state" })),
    update,
  );
}

function update(node, one) {
  const incoming = one.direction === "in";
  node.className = one.emergency ? "emergency" : one.direction;
  const other = incoming ? [one.sender_name, one.sender] : [one.receiver_name, one.receiver];
  say(node.querySelector("b"), `${incoming ? "←" : "→"} ${other[0] ?? other[1] ?? "–"}`);
  say(node.querySelector("small"), [clock(one.created_at), other[0] ? other[1] : null].filter(Boolean).join(" · "));
  say(node.querySelector(".text"), one.emergency ? words.emergency_status : one.text ?? `${words.status} ${one.status}`);
  const state = node.querySelector(".state");
  const order = one.order ? (one.order_allowed ? words.sds_order : words.sds_order_refused) : null;
  say(state, order ?? words[`sds_state_${one.state}`]);
  state.className = `flag state ${{ delivered: "good", read: "good", failed: "warn", expired: "warn", in_doubt: "warn" }[one.state] ?? ""}`;
  if (order && !one.order_allowed) state.classList.add("warn");
  state.title = reason(one.reason_code, one.reason_data) ?? "";
}
