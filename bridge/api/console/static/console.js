// Which page this is, and its start.
import { startAccounts } from "./accounts.js";
import { startConference } from "./conference.js";
import { startConferences } from "./conferences.js";
import { api } from "./dom.js";
import { startRecordings } from "./recordings.js";
import { startSettings } from "./settings.js";

const pages = { conference: startConference, conferences: startConferences, recordings: startRecordings, settings: startSettings, accounts: startAccounts };
pages[document.body.dataset.page]?.(document.body.dataset.subject);

// The page of a meeting keeps its reader logged in, as long as the meeting goes on.
const BEAT_MS = 60_000;
if (document.body.dataset.page === "conference") {
  const beat = () => api("POST", "/me/beat", { meeting: document.body.dataset.subject });
  setInterval(beat, BEAT_MS);
}
