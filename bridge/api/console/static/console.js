// Which page this is, and its start.
import { startBoard } from "./board.js";
import { startCallIn } from "./callin.js";
import { startConference } from "./conference.js";
import { startConferences } from "./conferences.js";
import { startKeys } from "./keys.js";
import { startRecordings } from "./recordings.js";
import { startStart } from "./start.js";
import { startWall } from "./wall.js";

const pages = { board: startBoard, callin: startCallIn, conference: startConference, conferences: startConferences, recordings: startRecordings, start: startStart, wall: startWall };
startKeys();
pages[document.body.dataset.page]?.(document.body.dataset.subject);
