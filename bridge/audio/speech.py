"""Is somebody talking? An energy detector over 20 ms frames with an adaptive noise floor.

The level is measured over 10 ms blocks (a whole period of rectified mains hum). Speech is declared at the end of a
frame when three blocks in a row, which always span two frames, are loud: 20 to 40 ms after its onset. One click touches
two blocks at most and is not taken for speech. The floor falls fast and rises slowly, so that a steady noise or hum is
learned within seconds while speech, which dips between syllables, is not. It is capped at `noise_max_dbfs`: what is
steadily louder than that (a test tone, a car radio) stays speech.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.audio.frame import (
    FRAME_SAMPLES,
    FULL_SCALE,
    GRAIN_SAMPLES,
    GRAINS_PER_FRAME,
    RATE_HZ,
    Samples,
    samples_of_ms,
)
from bridge.audio.levels import dbfs_of_power

_BLOCK_GRAINS: Final = 2
_BLOCK_SAMPLES: Final = _BLOCK_GRAINS * GRAIN_SAMPLES
_ONSET_BLOCKS: Final = 3
_FALL: Final = 0.25
"""Part of the way that the floor goes towards a lower level in one block."""


@dataclass(frozen=True, slots=True)
class SpeechConfig:
    """When sound is speech. Levels are RMS over 10 ms."""

    speech_min_dbfs: float = -50.0
    """Nothing below this is speech, however quiet the line."""
    speech_above_noise_db: float = 9.0
    """Speech begins this far above the noise floor…"""
    hysteresis_db: float = 3.0
    """…and goes on until it is this much below where it began."""
    voiced_above_noise_db: float = 6.0
    """A grain at least this far above the floor is never treated as part of a pause."""
    hang_ms: int = 400
    """Nobody talks any more when it has been quiet for this long."""
    noise_min_dbfs: float = -70.0
    noise_max_dbfs: float = -40.0
    noise_rise_db_per_s: float = 6.0


Voicing = tuple[bool, bool, bool, bool]
"""For each grain of a frame: whether it carries more than the background."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one frame told."""

    onset: bool
    """Somebody began to talk: declared with this frame."""
    talking: bool
    """Somebody talks, or did within the hang time."""
    voicing: Voicing


class SpeechDetector:
    """Feed it every frame in order; time is what is fed."""

    def __init__(self, config: SpeechConfig) -> None:
        self._config = config
        self._hang_samples = samples_of_ms(config.hang_ms)
        self._rise_db = config.noise_rise_db_per_s * _BLOCK_SAMPLES / RATE_HZ
        self._noise_dbfs: float | None = None
        self._loud_blocks = 0
        self._quiet_samples = 0
        self._talking = False

    @property
    def talking(self) -> bool:
        return self._talking

    @property
    def noise_dbfs(self) -> float:
        """The noise floor as learned so far."""
        return self._config.noise_min_dbfs if self._noise_dbfs is None else self._noise_dbfs

    def process(self, frame: Samples) -> Heard:
        """One frame of 160 samples."""
        grains = frame.astype(np.float32).reshape(GRAINS_PER_FRAME, GRAIN_SAMPLES)
        powers: list[float] = (np.einsum("ij,ij->i", grains, grains) / (GRAIN_SAMPLES * FULL_SCALE**2)).tolist()
        voiced_power = 10.0 ** ((self.noise_dbfs + self._config.voiced_above_noise_db) / 10.0)
        before = self._talking
        self._block((powers[0] + powers[1]) / _BLOCK_GRAINS)
        self._block((powers[2] + powers[3]) / _BLOCK_GRAINS)
        first, second, third, fourth = (power >= voiced_power for power in powers)
        return Heard(self._talking and not before, self._talking, (first, second, third, fourth))

    def pass_time(self, samples: int = FRAME_SAMPLES) -> None:
        """Time went by in which nothing was heard at all: no sound to learn from, only the hang time runs."""
        self._loud_blocks = 0
        self._rest(samples)

    def _block(self, power: float) -> None:
        level_dbfs = dbfs_of_power(power)
        threshold_dbfs = max(self._config.speech_min_dbfs, self.noise_dbfs + self._config.speech_above_noise_db)
        self._loud_blocks = self._loud_blocks + 1 if level_dbfs >= threshold_dbfs else 0
        if self._loud_blocks >= _ONSET_BLOCKS:
            self._talking = True
        if self._talking:
            if level_dbfs >= threshold_dbfs - self._config.hysteresis_db:
                self._quiet_samples = 0
            else:
                self._rest(_BLOCK_SAMPLES)
        self._learn(level_dbfs)

    def _rest(self, samples: int) -> None:
        self._quiet_samples += samples
        if self._quiet_samples >= self._hang_samples:
            self._talking = False
            self._quiet_samples = 0

    def _learn(self, level_dbfs: float) -> None:
        if self._noise_dbfs is None:
            noise_dbfs = level_dbfs
        elif level_dbfs < self._noise_dbfs:
            noise_dbfs = self._noise_dbfs + _FALL * (max(level_dbfs, self._config.noise_min_dbfs) - self._noise_dbfs)
        else:
            noise_dbfs = min(self._noise_dbfs + self._rise_db, level_dbfs)
        self._noise_dbfs = min(max(noise_dbfs, self._config.noise_min_dbfs), self._config.noise_max_dbfs)
