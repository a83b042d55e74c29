"""The archive's entrance: takes what Asterisk has recorded, one at a time, and tells how it went."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import soundfile
import structlog

from bridge.domain.kernel.events import EffectFailed, Fate
from bridge.domain.kernel.ids import ConferenceId, RecordingId
from bridge.domain.kernel.journal import Note
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.recording.effects import ArchiveRecording
from bridge.domain.recording.events import RecordingArchived, RecordingFailed
from bridge.domain.recording.records import ArchiveState, Recording, RecordingKind
from bridge.ports import ArchivedRecording, Clock, Emit, PortError
from bridge.recording.job import ArchiveJob
from bridge.recording.manifest import safe_id
from bridge.recording.original import NothingRecordedError
from bridge.recording.reasons import RecordingReason
from bridge.recording.settings import RecordingSettings
from bridge.recording.wav import WavError, read_layout

_log = structlog.get_logger(__name__)


class Catalogue(Protocol):
    """The part of the archive that the recorder reads (`bridge.ports.Archive`)."""

    async def get(self, recording: RecordingId) -> ArchivedRecording | None: ...

    async def timeline(self, conference: ConferenceId) -> Sequence[Note]: ...


IssiNames = Callable[[], Awaitable[Mapping[int, str]]]
"""The names of radio users by ISSI; asked for when a recording is archived."""


async def nobody_known() -> Mapping[int, str]:
    return {}


class Recorder:
    """`bridge.ports.Recorder`: `archive` puts in a queue, `run` works it off.

    The queue holds `settings.queue_limit` recordings; one more is refused with a retryable `PortError`. A recording
    lost with the process is still `spooled` in the database. It is asked for again at the next start.

    Args:
        spool: Where Asterisk closes `<recording id>.wav`.
        archive: The archive's root; made if it is not there.
        catalogue: Knows the recording's conference, participants and notes.
        versions: Program → version, for the manifests.
        tracks: Where the media worker closes the parts of a talkgroup's track; none: the spool.
        issi_names: Names of radio users for the timelines; unknown ones stay numbers.
        tapes: Where Asterisk closes the parts of a participant's track; none: the spool.
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
        tapes: Path | None = None,
    ) -> None:
        self._folders = {
            RecordingKind.MIX: spool,
            RecordingKind.NAME: spool,
            RecordingKind.TALKGROUP: tracks or spool,
            RecordingKind.PARTICIPANT: tapes or spool,
        }
        self._issi_names = issi_names
        self._archive = archive
        self._catalogue = catalogue
        self._clock = clock
        self._emit = emit
        self._settings = settings or RecordingSettings()
        self._versions = dict(versions or {})
        self._waiting: dict[RecordingId, None] = {}
        self._wake = asyncio.Event()
        self._fault = WELL

    async def archive(self, recording: RecordingId) -> None:
        """Ask for a closed recording to be archived. Asking again while it waits changes nothing.

        Raises:
            PortError: Too many wait already.
        """
        if recording in self._waiting:
            return
        if len(self._waiting) >= self._settings.queue_limit:
            raise PortError("archive", RecordingReason.TOO_MANY_WAIT(), retry=True)
        self._waiting[recording] = None
        self._wake.set()

    async def drop(self, recording: RecordingId) -> None:
        """Delete a closed recording from the spool.

        Raises:
            PortError: The disk refused.
        """
        try:
            await asyncio.to_thread(self.file_of(recording).unlink, missing_ok=True)
        except OSError as error:
            raise PortError("disk", RecordingReason.NOT_DELETED(), retry=True, evidence=str(error)) from error

    def file_of(self, recording: RecordingId) -> Path:
        """Where a recording lies until it is archived."""
        return self._folders[RecordingKind.MIX] / f"{safe_id(recording)}.wav"

    async def run(self) -> None:
        """Archive what is asked for, in order, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                recording = next(iter(self._waiting))
                await self._archive_one(recording)
                del self._waiting[recording]

    def health(self) -> Mapping[str, Reason]:
        """`archive`: how the latest archiving went."""
        return {"archive": self._fault}

    async def _archive_one(self, recording: RecordingId) -> None:
        try:
            event = await self._archived(recording)
            self._fault = WELL
        except NothingRecordedError as error:
            _log.error("recording_not_there", recording=recording, reason=str(error))
            nothing = RecordingReason.NOTHING_RECORDED(evidence=str(error))
            self._emit(RecordingFailed(self._clock.now_s(), recording, nothing))
        except (PortError, WavError, OSError, ValueError, soundfile.SoundFileError) as error:
            self._fault = RecordingReason.ARCHIVING_FAILED(recording=recording, evidence=str(error))
            _log.error("recording_not_archived", recording=recording, reason=str(error))
            effect = ArchiveRecording(recording)
            self._emit(EffectFailed(self._clock.now_s(), effect, Fate.REFUSED, self._fault, retry=True))
        else:
            _log.info("recording_archived", recording=recording, file=event.file, duration_s=event.duration_s)
            self._emit(event)

    async def _archived(self, recording: RecordingId) -> RecordingArchived:
        found = await self._catalogue.get(recording)
        if found is None:
            raise WavError("the recording is unknown to the database")
        notes = await self._catalogue.timeline(found.conference.id)
        folder = self._folders[found.recording.kind]
        names = await self._issi_names()
        ends_at_s = await self._end_of_mix(found.recording)
        job = ArchiveJob(found, notes, folder, self._archive, self._settings.timezone, self._versions, names, ends_at_s)
        sha256, duration_s = await asyncio.to_thread(job.run)
        manifest_sha256 = await asyncio.to_thread(job.manifest_sha256)
        return RecordingArchived(self._clock.now_s(), recording, str(job.file), sha256, duration_s, manifest_sha256)

    async def _end_of_mix(self, track: Recording) -> float | None:
        """Where the sound ends of the mix that it was made beside; `None`: none, or not known."""
        found = await self._catalogue.get(track.beside) if track.beside is not None else None
        if found is None or found.recording.state is ArchiveState.RECORDING:
            return None
        mix, long_s = found.recording, found.recording.duration_s
        if mix.state is not ArchiveState.ARCHIVED:
            try:
                long_s = (await asyncio.to_thread(read_layout, self.file_of(mix.id))).duration_s
            except (OSError, WavError):
                return None
        return None if long_s is None else mix.started_at_s + long_s
