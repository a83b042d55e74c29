// One event stream for all tabs of a browser: HTTP/1.1 gives it six connections to a server (a SharedWorker).
const AGAIN_MS = 3000;
const tabs = new Set();
let source = null;

const tell = (message) => tabs.forEach((tab) => tab.postMessage(message));

function open() {
  source = new EventSource("/api/v1/events");
  source.onopen = () => tell({ type: "open" });
  source.onerror = () => {
    tell({ type: "down" });
    if (source.readyState !== EventSource.CLOSED) return;
    source = null;
    tell({ type: "refused" });
    setTimeout(() => source === null && tabs.size > 0 && open(), AGAIN_MS);
  };
  for (const type of ["change", "reset", "talk", "beat"]) source.addEventListener(type, ({ data }) => tell({ type, data: JSON.parse(data) }));
}

function leaves(tab) {
  tabs.delete(tab);
  if (tabs.size > 0 || source === null) return;
  source.close();
  source = null;
}

self.onconnect = ({ ports: [tab] }) => {
  tabs.add(tab);
  tab.onmessage = ({ data }) => data === "leave" && leaves(tab);
  if (source === null) open();
  else if (source.readyState === EventSource.OPEN) tab.postMessage({ type: "open" });
};
