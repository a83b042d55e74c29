"""Conversion between a sound card's rate (48, 24 or 16 kHz) and the telephone's 8 kHz. It goes both ways, in a stream.

The filter is a Kaiser-windowed FIR in polyphase form. It is flat to 3.4 kHz and at least 60 dB down from 4.6 kHz on.
Frequencies that fold land above 3.4 kHz, where the telephone carries nothing. The delay is the same at every rate:
about 1.5 ms.
"""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bridge.audio.frame import Wave

_PASS_HZ: Final = 3400.0
_STOP_HZ: Final = 4600.0
_REJECTION_DB: Final = 66.0
"""Designed for; what is promised is 60."""


def _low_pass(rate_hz: int, multiple: int) -> Wave:
    """Taps, as many as the transition needs, rounded up to a multiple; gain 1 at DC (Kaiser's formulae)."""
    width = 2 * np.pi * (_STOP_HZ - _PASS_HZ) / rate_hz
    count = -(-int(np.ceil((_REJECTION_DB - 7.95) / (2.285 * width)) + 1) // multiple) * multiple
    place = np.arange(count) - (count - 1) / 2
    cutoff = (_PASS_HZ + _STOP_HZ) / rate_hz
    taps = np.sinc(cutoff * place) * np.kaiser(count, 0.1102 * (_REJECTION_DB - 8.7))
    scaled: Wave = (taps / taps.sum()).astype(np.float32)
    return scaled


class Decimator:
    """From `factor * rate_hz` down to `rate_hz`."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        if from_hz <= to_hz or from_hz % to_hz:
            raise ValueError(f"{from_hz} Hz is not a multiple of {to_hz} Hz")
        self._factor = from_hz // to_hz
        self._taps = _low_pass(from_hz, 1)[::-1].copy()
        self._past: Wave = np.zeros(self._taps.size - 1, dtype=np.float32)

    def process(self, wave: Wave) -> Wave:
        """A multiple of the factor in, that many fewer out."""
        if wave.size % self._factor:
            raise ValueError(f"{wave.size} samples are not a multiple of {self._factor}")
        joined = np.concatenate((self._past, wave))
        self._past = joined[-(self._taps.size - 1) :].copy()
        return (sliding_window_view(joined, self._taps.size)[:: self._factor] @ self._taps).astype(np.float32)


class Interpolator:
    """From `rate_hz` up to `factor * rate_hz`."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        if to_hz <= from_hz or to_hz % from_hz:
            raise ValueError(f"{to_hz} Hz is not a multiple of {from_hz} Hz")
        factor = to_hz // from_hz
        taps = _low_pass(to_hz, factor) * np.float32(factor)
        self._phases = taps.reshape(-1, factor)[::-1].copy()
        self._past: Wave = np.zeros(self._phases.shape[0] - 1, dtype=np.float32)

    def process(self, wave: Wave) -> Wave:
        """Any number in, `factor` times as many out."""
        joined = np.concatenate((self._past, wave))
        self._past = joined[-(self._phases.shape[0] - 1) :].copy()
        return (sliding_window_view(joined, self._phases.shape[0]) @ self._phases).reshape(-1).astype(np.float32)


Resampler = Decimator | Interpolator


def resampler(from_hz: int, to_hz: int) -> Resampler:
    """The one of the two that is needed; the rates must be whole multiples of each other, and differ."""
    return Decimator(from_hz, to_hz) if from_hz > to_hz else Interpolator(from_hz, to_hz)
