"""Beside each archived sound: its loudness, and a copy in Opus for the web. Both can be made again at any time.

The work waits while anybody is in a meeting, and runs at the lowest priority. A sound is read and written one second at
a time: libsndfile's Opus encoder overruns its stack on long arrays.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import soundfile
import structlog

from bridge import files
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.recording.records import Recording
from bridge.ports import CopyStore, PortError, SoundCopy
from bridge.recording import loudness
from bridge.recording.job import WORK_FOLDER
from bridge.recording.quiet import quietly

log = structlog.get_logger(__name__)

LOOK_S: Final = 10.0
OPUS_RATES_HZ: Final = (8000, 12000, 16000, 24000, 48000)


class BusyError(Exception):
    """Somebody has come into a meeting; the copy is begun anew later."""


class SoundCopies:
    """Implements `bridge.ports.Health`.

    Args:
        store: Which sounds have copies.
        root: The archive's root.
        busy: Whether somebody is in a meeting.
    """

    def __init__(self, store: CopyStore, root: Path, busy: Callable[[], bool] = lambda: False) -> None:
        self._store = store
        self._root = root
        self._busy = busy
        self._health = WELL

    def health(self) -> Mapping[str, Reason]:
        """`sound copies`: whether the database could be asked."""
        return {"sound copies": self._health}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> int:
        """Make what is missing, one sound after the other, and give how many were made."""
        made = 0
        try:
            while not self._busy() and (recording := await self._store.next()) is not None:
                await self._store.add(await asyncio.to_thread(self._make, recording))
                made += 1
            self._health = WELL
        except BusyError:
            pass
        except PortError as error:
            self._health = error.reason
        return made

    def _make(self, recording: Recording) -> SoundCopy:
        """In a thread of its own priority. A sound that cannot be read is told in its copy, and not tried again."""
        with quietly():
            try:
                sound = self._root / str(recording.file)
                lufs, peak = loudness.measure(sound)
                opus = to_opus(sound, self._root / WORK_FOLDER / f"{recording.id}.opus", self._busy)
                return SoundCopy(recording.id, lufs, peak, str(opus.relative_to(self._root)))
            except (OSError, soundfile.SoundFileError) as error:
                log.warning("sound_without_copy", recording=recording.id, reason=str(error))
                return SoundCopy(recording.id, fault=str(error)[:200])


def to_opus(sound: Path, work: Path, busy: Callable[[], bool] = lambda: False) -> Path:
    """A copy in Ogg Opus beside the sound. Blocking.

    Raises:
        BusyError: Somebody came into a meeting.
        OSError: A disk refuses.
        soundfile.SoundFileError: It holds no sound, or one that Opus has no rate for.
    """
    files.make_folder(work.parent)
    final = sound.with_suffix(".opus")
    try:
        with soundfile.SoundFile(sound) as source:
            rate_hz = source.samplerate
            with soundfile.SoundFile(work, "w", rate_hz, source.channels, subtype="OPUS", format="OGG") as out:
                for block in source.blocks(rate_hz, dtype="int16", always_2d=True):
                    if busy():
                        raise BusyError
                    out.write(block)
        files.sync_file(work)
        work.replace(final)
        files.sync_folder(final.parent)
    finally:
        work.unlink(missing_ok=True)
    return final
