"""Sounds that scripted users say. All are int16 mono at 8 kHz."""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE_HZ: Final = 8000
FRAME_SAMPLES: Final = 160
FRAME_S: Final = FRAME_SAMPLES / RATE_HZ

Samples = NDArray[np.int16]

_FULL_SCALE: Final = 32767.0


def silence(samples: int) -> Samples:
    return np.zeros(samples, dtype=np.int16)


def tone(frequency_hz: float, seconds: float, level_dbfs: float = -12.0) -> Samples:
    """A sine; `level_dbfs` is its peak."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = np.sin(2 * np.pi * frequency_hz * time_s) * 10 ** (level_dbfs / 20)
    return np.asarray(np.round(wave * _FULL_SCALE), dtype=np.int16)


def speech_like(seconds: float, seed: int = 1, level_dbfs: float = -12.0) -> Samples:
    """Voiced syllables of 100 to 250 ms with pauses between, of a pitch by `seed`, so that talkers differ.

    It has the rhythm, the harmonics and the crest of speech, which is what detectors look at; it says nothing.
    """
    rng = np.random.default_rng(seed)
    total = round(seconds * RATE_HZ)
    out = np.zeros(total)
    pitch_hz = rng.uniform(90, 220)
    at = 0
    while at < total:
        length = min(round(rng.uniform(0.10, 0.25) * RATE_HZ), total - at)
        time_s = np.arange(length) / RATE_HZ
        formant_hz = rng.uniform(400, 900)
        harmonics = np.arange(1, int(3200 / pitch_hz))
        weights = 1 / (1 + ((harmonics * pitch_hz - formant_hz) / 400) ** 2) + 0.05
        voice = (weights[:, None] * np.sin(2 * np.pi * pitch_hz * harmonics[:, None] * time_s)).sum(axis=0)
        out[at : at + length] = voice * np.hanning(length)
        at += length + round(rng.uniform(0.02, 0.12) * RATE_HZ)
    peak = np.max(np.abs(out)) or 1.0
    return np.asarray(np.round(out / peak * 10 ** (level_dbfs / 20) * _FULL_SCALE), dtype=np.int16)


def noise(samples: int, level_dbfs: float, rng: np.random.Generator) -> Samples:
    """White noise; `level_dbfs` is its root mean square."""
    wave = rng.standard_normal(samples) * 10 ** (level_dbfs / 20) * _FULL_SCALE
    return np.asarray(np.clip(np.round(wave), -_FULL_SCALE, _FULL_SCALE), dtype=np.int16)


def read_wav(path: Path) -> Samples:
    """Any sound file that libsndfile reads, mixed to mono and brought to 8 kHz by straight interpolation.

    Raises:
        OSError: The file cannot be read.
    """
    try:
        data, rate_hz = soundfile.read(path, dtype="float64", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise OSError(f"{path} is no sound file: {error}") from error
    mono = data.mean(axis=1)
    if rate_hz != RATE_HZ:
        wanted = np.arange(round(len(mono) * RATE_HZ / rate_hz)) * (rate_hz / RATE_HZ)
        mono = np.interp(wanted, np.arange(len(mono)), mono)
    return np.asarray(np.round(np.clip(mono, -1, 1) * _FULL_SCALE), dtype=np.int16)


def write_wav(path: Path, samples: Samples) -> None:
    soundfile.write(path, samples, RATE_HZ, subtype="PCM_16")


def padded(samples: Samples) -> Samples:
    """Filled up with silence to whole 20 ms frames."""
    return np.pad(samples, (0, -len(samples) % FRAME_SAMPLES))
