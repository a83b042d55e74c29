"""Names that people say at the door: files in Asterisk's spool, which may hold nothing but silence."""

import asyncio
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bridge.ari.reasons import AsteriskReason
from bridge.ari.translate import Translated
from bridge.domain.kernel.ids import RecordingId
from bridge.domain.kernel.phrases import Prompt, recording_of
from bridge.domain.recording.events import RecordingEnded, RecordingFailed

NAME_SILENCE_S: Final = 2
"""So long a silence ends a name, also before a word. ARI takes whole seconds."""
_QUIET_DBFS: Final = -45.0
_SPEECH_S: Final = 0.2
"""Less sound than this is no name."""
_BLOCK_S: Final = 0.02
_MOST: Final = 1000
"""Names under way; the oldest is forgotten, and then counts as said."""


class SaidNames:
    """Knows which recordings are names, and listens whether there is one."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where Asterisk records."""
        self._folder = folder
        self._under_way: dict[RecordingId, None] = {}

    def begin(self, recording: RecordingId) -> None:
        self._under_way[recording] = None
        if len(self._under_way) > _MOST:
            del self._under_way[next(iter(self._under_way))]

    async def judged(self, event: Translated) -> Translated:
        """The end of a name in which nothing is said is a failure."""
        if not isinstance(event, RecordingEnded | RecordingFailed) or event.recording not in self._under_way:
            return event
        del self._under_way[event.recording]
        if isinstance(event, RecordingEnded) and not await asyncio.to_thread(self._is_said, event.recording):
            return RecordingFailed(event.at_s, event.recording, AsteriskReason.NOTHING_SAID())
        return event

    async def there(self, prompts: Sequence[Prompt]) -> Sequence[Prompt]:
        """The prompts without names whose file is gone."""
        if not any(recording_of(one) for one in prompts):
            return prompts
        return await asyncio.to_thread(lambda: [one for one in prompts if self._is_there(one)])

    def _is_there(self, prompt: Prompt) -> bool:
        recording = recording_of(prompt)
        return recording is None or self._file(recording).is_file()

    def _file(self, recording: str) -> Path:
        return self._folder / f"{recording}.wav"

    def _is_said(self, recording: RecordingId) -> bool:
        try:
            with wave.open(str(self._file(recording)), "rb") as file:
                rate_hz, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")
        except (OSError, EOFError, wave.Error):
            return False
        size = round(rate_hz * _BLOCK_S)
        blocks = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
        loud = np.sqrt(np.mean(np.square(blocks), axis=1)) > 32768 * 10 ** (_QUIET_DBFS / 20) if len(blocks) else blocks
        return float(np.sum(loud)) * _BLOCK_S >= _SPEECH_S
