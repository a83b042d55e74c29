// How all parts are with what to do, and the figures of the alarms (EEMUA 191).
import { api, el, keep, make, parts, say, words } from "./dom.js";
import { live } from "./live.js";
import { alarmsAre } from "./strip.js";
import { entry, filled, reason, sentence } from "./words.js";

const FIGURES_MS = 30_000;

export function startHealth() {
  el("hours").addEventListener("change", readFigures);
  setInterval(readFigures, FIGURES_MS);
  live(null, read, undefined, { alarms: true });
}

async function read() {
  const [told, list] = await Promise.all([parts(), api("GET", "/alarms")]);
  if (list) alarmsAre(list);
  if (told && list) showParts(told, list.alarms);
  await readFigures();
}

function showParts(told, alarms) {
  const names = Object.keys(told.parts).sort((one, other) => Boolean(told.reasons[other]) - Boolean(told.reasons[one]) || one.localeCompare(other));
  say(el("summary"), told.degraded.length === 0 ? words.health_all_well : filled(words.health_some, { count: told.degraded.length }));
  keep(
    el("parts"),
    names,
    (name) => name,
    () => make("li", {}, make("span", { class: "dot", "aria-hidden": "true" }), make("b"), make("span", { class: "why" }), make("span", { class: "do" }), make("a", { text: words.alarm_do })),
    (node, name) => {
      const why = told.reasons[name];
      const alarm = alarms.find((one) => one.key === name || one.key === `${name} spare`);
      node.className = why ? "bad" : "good";
      say(node.querySelector("b"), sentence(entry("part", name)));
      say(node.querySelector(".why"), why ? reason(why.code, why.data) : words.part_well);
      say(node.querySelector(".do"), why && alarm ? alarm.act : "");
      node.querySelector("a").hidden = !why;
      node.querySelector("a").href = alarm?.runbook ?? "/runbook";
    },
  );
}

async function readFigures() {
  const found = await api("GET", `/alarms/figures?hours=${el("hours").value}`);
  if (!found) return;
  const rows = [...["total", "latest", "per_10_min", "flood_percent", "standing"].map((name) => [entry("alarm_figure", name), found[name]]), ...Object.entries(found.shares).map(([priority, share]) => [filled(words.alarm_share, { priority }), `${share} %`])];
  keep(
    el("figures"),
    rows,
    ([name]) => name,
    () => make("div", {}, make("dt"), make("dd")),
    (node, [name, value]) => {
      say(node.firstChild, sentence(name));
      say(node.lastChild, String(value).replace(".", words.locale.startsWith("sv") ? "," : "."));
    },
  );
  el("quiet").hidden = found.noisiest.length > 0;
  keep(
    el("noisiest"),
    found.noisiest,
    (one) => one.key,
    () => make("li", {}, make("b"), make("span")),
    (node, one) => {
      say(node.firstChild, one.name);
      say(node.lastChild, String(one.times));
    },
  );
}
