"""Doors for sound. One opens and shuts on command; the other opens by itself when there is something to hear."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.audio.frame import FRAME_SAMPLES, Wave, samples_of_ms
from bridge.audio.levels import dbfs_of_power

_FADE_SAMPLES: Final = 16
_RISE: Final = np.linspace(0.0, 1.0, _FADE_SAMPLES, dtype=np.float32)


class Fader:
    """Opens and closes over 2 ms at the beginning of a frame, so that it makes no click. Begins closed."""

    def __init__(self) -> None:
        self._open = False

    def process(self, wave: Wave, *, opened: bool) -> Wave:
        """At least 16 samples."""
        if opened == self._open:
            return wave if opened else np.zeros_like(wave)
        self._open = opened
        faded = wave.copy() if opened else np.zeros_like(wave)
        faded[:_FADE_SAMPLES] = wave[:_FADE_SAMPLES] * (_RISE if opened else _RISE[::-1])
        return faded


@dataclass(frozen=True, slots=True)
class GateConfig:
    open_dbfs: float = -50.0
    """A frame at least this loud opens the gate…"""
    hysteresis_db: float = 6.0
    """…and it stays open until frames are this much quieter…"""
    hold_ms: int = 300
    """…for this long."""


class NoiseGate:
    """Shuts out what a terminal's idle codec mumbles and a cable hums between transmissions."""

    def __init__(self, config: GateConfig) -> None:
        self._config = config
        self._hold_samples = samples_of_ms(config.hold_ms)
        self._quiet_samples = self._hold_samples
        self._fader = Fader()

    @property
    def is_loud(self) -> bool:
        """Whether the last frame was itself above the threshold: sound, not the hold after it."""
        return self._quiet_samples == 0

    def process(self, wave: Wave) -> Wave:
        """One frame; the frame that opens it is let through whole, but for the 2 ms fade."""
        level_dbfs = dbfs_of_power(float(np.dot(wave, wave)) / max(wave.size, 1))
        is_open = self._quiet_samples < self._hold_samples
        threshold_dbfs = self._config.open_dbfs - (self._config.hysteresis_db if is_open else 0.0)
        self._quiet_samples = 0 if level_dbfs >= threshold_dbfs else self._quiet_samples + FRAME_SAMPLES
        return self._fader.process(wave, opened=self._quiet_samples < self._hold_samples)
