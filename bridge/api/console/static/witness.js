// The nodes whose signed heads are kept here: when each was last heard, and whether its heads agree.
import { api, day, el, keep, make, say, words } from "./dom.js";
import { filled } from "./words.js";

/** Read at each connection, and once a minute: heads come seldom, and no event tells of them. */
export async function readWitness() {
  const nodes = await api("GET", "/archive/witnessed");
  if (!nodes) return;
  el("no-nodes").hidden = nodes.length > 0;
  keep(
    el("nodes"),
    nodes,
    (one) => one.giver,
    () => make("li", {}, make("span", { class: "who" }, make("b"), make("small"), make("small")), make("span", { class: "flag" })),
    (node, one) => {
      const [who, mark] = node.children;
      const [name, heard, signed] = who.children;
      say(name, one.giver);
      say(heard, filled(words.witness_heard, { at: day(one.heard_at), sequence: one.sequence, count: one.heads }));
      say(signed, one.signed_at ? filled(words.witness_signed, { at: day(one.signed_at) }) : "");
      say(mark, one.agrees ? words.witness_agrees : filled(words.witness_disagrees, { fault: one.fault }));
      mark.className = one.agrees ? "flag good" : "flag warn";
    },
  );
}
