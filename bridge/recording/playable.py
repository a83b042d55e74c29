"""A recording as WAV, which everything plays, with the stretches that are not released taken out."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile

from bridge.domain.recording.release import Stretch, joined

_HEAD: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
_SAMPLE_BYTES: Final = 2
_BLOCK_FRAMES: Final = 1 << 16
_MOST_BYTES: Final = 0xFFFFFFFF - _HEAD.size
_TONE_HZ: Final = 1000.0
_TONE: Final = 2000
"""Quiet: a sixteenth of full scale."""


@dataclass(frozen=True)
class Playable:
    """A sound in the archive as 16-bit WAV. Made by `playable`."""

    path: Path
    rate_hz: int
    channels: int
    frames: int
    silenced: Sequence[Stretch] = ()
    """In seconds, without overlaps, in order."""
    has_tone: bool = False

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return _HEAD.size + self.frames * self.channels * _SAMPLE_BYTES

    def blocks(self) -> Iterator[bytes]:
        """The file. A sound that ends early goes on as silence, so that its size is as told."""
        frame_bytes = self.channels * _SAMPLE_BYTES
        data = self.frames * frame_bytes
        rate = self.rate_hz * frame_bytes
        kind = (1, self.channels, self.rate_hz, rate, frame_bytes, 8 * _SAMPLE_BYTES)
        yield _HEAD.pack(b"RIFF", _HEAD.size - 8 + data, b"WAVE", b"fmt ", 16, *kind, b"data", data)
        done = 0
        with soundfile.SoundFile(self.path) as source:
            for block in source.blocks(_BLOCK_FRAMES, dtype="int16", always_2d=True):
                kept = block[: self.frames - done]
                self._silence(kept, done)
                yield np.ascontiguousarray(kept, "<i2").tobytes()
                done += len(kept)
        while done < self.frames:
            more = min(_BLOCK_FRAMES, self.frames - done)
            yield bytes(more * frame_bytes)
            done += more

    def _silence(self, block: Any, first: int) -> None:
        for start_s, end_s in self.silenced:
            # A part of a sample is taken out too.
            begin = max(0, int(start_s * self.rate_hz) - first)
            end = min(len(block), int(-(-end_s * self.rate_hz // 1)) - first)
            if begin < end:
                at = np.arange(first + begin, first + end) / self.rate_hz
                tone = _TONE * np.sin(2 * np.pi * _TONE_HZ * at) if self.has_tone else np.zeros(end - begin)
                block[begin:end] = tone.astype(np.int16)[:, None]


def playable(path: Path, silenced: Sequence[Stretch] = (), *, has_tone: bool = False) -> Playable | None:
    """The sound as WAV; `None`: it is too long for one, or holds no sound.

    Raises:
        OSError: The file cannot be read.
    """
    try:
        with soundfile.SoundFile(path) as source:
            made = Playable(path, source.samplerate, source.channels, source.frames, tuple(joined(silenced)), has_tone)
    except soundfile.SoundFileError:
        return None
    return made if made.size <= _MOST_BYTES else None
