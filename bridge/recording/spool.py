"""Watches over the spool while Asterisk records: written sound is forced to the disk, and the disk's room is watched.

Asterisk never syncs a recording. Without this a power cut can lose 35 s of it. With it that is about Asterisk's own
buffer, 2 s at 8 kHz.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.files import free_percent, sync_file, sync_folder
from bridge.recording import wav
from bridge.recording.job import WORK_FOLDER
from bridge.recording.reasons import RecordingReason
from bridge.recording.settings import RecordingSettings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Stranded:
    """A file in the spool that no live recording owns. `duration_s` is `None` when it holds no sound."""

    recording: RecordingId
    path: Path
    bytes: int
    duration_s: float | None


class SpoolWatcher:
    """Run `run` beside the recorder; ask `may_record` before a new recording is begun. `tracks`: the folders of
    the talkgroups' and the participants' tracks, watched over like the spool."""

    def __init__(self, spool: Path, archive: Path, settings: RecordingSettings | None = None, *tracks: Path) -> None:
        self._spool = spool
        self._folders = (spool, *tracks)
        self._archive = archive
        self._settings = settings or RecordingSettings()
        self._synced: dict[Path, tuple[int, int]] = {}
        unknown = RecordingReason.DISK_NOT_LOOKED_AT()
        self._health: dict[str, Reason] = {"spool disk": unknown, "archive disk": unknown}
        self._refusal: Reason | None = None

    @property
    def may_record(self) -> bool:
        """Whether both disks have room for a new recording, as last looked."""
        return self._refusal is None

    def refusal(self) -> Reason | None:
        """Why no new recording may be begun; `None` when one may."""
        return self._refusal

    def health(self) -> Mapping[str, Reason]:
        """`spool disk` and `archive disk`: room, and whether they take what is written."""
        return dict(self._health)

    async def run(self) -> None:
        """Look every `sync_interval_s`, until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(self._settings.sync_interval_s)

    def look(self) -> None:
        """One round: sync what has grown, measure the room. Blocking; errors become health, never exceptions."""
        failure = self._sync()
        reasons = {"spool disk": failure or self._room(self._spool), "archive disk": self._room(self._archive)}
        for part, reason in reasons.items():
            if reason not in (self._health[part], WELL):
                _log.warning("disk_needs_attention", disk=part, reason=str(reason))
        self._health = reasons
        full = [part for part, path in (("spool", self._spool), ("archive", self._archive)) if self._is_full(path)]
        self._refusal = RecordingReason.NO_ROOM(disk=f"{full[0]} disk") if full else None

    def recover(self, owned: Collection[RecordingId]) -> list[Stranded]:
        """At start: the files in the spool that belong to no recording in `owned`. Nothing is ever deleted here but
        half-made copies in the archive's work folder, which are made again from the spool."""
        for leftover in sorted((self._archive / WORK_FOLDER).glob("*")):
            leftover.unlink(missing_ok=True)
        known = {str(recording) for recording in owned}
        found = (path for folder in self._folders for path in sorted(folder.glob("*.wav")))
        return [_stranded(path) for path in found if _recording(path) not in known]

    def _sync(self) -> Reason | None:
        seen: dict[Path, tuple[int, int]] = {}
        try:
            for path in (path for folder in self._folders for path in folder.glob("*.wav")):
                try:
                    status = path.stat()
                    mark = (status.st_size, status.st_mtime_ns)
                    if self._synced.get(path) != mark:
                        sync_file(path)
                    seen[path] = mark
                except FileNotFoundError:
                    continue  # archived meanwhile
            for folder in {path.parent for path in seen.keys() ^ self._synced.keys()}:
                sync_folder(folder)
        except OSError as error:
            return RecordingReason.NOT_FORCED_TO_DISK(evidence=str(error))
        self._synced = seen
        return None

    def _is_full(self, path: Path) -> bool:
        free = free_percent(path)
        return free is not None and free < self._settings.stop_free_percent

    def _room(self, path: Path) -> Reason:
        free = free_percent(path)
        if free is None:
            return RecordingReason.DISK_NOT_THERE(path=str(path))
        if free < self._settings.stop_free_percent:
            return RecordingReason.DISK_FULL(free_percent=round(free))
        if free < self._settings.warn_free_percent:
            return RecordingReason.DISK_NEARLY_FULL(free_percent=round(free))
        return WELL


def _recording(path: Path) -> RecordingId:
    """`rec-1.wav` and, of a track, `rec-1.2.wav` are files of `rec-1`."""
    stem, _, number = path.stem.rpartition(".")
    return RecordingId(stem if stem and number.isdigit() else path.stem)


def _stranded(path: Path) -> Stranded:
    try:
        duration_s: float | None = wav.read_layout(path).duration_s
    except wav.WavError:
        duration_s = None
    return Stranded(_recording(path), path, path.stat().st_size, duration_s)
