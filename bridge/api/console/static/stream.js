// What the server tells, as it happens: by the one stream of this browser, or by one of this tab's own.
const WORKER = "/static/stream-worker.js";
const AGAIN_MS = 3000;

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
  if (typeof SharedWorker === "undefined") return own(told);
  const worker = new SharedWorker(WORKER, { name: "samband" });
  worker.onerror = () => own(told);
  worker.port.onmessage = ({ data }) => told(data);
  addEventListener("pagehide", () => worker.port.postMessage("leave"));
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

function own(told) {
  const source = new EventSource("/api/v1/events");
  source.onopen = () => told({ type: "open" });
  source.onerror = () => {
    told({ type: "down" });
    if (source.readyState !== EventSource.CLOSED) return;
    told({ type: "refused" });
    setTimeout(() => own(told), AGAIN_MS);
  };
  for (const type of ["change", "reset", "talk", "beat"]) source.addEventListener(type, ({ data }) => told({ type, data: JSON.parse(data) }));
}
