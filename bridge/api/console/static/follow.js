// One event stream, opened anew where it is refused, or silent for longer than a living one can be.
const AGAIN_MS = 3000;
/** A beat comes every 5 s. A line that is half-open, as after the machine has slept, tells no error. */
export const SILENT_MS = 12_000;

/** `told` is called with `{type, data}`: see stream.js. */
export function follow(told) {
  let source = null;
  let due = 0;
  const begin = () => {
    source = new EventSource("/api/v1/events");
    within(SILENT_MS, lost);
    source.onopen = () => {
      within(SILENT_MS, lost);
      told({ type: "open" });
    };
    source.onerror = () => {
      told({ type: "down" });
      if (source.readyState !== EventSource.CLOSED) return;
      told({ type: "refused" });
      within(AGAIN_MS, begin);
    };
    for (const type of ["change", "reset", "talk", "beat"])
      source.addEventListener(type, ({ data }) => {
        within(SILENT_MS, lost);
        told({ type, data: JSON.parse(data) });
      });
  };
  const within = (ms, act) => {
    clearTimeout(due);
    due = setTimeout(act, ms);
  };
  const lost = () => {
    source.close();
    told({ type: "down" });
    begin();
  };
  begin();
  return {
    isOpen: () => source.readyState === EventSource.OPEN,
    end: () => {
      clearTimeout(due);
      source.close();
    },
  };
}
