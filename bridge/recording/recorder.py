"""The archive's entrance: takes what Asterisk has recorded, one at a time, and tells how it went."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import soundfile
import structlog

from bridge.domain.effects import ArchiveRecording
from bridge.domain.events import EffectFailed, Fate, RecordingArchived, RecordingFailed
from bridge.domain.ids import ConferenceId, RecordingId
from bridge.domain.model import Note
from bridge.ports import ArchivedRecording, Clock, Emit, PortError
from bridge.recording.job import ArchiveJob
from bridge.recording.manifest import fault_of
from bridge.recording.original import NothingRecordedError
from bridge.recording.settings import RecordingSettings
from bridge.recording.wav import WavError

_log = structlog.get_logger(__name__)


class Catalogue(Protocol):
    """What the recorder reads of the archive (`bridge.ports.Archive`)."""

    async def get(self, recording: RecordingId) -> ArchivedRecording | None: ...

    async def timeline(self, conference: ConferenceId) -> Sequence[Note]: ...


IssiNames = Callable[[], Awaitable[Mapping[int, str]]]
"""Who the radio users are, by ISSI: asked for when a recording is archived."""


async def nobody_known() -> Mapping[int, str]:
    return {}


class Recorder:
    """`bridge.ports.Recorder`: `archive` puts in a queue, `run` works it off.

    The queue holds `settings.queue_limit` recordings; one more is refused with a retryable `PortError`. What is lost
    with the process is still `spooled` in the database and is asked for again at the next start.

    Args:
        spool: Where Asterisk closes `<recording id>.wav`.
        archive: The archive's root; made if it is not there.
        catalogue: What is known of the recording: conference, participants, notes.
        versions: Program → version, for the manifests.
        tracks: Where the media worker closes the parts of a talkgroup's track; none: the spool.
        issi_names: Names of radio users for the timelines; unknown ones stay numbers.
    """

    def __init__(
        self,
        spool: Path,
        archive: Path,
        catalogue: Catalogue,
        clock: Clock,
        emit: Emit,
        settings: RecordingSettings | None = None,
        versions: Mapping[str, str] | None = None,
        tracks: Path | None = None,
        issi_names: IssiNames = nobody_known,
    ) -> None:
        self._spool = spool
        self._tracks = tracks or spool
        self._issi_names = issi_names
        self._archive = archive
        self._catalogue = catalogue
        self._clock = clock
        self._emit = emit
        self._settings = settings or RecordingSettings()
        self._versions = dict(versions or {})
        self._waiting: dict[RecordingId, None] = {}
        self._wake = asyncio.Event()
        self._fault = ""

    async def archive(self, recording: RecordingId) -> None:
        """Ask for a closed recording to be archived. Asking again while it waits changes nothing.

        Raises:
            PortError: Too many wait already.
        """
        if recording in self._waiting:
            return
        if len(self._waiting) >= self._settings.queue_limit:
            raise PortError("archive", "too many recordings wait to be archived", retry=True)
        self._waiting[recording] = None
        self._wake.set()

    async def run(self) -> None:
        """Archive what is asked for, in order, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                recording = next(iter(self._waiting))
                await self._archive_one(recording)
                del self._waiting[recording]

    async def verify(self, recording: RecordingId) -> str | None:
        """Why the archived file is not the one that was archived; `None` when it is.

        Raises:
            PortError: The database or the archive's disk could not be read.
        """
        found = await self._catalogue.get(recording)
        if found is None:
            return "the recording is unknown"
        if found.path is None:
            return "the recording is not archived"
        try:
            return await asyncio.to_thread(fault_of, found.path, found.recording.sha256)
        except OSError as error:
            raise PortError("archive", "the file cannot be read", retry=False, evidence=str(error)) from error

    def health(self) -> Mapping[str, str]:
        """`archive`: how the latest archiving went."""
        return {"archive": self._fault or "ok"}

    async def _archive_one(self, recording: RecordingId) -> None:
        try:
            event = await self._archived(recording)
            self._fault = ""
        except NothingRecordedError as error:
            _log.error("recording_not_there", recording=recording, reason=str(error))
            self._emit(RecordingFailed(self._clock.now_s(), recording, str(error)))
        except (PortError, WavError, OSError, ValueError, soundfile.SoundFileError) as error:
            self._fault = f"recording {recording} could not be archived: {error}"
            _log.error("recording_not_archived", recording=recording, reason=str(error))
            effect = ArchiveRecording(recording)
            self._emit(EffectFailed(self._clock.now_s(), effect, Fate.REFUSED, str(error), retry=True))
        else:
            _log.info("recording_archived", recording=recording, file=event.file, duration_s=event.duration_s)
            self._emit(event)

    async def _archived(self, recording: RecordingId) -> RecordingArchived:
        found = await self._catalogue.get(recording)
        if found is None:
            raise WavError("the recording is unknown to the database")
        notes = await self._catalogue.timeline(found.conference.id)
        folder = self._spool if found.recording.patch is None else self._tracks
        names = await self._issi_names()
        job = ArchiveJob(found, notes, folder, self._archive, self._settings.timezone, self._versions, names)
        sha256, duration_s = await asyncio.to_thread(job.run)
        return RecordingArchived(self._clock.now_s(), recording, str(job.file), sha256, duration_s)
