"""Sounds made and sounds found: tones, chirps, noise; and how much of one frequency is in a sound."""

import numpy as np

from bridge.audio.frame import RATE_HZ, Samples, Wave, to_wave
from bridge.audio.levels import dbfs_of_power, gain_of_db


def tone(frequency_hz: float, duration_s: float, level_dbfs: float = -20.0, rate_hz: int = RATE_HZ) -> Wave:
    """A sine; `level_dbfs` is its RMS (at most −3.01). Begins at zero."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return _level(np.sin(2 * np.pi * frequency_hz * time_s), level_dbfs)


def chirp(from_hz: float, to_hz: float, duration_s: float, level_dbfs: float = -20.0, rate_hz: int = RATE_HZ) -> Wave:
    """A linear sweep: no two places in it are alike, which is what makes a lost sample visible."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    phase = 2 * np.pi * (from_hz * time_s + (to_hz - from_hz) * time_s**2 / (2 * duration_s))
    return _level(np.sin(phase), level_dbfs)


def noise(duration_s: float, level_dbfs: float, seed: int = 0, rate_hz: int = RATE_HZ) -> Wave:
    """White Gaussian noise of the given RMS, the same for the same seed."""
    wave = np.random.default_rng(seed).standard_normal(round(duration_s * rate_hz))
    return (wave * gain_of_db(level_dbfs)).astype(np.float32)


def _level(sine: np.ndarray[tuple[int], np.dtype[np.float64]], level_dbfs: float) -> Wave:
    wave: Wave = (sine * np.sqrt(2.0) * gain_of_db(level_dbfs)).astype(np.float32)
    return wave


def tone_dbfs(samples: Samples, frequency_hz: float, rate_hz: int = RATE_HZ) -> float:
    """RMS of the part of a sound that is at one frequency (a Goertzel filter's answer, Hann-windowed).

    The width is about `4 * rate_hz / samples.size`: 40 Hz for 0.1 s.
    """
    window = np.hanning(samples.size)
    turn = np.exp(-2j * np.pi * frequency_hz * np.arange(samples.size) / rate_hz)
    amplitude = 2.0 * abs(np.sum(to_wave(samples) * window * turn)) / max(float(window.sum()), 1e-9)
    return dbfs_of_power(float(amplitude) ** 2 / 2.0)
