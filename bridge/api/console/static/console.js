// Which page this is, and its start.
import { startConference } from "./conference.js";
import { startConferences } from "./conferences.js";
import { startRecordings } from "./recordings.js";

const pages = { conference: startConference, conferences: startConferences, recordings: startRecordings };
pages[document.body.dataset.page]?.(document.body.dataset.subject);
