"""Reading the WAV files that Asterisk writes, also those it could not finish.

Asterisk writes the sizes in the header when it closes the file. After a crash they are 0, and ordinary readers see an
empty file; the sound is there all the same. The file itself is never changed here.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

_CHUNK: Final = struct.Struct("<4sI")
_FORMAT: Final = struct.Struct("<HHIIHH")
_PCM: Final = 1
_SAMPLE_BYTES: Final = 2
_MOST_CHUNKS: Final = 64


class WavError(ValueError):
    """Nothing that can be kept as sound. The text says what is wrong with the file."""


@dataclass(frozen=True, slots=True)
class WavLayout:
    """Where the samples of a 16-bit PCM WAV file are.

    Attributes:
        data_bytes: Whole frames that are really in the file.
        repaired: The header did not tell their size: the file was never closed, or was cut.
    """

    rate_hz: int
    channels: int
    data_offset: int
    data_bytes: int
    repaired: bool

    @property
    def frames(self) -> int:
        return self.data_bytes // (self.channels * _SAMPLE_BYTES)

    @property
    def duration_s(self) -> float:
        return self.frames / self.rate_hz


def read_layout(path: Path) -> WavLayout:
    """Find the samples.

    Raises:
        WavError: Empty, no WAV, not 16-bit PCM, or no samples.
        OSError: Not there, or not readable.
    """
    size = path.stat().st_size
    if size == 0:
        raise WavError("the file is empty")
    with path.open("rb") as source:
        riff, _ = _chunk(source)
        if riff != b"RIFF" or source.read(4) != b"WAVE":
            raise WavError("the file is no WAV file")
        rate_hz = channels = 0
        for _ in range(_MOST_CHUNKS):
            name, length = _chunk(source)
            if name == b"fmt ":
                rate_hz, channels = _format(source, length)
            elif name == b"data":
                if not rate_hz:
                    raise WavError("the file has sound but no format")
                return _layout(rate_hz, channels, source.tell(), length, size)
            else:
                source.seek(length + (length & 1), 1)
    raise WavError("the file has no sound")


def blocks(path: Path, layout: WavLayout, block_frames: int = 1 << 16) -> Iterator[bytes]:
    """The samples, little-endian 16 bit, at most `block_frames` frames at a time."""
    left = layout.data_bytes
    with path.open("rb") as source:
        source.seek(layout.data_offset)
        while left:
            block = source.read(min(left, block_frames * layout.channels * _SAMPLE_BYTES))
            if not block:
                raise WavError("the file became shorter while it was read")
            left -= len(block)
            yield block


def _chunk(source: BinaryIO) -> tuple[bytes, int]:
    head = source.read(_CHUNK.size)
    if len(head) < _CHUNK.size:
        raise WavError("the file ends before its sound")
    name, length = _CHUNK.unpack(head)
    return name, length


def _format(source: BinaryIO, length: int) -> tuple[int, int]:
    content = source.read(length + (length & 1))
    if len(content) < _FORMAT.size:
        raise WavError("the file ends in its format")
    kind, channels, rate_hz, _, _, bits = _FORMAT.unpack_from(content)
    if kind != _PCM or bits != 8 * _SAMPLE_BYTES or not 1 <= channels <= 8 or not 1000 <= rate_hz <= 192_000:
        raise WavError(f"the file is not 16-bit PCM (format {kind}, {bits} bits, {channels} channels, {rate_hz} Hz)")
    return rate_hz, channels


def _layout(rate_hz: int, channels: int, offset: int, told: int, size: int) -> WavLayout:
    there = size - offset
    repaired = told == 0 or told > there
    data_bytes = there if repaired else told
    data_bytes -= data_bytes % (channels * _SAMPLE_BYTES)
    if data_bytes <= 0:
        raise WavError("the file has no sound")
    return WavLayout(rate_hz, channels, offset, data_bytes, repaired)
