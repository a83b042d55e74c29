"""Destroys the files of recordings that were disposed of. The decision is on disk before any file goes."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

from bridge import files
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.domain.recording.records import Recording
from bridge.ports import Keeping, PortError
from bridge.recording.reasons import RecordingReason

log = structlog.get_logger(__name__)

LOOK_S: Final = 10.0
ENDINGS: Final = (".flac", ".json", ".opus")
"""The sound, its manifest, and the copy for the web."""


class Disposer:
    """Implements `bridge.ports.Health`. A file that a disk keeps is tried again until it is gone."""

    def __init__(self, keeping: Keeping, root: Path) -> None:
        self._keeping = keeping
        self._root = root
        self._fault = WELL

    def health(self) -> Mapping[str, Reason]:
        """`disposal`: a file that could not be destroyed."""
        return {"disposal": self._fault}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        fault = WELL
        try:
            for disposal, recording in await self._keeping.left():
                try:
                    await asyncio.to_thread(self._destroy, recording)
                except OSError as error:
                    log.error("recording_not_destroyed", recording=recording.id, reason=str(error))
                    fault = RecordingReason.NOT_DELETED(evidence=str(error))
                else:
                    await self._keeping.destroyed(disposal, recording.id)
        except PortError as error:
            fault = error.reason
        self._fault = fault

    def _destroy(self, recording: Recording) -> None:
        if recording.file is None:
            return
        root = self._root.resolve()
        sound = (root / recording.file).resolve()
        if not sound.is_relative_to(root):
            raise OSError(f"{recording.file} is not in the archive")
        for ending in ENDINGS:
            sound.with_suffix(ending).unlink(missing_ok=True)
        if sound.parent.is_dir():
            files.sync_folder(sound.parent)
