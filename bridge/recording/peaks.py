"""The shape of a recording for a waveform: the least and the greatest sample of each short stretch.

It is made when it is first asked for, and kept beside the archive until others push it out.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from bridge import files
from bridge.ports import ArchivedRecording, SoundShape

FOLDER: Final = ".peaks"
"""Below the archive's root. All in it can be made anew."""
PER_S: Final = 10
"""Stretches in each second, of a recording that is not too long."""
MOST: Final = 400_000
"""Stretches of one recording; of a longer one they are longer. 11 h at `PER_S`."""
MOST_KEPT: Final = 500
"""Files in the folder; the ones unused for longest go first. Together at most 400 MB."""
_HEAD: Final = struct.Struct("<4sdI")
_MARK: Final = b"SPK1"
_BLOCK: Final = 1 << 18
_SHIFT: Final = 8
"""Samples of 16 bits are shown by their upper 8."""


@dataclass(frozen=True)
class Peaks:
    """Makes and keeps the shapes of sounds. `archive` is the root of the archive."""

    archive: Path

    def __call__(self, found: ArchivedRecording) -> SoundShape:
        """The shape of an archived recording. Blocking: call it in a thread.

        Raises:
            ValueError: The recording is not archived.
            OSError: Its file cannot be read.
            soundfile.SoundFileError: It holds no sound.
        """
        if found.path is None or found.recording.sha256 is None:
            raise ValueError("the recording is not archived")
        kept = self.archive / FOLDER / f"{found.recording.sha256}.peaks"
        made = _read(kept)
        if made is None:
            made = shape_of(found.path)
            with suppress(OSError):  # a full disk: it is made again the next time
                files.make_folder(kept.parent)
                files.replace_file(kept, _HEAD.pack(_MARK, made.per_s, made.count) + made.pairs)
                _make_room(kept.parent)
        return made


def shape_of(sound: Path) -> SoundShape:
    """Of a file, with all its channels together. It is read in blocks, and is never in memory as a whole.

    Raises:
        OSError: The file cannot be read.
        soundfile.SoundFileError: It holds no sound.
    """
    with soundfile.SoundFile(sound) as source:
        stretch = max(source.samplerate // PER_S, -(-source.frames // MOST))
        pairs = b"".join(_pairs(source, stretch))
        return SoundShape(source.samplerate / stretch, pairs)


def _pairs(source: soundfile.SoundFile, stretch: int) -> Iterator[bytes]:
    block_frames = max(1, _BLOCK // stretch) * stretch
    for block in source.blocks(block_frames, dtype="int16", always_2d=True):
        least, most = block.min(axis=1), block.max(axis=1)
        starts = np.arange(0, len(least), stretch)
        low = np.minimum.reduceat(least, starts) >> _SHIFT
        high = np.maximum.reduceat(most, starts) >> _SHIFT
        yield np.stack([low, high], axis=1).astype(np.int8).tobytes()


def _read(kept: Path) -> SoundShape | None:
    """A file that is not whole counts as none."""
    try:
        content = kept.read_bytes()
        mark, per_s, count = _HEAD.unpack_from(content)
    except (OSError, struct.error):
        return None
    pairs = content[_HEAD.size :]
    if mark != _MARK or len(pairs) != 2 * count:
        return None
    with suppress(OSError):
        os.utime(kept)
    return SoundShape(per_s, pairs)


def _make_room(folder: Path) -> None:
    def used_at(one: Path) -> float:
        try:
            return one.stat().st_mtime
        except FileNotFoundError:
            return 0.0

    for one in sorted(folder.glob("*.peaks"), key=used_at, reverse=True)[MOST_KEPT:]:
        one.unlink(missing_ok=True)
