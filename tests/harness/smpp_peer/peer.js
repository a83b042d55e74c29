// The SMPP stack of npm's `smpp` at the far end of a line: `node peer.js server PORT` or `node peer.js client PORT`.
// Each line of the standard input is an order in JSON, each line of the standard output what it has seen.
"use strict";
const readline = require("readline");
const smpp = require("smpp");

const [, , role, port] = process.argv;
const tell = (kind, data = {}) => process.stdout.write(`${JSON.stringify({ kind, ...data })}\n`);
/** Answers to the next submissions: a status; `cut` closes the line instead. */
const next = [];
let taken = 0;
let line = null;

const shown = (pdu) => ({
  status: pdu.command_status,
  source: pdu.source_addr,
  destination: pdu.destination_addr,
  coding: pdu.data_coding,
  esm_class: pdu.esm_class,
  receipt: pdu.registered_delivery,
  text: pdu.short_message && pdu.short_message.message !== undefined ? String(pdu.short_message.message) : null,
  header: pdu.short_message && pdu.short_message.udh ? pdu.short_message.udh.map((one) => one.toString("hex")) : null,
});

function submitted(session, pdu) {
  const how = next.shift() ?? 0;
  tell("submit", { ...shown(pdu), how });
  if (how === "cut") return session.destroy();
  if (how) return session.send(pdu.response({ command_status: how }));
  taken += 1;
  session.send(pdu.response({ message_id: `id-${taken}` }));
}

function heard(session) {
  session.on("error", (error) => tell("error", { text: String(error) }));
  session.on("close", () => tell("closed"));
  session.on("enquire_link", (pdu) => (session.send(pdu.response()), tell("enquire")));
  session.on("unbind", (pdu) => (tell("unbind"), session.send(pdu.response(), () => session.close())));
  session.on("deliver_sm", (pdu) => (session.send(pdu.response()), tell("deliver", shown(pdu))));
}

function serve() {
  const server = smpp.createServer((session) => {
    heard(session);
    session.on("bind_transceiver", (pdu) => {
      session.send(pdu.response({ system_id: "SMSC" }));
      line = session;
      tell("bind", { system_id: pdu.system_id, version: pdu.interface_version });
    });
    session.on("submit_sm", (pdu) => submitted(session, pdu));
  });
  server.listen(Number(port), "127.0.0.1", () => tell("ready"));
}

function connect() {
  line = smpp.connect({ host: "127.0.0.1", port: Number(port) }, () => tell("ready"));
  heard(line);
}

const ORDERS = {
  next: ({ how }) => next.push(...how),
  deliver: ({ pdu }) => line.deliver_sm(pdu, (answer) => tell("delivered", { status: answer.command_status })),
  ask: ({ command, pdu }) => line[command](pdu ?? {}, (answer) => tell("answer", { command: answer.command, status: answer.command_status, id: answer.message_id ?? null })),
  cut: () => line.destroy(),
};

readline.createInterface({ input: process.stdin }).on("line", (text) => {
  const order = JSON.parse(text);
  ORDERS[order.order](order);
}).on("close", () => process.exit(0));

role === "server" ? serve() : connect();
