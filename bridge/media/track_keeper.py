"""Talkgroups' tracks over the lives of workers: every new worker begins each wanted track again, as a new part."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import PatchId, RecordingId
from bridge.domain.recording.events import RecordingEnded, RecordingFailed, RecordingStarted
from bridge.media import protocol
from bridge.media.process import WorkerProcess
from bridge.media.reasons import MediaReason
from bridge.media.track_parts import TrackFolder
from bridge.ports import Clock, Emit, PortError

log = structlog.get_logger(__name__)

DISK: Final = "tracks' disk"


@dataclass(eq=False, slots=True)
class _Track:
    recording: RecordingId
    worker: WorkerProcess | None = None
    """That writes it now."""
    began_at_s: float | None = None
    """Of its first part; nothing before that is noted on disk."""
    ends_at_s: float | None = None
    """When it was asked to stop."""
    noting: asyncio.Task[None] | None = None


class TrackKeeper:
    """One track for each path at most. `worker` is the running worker, or nothing.

    Args:
        folder: Where the files are written; without it no track can be started.
        emit: Gets `RecordingStarted` once for each `start`, then `RecordingEnded` or `RecordingFailed`.
    """

    def __init__(self, folder: Path | None, clock: Clock, emit: Emit) -> None:
        self._folder = TrackFolder(folder) if folder is not None else None
        self._clock = clock
        self._emit = emit
        self._running: dict[PatchId, _Track] = {}
        self._stopping: dict[RecordingId, _Track] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def start(self, patch: PatchId, recording: RecordingId, worker: WorkerProcess | None) -> None:
        """Without a worker it begins when there is one. The same again changes nothing; another ends the first.

        Raises:
            PortError: No folder is set.
        """
        running = self._running.get(patch)
        if running is not None and running.recording == recording:
            return
        self._tracks()
        if running is not None:
            await self.stop(patch, running.recording, worker)
        self._running[patch] = _Track(recording)
        await self.resume(patch, worker)

    async def resume(self, patch: PatchId, worker: WorkerProcess | None) -> None:
        """The path is there: begin its track in it, unless it runs there already."""
        track = self._running.get(patch)
        if track is None or worker is None or track.worker is worker:
            return
        track.worker = worker
        try:
            file = await asyncio.to_thread(self._tracks().next_part, track.recording)
        except OSError as error:
            self._fail(patch, track, f"the folder of tracks cannot be written: {error.strerror or error}")
            return
        if self._running.get(patch) is not track:
            return  # stopped meanwhile: begun now, it would record what is off the record
        worker.send(protocol.StartTrack(patch, track.recording, str(file)))

    async def stop(self, patch: PatchId, recording: RecordingId, worker: WorkerProcess | None) -> None:
        """Ends with `RecordingEnded`; a track that an earlier program began ends where its file does.

        Raises:
            PortError: Neither runs nor ever began.
        """
        if recording in self._stopping:
            return
        track = self._running.get(patch)
        if track is None or track.recording != recording:
            await self._end_on_disk(recording)
            return
        del self._running[patch]
        if worker is None or track.worker is not worker:
            await self._end_on_disk(recording)
            return
        track.ends_at_s = self._clock.now_s()
        self._stopping[recording] = track
        worker.send(protocol.StopTrack(patch, recording))

    async def stop_all(self, patch: PatchId, worker: WorkerProcess | None) -> None:
        """The path is closed."""
        track = self._running.get(patch)
        if track is not None:
            await self.stop(patch, track.recording, worker)

    def worker_gone(self) -> None:
        """The worker's death has closed the files that it was still to close."""
        for recording in list(self._stopping):
            self._later(self._end_on_disk(recording))
        self._stopping.clear()

    def notice(self, notice: protocol.TrackNotice) -> None:
        patch, recording = PatchId(notice.patch), RecordingId(notice.recording)
        running = self._running.get(patch)
        track = running if running is not None and running.recording == recording else self._stopping.get(recording)
        if track is None:
            log.debug("track_unknown", recording=recording, notice=type(notice).__name__)
        elif isinstance(notice, protocol.TrackStarted):
            track.noting = asyncio.get_running_loop().create_task(self._note(track, notice.file, self._clock.now_s()))
        elif isinstance(notice, protocol.TrackFailed):
            self._stopping.pop(recording, None)
            self._fail(patch, track, notice.reason)
        elif self._stopping.pop(recording, None) is not None:
            self._later(self._end(track))

    # --- inner ---

    def _tracks(self) -> TrackFolder:
        if self._folder is None:
            raise PortError(DISK, MediaReason.NO_FOLDER_FOR_TRACKS(), retry=False)
        return self._folder

    async def _note(self, track: _Track, file: str, began_at_s: float) -> None:
        is_first = track.began_at_s is None
        track.began_at_s = track.began_at_s or began_at_s
        try:
            track.began_at_s = await asyncio.to_thread(self._tracks().add_part, track.recording, file, began_at_s)
        except OSError as error:
            log.error("track_part_not_noted", recording=track.recording, file=file, reason=str(error))
        if is_first:
            self._emit(RecordingStarted(self._clock.now_s(), track.recording))

    async def _end(self, track: _Track) -> None:
        if track.noting is not None:
            await track.noting
        duration_s = None
        if track.began_at_s is not None and track.ends_at_s is not None:
            duration_s = max(0.0, track.ends_at_s - track.began_at_s)
        self._emit(RecordingEnded(self._clock.now_s(), track.recording, duration_s))

    async def _end_on_disk(self, recording: RecordingId) -> None:
        span = await asyncio.to_thread(self._tracks().span, recording)
        if span is None:
            raise PortError(DISK, MediaReason.NO_SUCH_TRACK(recording=recording), retry=False, fate=Fate.GONE)
        self._emit(RecordingEnded(self._clock.now_s(), recording, span.ended_at_s - span.began_at_s))

    def _fail(self, patch: PatchId, track: _Track, reason: str) -> None:
        if self._running.get(patch) is track:
            del self._running[patch]
        log.error("track_failed", recording=track.recording, reason=reason)
        failed = MediaReason.TRACK_FAILED(evidence=reason)
        self._emit(RecordingFailed(self._clock.now_s(), track.recording, failed))

    def _later(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._logged(work))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _logged(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except PortError as error:
            log.error("track_not_ended", reason=str(error))
