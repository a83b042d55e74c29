// One event stream for all tabs of a browser: HTTP/1.1 gives it six connections to a server (a SharedWorker).
import { follow } from "./follow.js";

const tabs = new Set();
const tell = (message) => tabs.forEach((tab) => tab.postMessage(message));
let stream = null;

function leaves(tab) {
  tabs.delete(tab);
  if (tabs.size > 0 || stream === null) return;
  stream.end();
  stream = null;
}

self.onconnect = ({ ports: [tab] }) => {
  tabs.add(tab);
  tab.onmessage = ({ data }) => data === "leave" && leaves(tab);
  if (stream === null) stream = follow(tell);
  else if (stream.isOpen()) tab.postMessage({ type: "open" });
};
