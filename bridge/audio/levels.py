"""How loud: decibels relative to full scale, a full-scale square wave being 0 dBFS RMS (a full-scale sine −3.01)."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.audio.frame import FULL_SCALE, Samples

SILENT_DBFS: Final = -120.0
"""The level of digital silence, in place of minus infinity."""


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


@dataclass(frozen=True, slots=True)
class Reading:
    """Readings of a meter since it was last read, dBFS."""

    peak_dbfs: float = SILENT_DBFS
    """The greatest single sample."""
    rms_dbfs: float = SILENT_DBFS
    """Of all of it, pauses too."""
    loudest_dbfs: float = SILENT_DBFS
    """RMS of the loudest frame: how loud somebody talks, whatever the pauses."""


class Meter:
    """A level meter that begins anew with each reading."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._peak = 0
        self._loudest = 0.0
        self._energy = 0.0
        self._samples = 0

    def add(self, frame: Samples) -> None:
        if frame.size == 0:
            return
        wave = frame.astype(np.float32)
        energy = float(np.dot(wave, wave)) / FULL_SCALE**2
        self._peak = max(self._peak, int(frame.max()), -int(frame.min()))
        self._loudest = max(self._loudest, energy / frame.size)
        self._energy += energy
        self._samples += frame.size

    def read(self) -> Reading:
        reading = Reading(
            peak_dbfs=dbfs_of_power((self._peak / FULL_SCALE) ** 2),
            rms_dbfs=dbfs_of_power(self._energy / max(1, self._samples)),
            loudest_dbfs=dbfs_of_power(self._loudest),
        )
        self._reset()
        return reading
