// The settings in force, for reading: what each is, what it means, and where its value comes from.
import { el, keep, keepFocus, make, say } from "./dom.js";
import { live } from "./live.js";
import { ask, told, trouble } from "./page.js";
import { entry, filled } from "./words.js";

let settings = [];

live(null, (changed) => (changed === null ? read() : undefined));
el("find").oninput = show;
el("changed").onchange = show;

async function read() {
  const answer = await ask("GET", "/settings");
  if (!answer.ok) return trouble(answer);
  settings = answer.body;
  show();
}

function show() {
  const wanted = el("find").value.trim().toLocaleLowerCase();
  const fits = (one) => (!el("changed").checked || one.source !== "default") && (!wanted || [one.table, one.name, one.value ?? "", one.meaning].some((text) => text.toLocaleLowerCase().includes(wanted)));
  const shown = settings.filter(fits);
  say(el("count"), filled(told.settings_count, { shown: shown.length, total: settings.length }));
  const tables = new Map();
  for (const one of shown) {
    const key = one.place ? `${one.table} ${one.place}` : one.table;
    tables.set(key, [...(tables.get(key) ?? []), one]);
  }
  keepFocus(() => keep(el("tables"), [...tables], ([key]) => key, build, update));
}

function build([key]) {
  return make("section", { class: "card", "aria-label": key || told.settings_top }, make("h2", { text: key ? `[${key}]` : told.settings_top }), make("dl", { class: "settings-list" }));
}

function update(node, [, rows]) {
  keep(
    node.lastElementChild,
    rows,
    (one) => one.name,
    () => make("div", {}, make("dt", {}, make("code"), make("span", { class: "flag" })), make("dd", { class: "value" }), make("dd", { class: "help" }), make("dd", { class: "help" })),
    (row, one) => {
      const [head, value, meaning, rest] = row.children;
      say(head.firstElementChild, one.name);
      head.lastElementChild.className = `flag ${one.source === "default" ? "" : "warn"}`;
      say(head.lastElementChild, entry("setting_source", one.source));
      say(value, one.value === null ? told.settings_secret : one.value === "" ? told.settings_none : { True: told.yes, False: told.no }[one.value] ?? one.value);
      say(meaning, one.meaning);
      const fallback = { True: told.yes, False: told.no }[one.default] ?? one.default;
      say(rest, [one.source === "default" ? null : filled(told.settings_default, { value: fallback || told.settings_none }), one.unit ? filled(told.settings_unit, { unit: entry("setting_unit", one.unit) }) : null].filter(Boolean).join(" · "));
    },
  );
}
