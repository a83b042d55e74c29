// Which page this is, and its start. The strip stands on every page.
import { startAccounts } from "./accounts.js";
import { startAlarms } from "./alarms.js";
import { startArchive } from "./archive.js";
import { startArchived } from "./archived.js";
import { startBoard } from "./board.js";
import { startCallIn } from "./callin.js";
import { startConference } from "./conference.js";
import { startConferences } from "./conferences.js";
import { api } from "./dom.js";
import { startDisposals } from "./disposals.js";
import { startHealth } from "./health.js";
import { startKeys } from "./keys.js";
import { live } from "./live.js";
import { startMe } from "./me.js";
import { startProof } from "./proof.js";
import { startRecordings } from "./recordings.js";
import { startStart } from "./start.js";
import { startStrip } from "./strip.js";
import { readWitness } from "./witness.js";
import { startWall } from "./wall.js";

const MINUTE_MS = 60_000;
const pages = {
  accounts: startAccounts,
  alarms: startAlarms,
  archive: startArchive,
  archived: startArchived,
  board: startBoard,
  callin: startCallIn,
  conference: startConference,
  conferences: startConferences,
  disposals: startDisposals,
  health: startHealth,
  me: startMe,
  recordings: (text) => Promise.all([startRecordings(text), startProof()]),
  start: startStart,
  wall: startWall,
  witness: () => {
    live(null, () => readWitness());
    setInterval(readWitness, MINUTE_MS);
  },
};
/** A page that shows what was, and not what is, has the mark of the line alone. */
const STILL = new Set(["archive", "archived", "disposals", "recordings", "runbook"]);
const { page, subject } = document.body.dataset;
startStrip();
startKeys();
pages[page]?.(subject);
if (STILL.has(page)) live(null, async () => {}, undefined, { greys: false });

// The page of a meeting keeps its reader logged in, as long as the meeting goes on.
const BEAT_MS = 60_000;
if (page === "conference") {
  const beat = () => api("POST", "/me/beat", { meeting: subject });
  setInterval(beat, BEAT_MS);
}
