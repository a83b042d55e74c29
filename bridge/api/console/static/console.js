// Which page this is, and its start.
import { startConference } from "./conference.js";
import { startConferences } from "./conferences.js";
import { startProof } from "./proof.js";
import { startRecordings } from "./recordings.js";

const pages = { conference: startConference, conferences: startConferences, recordings: (text) => Promise.all([startRecordings(text), startProof()]) };
pages[document.body.dataset.page]?.(document.body.dataset.subject);
