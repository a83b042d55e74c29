// Which page this is, and its start. The strip stands on every page.
import { startAlarms } from "./alarms.js";
import { startConference } from "./conference.js";
import { startConferences } from "./conferences.js";
import { startHealth } from "./health.js";
import { live } from "./live.js";
import { startRecordings } from "./recordings.js";
import { startStrip } from "./strip.js";

const pages = { alarms: startAlarms, conference: startConference, conferences: startConferences, health: startHealth, recordings: startRecordings };
const { page, subject } = document.body.dataset;
startStrip();
pages[page]?.(subject);
/** A page that shows what was, and not what is, has the mark of the line alone. */
if (page === "recordings" || page === "runbook") live(null, async () => {}, { greys: false });
