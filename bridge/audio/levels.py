"""How loud: decibels relative to full scale, a full-scale square wave being 0 dBFS RMS (a full-scale sine −3.01)."""

import math
from typing import Final

import numpy as np

from bridge.audio.frame import FULL_SCALE, Samples

SILENT_DBFS: Final = -120.0
"""What digital silence is said to be, in place of minus infinity."""


def dbfs_of_power(power: float) -> float:
    """Mean square, full scale 1.0, as dBFS; never below `SILENT_DBFS`."""
    return max(SILENT_DBFS, 10.0 * math.log10(power)) if power > 0.0 else SILENT_DBFS


def gain_of_db(gain_db: float) -> float:
    return float(10.0 ** (gain_db / 20.0))


def rms_dbfs(samples: Samples) -> float:
    """Of an `int16` array of any length, DC included; empty is silent."""
    if samples.size == 0:
        return SILENT_DBFS
    wave = samples.astype(np.float32)
    return dbfs_of_power(float(np.dot(wave, wave)) / samples.size / FULL_SCALE**2)


def peak_dbfs(samples: Samples) -> float:
    """The greatest magnitude of an `int16` array of any length; empty is silent."""
    if samples.size == 0:
        return SILENT_DBFS
    peak = max(int(samples.max()), -int(samples.min()))
    return dbfs_of_power((peak / FULL_SCALE) ** 2)
