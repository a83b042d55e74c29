// What the server tells, as it happens: by the one stream of this browser, or by one of this tab's own.
import { follow } from "./follow.js";

const WORKER = "/static/stream-worker.js";

const listeners = new Set();
let isOpen = false;

/** `told` is called with `{type, data}`: `open`, `down`, `change`, `reset`, `talk` and `beat`. `refused`: it was
 * not let in. All parts of a page share one. */
export function connect(told) {
  listeners.add(told);
  if (isOpen) told({ type: "open" });
  if (listeners.size > 1) return;
  begin((message) => {
    if (message.type === "open" || message.type === "down") isOpen = message.type === "open";
    listeners.forEach((one) => one(message));
  });
}

function begin(told) {
  if (typeof SharedWorker === "undefined") return void follow(told);
  const worker = new SharedWorker(WORKER, { name: "samband", type: "module" });
  worker.onerror = () => follow(told);
  worker.port.onmessage = ({ data }) => told(data);
  addEventListener("pagehide", () => worker.port.postMessage("leave"));
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}
