// What the server tells, as it happens: by the one stream of this browser, or by one of this tab's own.
const WORKER = "/static/stream-worker.js";
const AGAIN_MS = 3000;

/** `told` is called with `{type, data}`: `open`, `down`, `change`, `reset`, `talk` and `beat`. */
export function connect(told) {
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
    if (source.readyState === EventSource.CLOSED) setTimeout(() => own(told), AGAIN_MS);
  };
  for (const type of ["change", "reset", "talk", "beat"]) source.addEventListener(type, ({ data }) => told({ type, data: JSON.parse(data) }));
}
