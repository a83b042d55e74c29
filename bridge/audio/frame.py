"""The one shape of sound on the live path, and the way to and from floats.

Telephone audio is 8 kHz mono. A *frame* is 20 ms of it: 160 samples, `int16`, full scale 32768. A *grain* is a quarter
of a frame, the smallest piece that is ever left out.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""Mono, 8 kHz unless said otherwise, native byte order."""
Wave = NDArray[np.float32]
"""Mono, full scale ±1.0."""

RATE_HZ: Final = 8000
FRAME_MS: Final = 20
FRAME_SAMPLES: Final = RATE_HZ * FRAME_MS // 1000
GRAIN_MS: Final = 5
GRAIN_SAMPLES: Final = RATE_HZ * GRAIN_MS // 1000
GRAINS_PER_FRAME: Final = FRAME_SAMPLES // GRAIN_SAMPLES
FULL_SCALE: Final = 32768.0

SILENCE: Final[Samples] = np.zeros(FRAME_SAMPLES, dtype=np.int16)
SILENCE.setflags(write=False)


def to_wave(samples: Samples) -> Wave:
    """`int16` to ±1.0."""
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


def to_samples(wave: Wave) -> Samples:
    """±1.0 to `int16`, rounded, clipped at full scale."""
    samples: Samples = np.clip(np.rint(wave * np.float32(FULL_SCALE)), -32768, 32767).astype(np.int16)
    return samples


def samples_of_ms(duration_ms: float) -> int:
    return round(duration_ms * RATE_HZ / 1000)


def ms_of_samples(count: int) -> int:
    return count * 1000 // RATE_HZ
