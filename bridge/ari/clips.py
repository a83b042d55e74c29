"""Stretches of a recording under way, heard in the meeting again. They are cut out of Asterisk's spool when wanted.

Asterisk writes the sizes in the head when it closes the file. Until then the sound is read up to the file's end.
"""

import asyncio
import struct
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from bridge.domain.kernel.phrases import Prompt, clip_of, recorded, recording_of

log = structlog.get_logger(__name__)

FOLDER: Final = "clips"
"""Below Asterisk's recordings, by whose name it is played."""
KEPT_S: Final = 600.0
"""The longest wait in an announcer's queue, and the clip itself, are shorter."""
LONGEST_S: Final = 90.0
"""Of a longer stretch the beginning is heard: nobody can stop an announcement."""
_HEAD: Final = struct.Struct("<4s4x8s4xHHI4xHH4s4x")
"""The whole head of a WAV file as Asterisk writes it, for 16-bit PCM."""


def is_one(prompt: Prompt) -> bool:
    """Whether a prompt that is ready to be played is a stretch of a recording."""
    return (recording_of(prompt) or "").startswith(f"{FOLDER}/")


class Clips:
    """Makes the sound of every `clip/…` prompt before it is played; one that cannot be made is left out."""

    def __init__(self, recordings: Path) -> None:
        """`recordings`: where Asterisk records."""
        self._recordings = recordings
        self._folder = recordings / FOLDER
        for left in self._folder.glob("*.wav"):
            left.unlink(missing_ok=True)

    async def ready(self, prompts: Sequence[Prompt]) -> Sequence[Prompt]:
        """The prompts as there are files for them, in their order."""
        if not any(clip_of(one) for one in prompts):
            return prompts
        made = [await self._ready(one) for one in prompts]
        return [one for one in made if one is not None]

    async def _ready(self, prompt: Prompt) -> Prompt | None:
        wanted = clip_of(prompt)
        if wanted is None:
            return prompt
        recording, from_ms, to_ms = wanted
        path = self._folder / f"{recording}-{from_ms}-{to_ms}.wav"
        try:
            await asyncio.to_thread(_cut, self._recordings / f"{recording}.wav", path, from_ms, to_ms)
        except (OSError, ValueError, struct.error) as error:
            log.warning("clip_not_made", recording=recording, reason=str(error))
            return None
        asyncio.get_running_loop().call_later(KEPT_S, _remove, path)
        return recorded(f"{FOLDER}/{path.stem}")


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _cut(source: Path, target: Path, from_ms: int, to_ms: int) -> None:
    """Raises:
    OSError: It cannot be read or written.
    ValueError: There is no sound of it.
    """
    with source.open("rb") as file:
        riff, kind, code, channels, rate_hz, _, bits, data = _HEAD.unpack(file.read(_HEAD.size))
        if (riff, kind, code, channels, bits, data) != (b"RIFF", b"WAVEfmt ", 1, 1, 16, b"data"):
            raise ValueError("the recording is no file of Asterisk's")
        first = max(0, from_ms) * rate_hz // 1000
        last = min(to_ms, from_ms + round(LONGEST_S * 1000)) * rate_hz // 1000
        file.seek(_HEAD.size + 2 * first)
        samples = file.read(2 * max(0, last - first))
    samples = samples[: len(samples) // 2 * 2]
    if not samples:
        raise ValueError("the recording has no sound there")
    target.parent.mkdir(exist_ok=True)
    partial = target.with_suffix(".part")
    with wave.open(str(partial), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(samples)
    partial.replace(target)
