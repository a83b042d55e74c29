"""Is somebody talking? An energy detector over 20 ms frames with an adaptive noise floor.

The level is measured over 10 ms blocks (a whole period of rectified mains hum). Speech is declared at the end of a
frame when three blocks in a row are loud. They always span two frames, so it is declared 20 to 40 ms after its onset.
One click touches two blocks at most and is not taken for speech. The floor falls fast and rises slowly. A steady noise
or hum is learned within seconds; speech dips between syllables and is not. The floor is capped at `noise_max_dbfs`.

A louder sound is taken for speech, until it has gone on for `stuck_s` without syllables (`steady`). Then it is *stuck*
and is speech no more. Its level becomes the floor, which now follows it slowly both ways. The noise is over when the
level has been well below it for half a second. Speech on top of the noise is found at a smaller distance than usual.
The noise is known to be steady.

A burst that is shorter than `speech_min_ms` is not speech; short dips in it do not end it.
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
from bridge.audio.steady import SteadyWatch

_BLOCK_GRAINS: Final = 2
_BLOCK_SAMPLES: Final = _BLOCK_GRAINS * GRAIN_SAMPLES
_ONSET_BLOCKS: Final = 3
_DIP_BLOCKS: Final = 8
"""A burst that has lasted for the onset goes on over a dip of 80 ms."""
_BLOCK_MS: Final = _BLOCK_SAMPLES * 1000 // RATE_HZ
_ABOVE_STEADY_DB: Final = 5.0
_STEADY_HYSTERESIS_DB: Final = 2.0
_STEADY_OVER_DB: Final = 6.0
_STEADY_OVER_SAMPLES: Final = RATE_HZ // 2
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
    speech_min_ms: int = 30
    """A shorter sound is not speech: a cough, a knock."""
    stuck_s: float = 180.0
    """A sound without syllables for so long is not speech; 0: it may be."""


Voicing = tuple[bool, bool, bool, bool]
"""For each grain of a frame: whether it carries more than the background."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The judgement of one frame."""

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
        self._onset_blocks = max(_ONSET_BLOCKS, -(-config.speech_min_ms // _BLOCK_MS))
        self._burst_blocks = 0
        self._dip_blocks = 0
        self._quiet_samples = 0
        self._talking = False
        self._watch = SteadyWatch()
        self._steady = False
        self._below_samples = 0
        self._stuck = False

    @property
    def talking(self) -> bool:
        return self._talking

    @property
    def stuck(self) -> bool:
        """A steady sound was taken for speech, and is no more. Ends with the sound, or with speech on top of it."""
        return self._stuck

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
        self._guard(frame)
        first, second, third, fourth = (power >= voiced_power for power in powers)
        return Heard(self._talking and not before, self._talking, (first, second, third, fourth))

    def pass_time(self, samples: int = FRAME_SAMPLES) -> None:
        """Time went by in which nothing was heard at all: no sound to learn from, only the hang time runs."""
        self._burst_blocks = self._dip_blocks = 0
        self._rest(samples)
        self._fade(samples)

    def _block(self, power: float) -> None:
        level_dbfs = dbfs_of_power(power)
        above_db, hysteresis_db = self._config.speech_above_noise_db, self._config.hysteresis_db
        if self._steady:
            above_db, hysteresis_db = min(above_db, _ABOVE_STEADY_DB), min(hysteresis_db, _STEADY_HYSTERESIS_DB)
        threshold_dbfs = max(self._config.speech_min_dbfs, self.noise_dbfs + above_db)
        self._count_burst(loud=level_dbfs >= threshold_dbfs)
        if self._burst_blocks >= self._onset_blocks:
            self._talking = True
            self._stuck = False
        if self._talking:
            if level_dbfs >= threshold_dbfs - hysteresis_db:
                self._quiet_samples = 0
            else:
                self._rest(_BLOCK_SAMPLES)
        if self._steady and level_dbfs < self.noise_dbfs - _STEADY_OVER_DB:
            self._fade(_BLOCK_SAMPLES)
        else:
            self._below_samples = 0
        self._learn(level_dbfs)

    def _count_burst(self, *, loud: bool) -> None:
        if loud:
            self._burst_blocks += 1 + self._dip_blocks
            self._dip_blocks = 0
        elif self._burst_blocks >= _ONSET_BLOCKS and self._dip_blocks < _DIP_BLOCKS:
            self._dip_blocks += 1
        else:
            self._burst_blocks = self._dip_blocks = 0

    def _guard(self, frame: Samples) -> None:
        """Whether what is taken for speech has syllables."""
        if not self._talking or not self._config.stuck_s:
            self._watch.reset()
            return
        self._watch.process(frame)
        if self._watch.steady_s < self._config.stuck_s:
            return
        self._noise_dbfs = self._watch.level_dbfs
        self._steady = True
        self._below_samples = self._burst_blocks = self._dip_blocks = self._quiet_samples = 0
        self._talking = False
        self._stuck = True
        self._watch.reset()

    def _fade(self, samples: int) -> None:
        """The steady sound is not there; after half a second it is over."""
        self._below_samples += samples
        if self._steady and self._below_samples >= _STEADY_OVER_SAMPLES:
            self._steady = self._stuck = False
            self._noise_dbfs = None

    def _rest(self, samples: int) -> None:
        self._quiet_samples += samples
        if self._quiet_samples >= self._hang_samples:
            self._talking = False
            self._quiet_samples = 0

    def _learn(self, level_dbfs: float) -> None:
        if self._steady:
            if not self._talking and self._below_samples == 0:
                change_db = level_dbfs - self.noise_dbfs
                self._noise_dbfs = self.noise_dbfs + min(max(change_db, -self._rise_db), self._rise_db)
            return
        if self._noise_dbfs is None:
            noise_dbfs = level_dbfs
        elif level_dbfs < self._noise_dbfs:
            noise_dbfs = self._noise_dbfs + _FALL * (max(level_dbfs, self._config.noise_min_dbfs) - self._noise_dbfs)
        else:
            noise_dbfs = min(self._noise_dbfs + self._rise_db, level_dbfs)
        self._noise_dbfs = min(max(noise_dbfs, self._config.noise_min_dbfs), self._config.noise_max_dbfs)
