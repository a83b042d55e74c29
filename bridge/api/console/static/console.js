// Which page this is, and its start.
import { startArchive } from "./archive.js";
import { startArchived } from "./archived.js";
import { startConference } from "./conference.js";
import { startConferences } from "./conferences.js";
import { startRecordings } from "./recordings.js";

const pages = { archive: startArchive, archived: startArchived, conference: startConference, conferences: startConferences, recordings: startRecordings };
pages[document.body.dataset.page]?.(document.body.dataset.subject);
