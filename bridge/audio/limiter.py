"""A limiter: nothing leaves louder than the ceiling, and what is below it leaves as it came, a moment later."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from bridge.audio.frame import RATE_HZ, Wave
from bridge.audio.levels import gain_of_db

_CHUNK: Final = 16
"""Samples over which the gain moves in a straight line, and the look-ahead: 2 ms at 8 kHz."""
_RAMP: Final = (np.arange(1, _CHUNK + 1, dtype=np.float32) / np.float32(_CHUNK))[None, :]


@dataclass(frozen=True, slots=True)
class LimiterConfig:
    ceiling_dbfs: float = -3.0
    """Peak level that is never passed."""
    release_db_per_s: float = 60.0
    """How fast the gain comes back after a loud sound."""


class Limiter:
    """Streaming. The gain is a broken line that, over each chunk, stays below what that chunk and the next allow."""

    delay_samples: Final = _CHUNK

    def __init__(self, config: LimiterConfig) -> None:
        self._ceiling = gain_of_db(config.ceiling_dbfs)
        self._release = gain_of_db(config.release_db_per_s * _CHUNK / RATE_HZ)
        self._gain = 1.0
        self._waiting: Wave = np.zeros(_CHUNK, dtype=np.float32)

    def process(self, wave: Wave) -> Wave:
        """A multiple of 16 samples in, as many out, `delay_samples` later."""
        if wave.size % _CHUNK:
            raise ValueError(f"{wave.size} samples are not a multiple of {_CHUNK}")
        chunks = np.concatenate((self._waiting, wave)).reshape(-1, _CHUNK)
        self._waiting = chunks[-1].copy()
        peaks: list[float] = np.abs(chunks).max(axis=1).tolist()
        allowed = [min(1.0, self._ceiling / peak) if peak > 0.0 else 1.0 for peak in peaks]
        line = [self._gain]
        for here, following in pairwise(allowed):
            line.append(min(here, following, line[-1] * self._release))
        self._gain = line[-1]
        gains = np.asarray(line, dtype=np.float32)
        curve = gains[:-1, None] + np.diff(gains)[:, None] * _RAMP
        return (chunks[:-1] * curve).reshape(-1).astype(np.float32, copy=False)
