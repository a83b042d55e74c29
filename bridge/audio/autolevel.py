"""A slow hand on the level: quiet and loud talkers come out alike, without pumping and without delay.

Only speech moves it; in silence it stands still, so that no noise is ever drawn up. Speech that is near enough to the
target passes untouched, sample for sample. The limiter after it is what meets single peaks.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.audio.frame import FRAME_MS, Wave
from bridge.audio.levels import SILENT_DBFS, dbfs_of_power, gain_of_db

_SETTLE_FRAMES: Final = 10
"""200 ms of speech before the first change: a syllable or two say nothing of a talker."""
_MEMORY_FRAMES: Final = 50
"""The level is the average of one second of speech."""
_IN_SPEECH_DB: Final = 15.0
"""Sound so far below the talker's level is a pause, also where it is called voiced."""
_RAMP_SAMPLES: Final = 16


@dataclass(frozen=True, slots=True)
class AutoLevelConfig:
    target_dbfs: float = -20.0
    """RMS of speech, pauses not counted."""
    range_db: float = 12.0
    """It never gives or takes more."""
    near_db: float = 2.0
    """So near the target nothing is changed…"""
    there_db: float = 0.5
    """…and a change goes on until it is so near."""
    rise_db_per_s: float = 4.0
    fall_db_per_s: float = 8.0
    ceiling_dbfs: float = -1.0
    """It lifts no peak above this."""


class AutoLevel:
    """Streaming, a frame at a time."""

    def __init__(self, config: AutoLevelConfig) -> None:
        self._config = config
        self._rise_db = config.rise_db_per_s * FRAME_MS / 1000
        self._fall_db = config.fall_db_per_s * FRAME_MS / 1000
        self._ceiling = gain_of_db(config.ceiling_dbfs)
        self._applied = 1.0
        self.reset()

    @property
    def gain_db(self) -> float:
        """In force now."""
        return self._gain_db

    def reset(self) -> None:
        """Another talker: begin at 0 dB."""
        self._gain_db = 0.0
        self._power = 0.0
        self._voiced = 0
        self._moving = False

    def process(self, wave: Wave, *, voiced: bool) -> Wave:
        """One frame in, the same one out. `voiced`: it carries speech."""
        if voiced:
            self._learn(float(np.dot(wave, wave)) / max(wave.size, 1))
            self._move()
        gain = gain_of_db(self._gain_db) if self._gain_db else 1.0
        if gain > 1.0:
            peak = float(np.abs(wave).max(initial=0.0))
            gain = min(gain, max(1.0, self._ceiling / peak)) if peak > 0.0 else gain
        before, self._applied = self._applied, gain
        if before == gain:
            return wave if gain == 1.0 else wave * np.float32(gain)
        curve = np.full(wave.size, gain, dtype=np.float32)
        ramp = min(wave.size, _RAMP_SAMPLES)
        curve[:ramp] = np.linspace(before, gain, ramp, dtype=np.float32)
        return wave * curve

    def _learn(self, power: float) -> None:
        if self._voiced and dbfs_of_power(power) < dbfs_of_power(self._power) - _IN_SPEECH_DB:
            return
        self._voiced += 1
        self._power += (power - self._power) / min(self._voiced, _MEMORY_FRAMES)

    def _move(self) -> None:
        level_dbfs = dbfs_of_power(self._power)
        if self._voiced < _SETTLE_FRAMES or level_dbfs <= SILENT_DBFS:
            return
        config = self._config
        wanted_db = min(max(config.target_dbfs - level_dbfs, -config.range_db), config.range_db)
        off_db = wanted_db - self._gain_db
        self._moving = abs(off_db) > (config.there_db if self._moving else config.near_db)
        if self._moving:
            self._gain_db += min(max(off_db, -self._fall_db), self._rise_db)
