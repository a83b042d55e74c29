"""The stretch of a recording in which something was said, as a file of its own."""

import io
from pathlib import Path
from typing import Final

import soundfile

LONGEST_S: Final = 3600.0
"""Of a longer stretch the first hour is given."""


def clip(sound: Path, from_s: float, to_s: float) -> bytes:
    """The stretch as FLAC, sample by sample as in the recording. Blocking.

    Raises:
        OSError: The file cannot be read.
        soundfile.SoundFileError: It holds no sound.
    """
    with soundfile.SoundFile(sound) as source:
        rate_hz = source.samplerate
        first = max(0, min(source.frames, round(from_s * rate_hz)))
        count = round(min(max(0.0, to_s - max(0.0, from_s)), LONGEST_S) * rate_hz)
        source.seek(first)
        out = io.BytesIO()
        with soundfile.SoundFile(out, "w", rate_hz, source.channels, subtype="PCM_16", format="FLAC") as clipped:
            for block in source.blocks(rate_hz, frames=count, dtype="int16", always_2d=True):
                clipped.write(block)
    return out.getvalue()
