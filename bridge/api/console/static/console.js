// Which page this is, and its start. The strip stands on every page.
import { startAccounts } from "./accounts.js";
import { startAlarms } from "./alarms.js";
import { startConference } from "./conference.js";
import { startConferences } from "./conferences.js";
import { api } from "./dom.js";
import { startHealth } from "./health.js";
import { live } from "./live.js";
import { startRecordings } from "./recordings.js";
import { startMe } from "./me.js";
import { startStrip } from "./strip.js";

const pages = {
  accounts: startAccounts,
  alarms: startAlarms,
  conference: startConference,
  conferences: startConferences,
  health: startHealth,
  recordings: startRecordings,
  me: startMe,
};
/** A page that shows what was, and not what is, has the mark of the line alone. */
const STILL = new Set(["recordings", "runbook"]);
const { page, subject } = document.body.dataset;
startStrip();
pages[page]?.(subject);
if (STILL.has(page)) live(null, async () => {}, { greys: false });

// The page of a meeting keeps its reader logged in, as long as the meeting goes on.
const BEAT_MS = 60_000;
if (page === "conference") {
  const beat = () => api("POST", "/me/beat", { meeting: subject });
  setInterval(beat, BEAT_MS);
}
