"""Loudness of a sound by ITU-R BS.1770-4: K-weighted, gated, in LUFS. It is measured, and the master never altered."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

_STEP_S: Final = 0.1
_BLOCK_STEPS: Final = 4
"""A gating block is 400 ms and begins each 100 ms."""
_ABSOLUTE_LUFS: Final = -70.0
_RELATIVE_LU: Final = -10.0
_OFFSET: Final = -0.691
_RESPONSE_S: Final = 0.5
"""The high-pass at 38 Hz has died away by then."""
Samples = NDArray[np.float64]


def measure(path: Path) -> tuple[float | None, float | None]:
    """Integrated loudness (LUFS) and sample peak (dBFS); `None` for silence. Blocking, one second at a time.

    Raises:
        OSError: The file cannot be read.
        soundfile.SoundFileError: It holds no sound.
    """
    powers: list[float] = []
    peak = 0.0
    with soundfile.SoundFile(path) as sound:
        weigh = _Weighting(sound.samplerate, sound.channels)
        step = max(1, round(sound.samplerate * _STEP_S))
        left: Samples = np.zeros((0, sound.channels))
        for block in _seconds(sound):
            peak = max(peak, float(np.max(np.abs(block), initial=0.0)))
            left = np.concatenate([left, weigh.weighed(block)])
            whole = len(left) // step
            if whole:
                steps = left[: whole * step].reshape(whole, step, -1)
                powers.extend(np.mean(steps**2, axis=1).sum(axis=1).tolist())
                left = left[whole * step :]
    return gated(powers), (20 * math.log10(peak) if peak > 0 else None)


def gated(powers: list[float]) -> float | None:
    """From the mean squares of 100 ms steps, summed over channels, to LUFS. `None`: no block is loud enough."""
    steps = np.asarray(powers)
    if len(steps) < _BLOCK_STEPS:
        return None
    blocks = np.convolve(steps, np.ones(_BLOCK_STEPS) / _BLOCK_STEPS, "valid")
    loud = blocks[_lufs(blocks) > _ABSOLUTE_LUFS]
    if not len(loud):
        return None
    kept = loud[_lufs(loud) > _lufs(np.mean(loud)) + _RELATIVE_LU]
    return float(_lufs(np.mean(kept)))


def _lufs(power: Any) -> Any:
    return _OFFSET + 10 * np.log10(np.maximum(power, 1e-20))


def _seconds(sound: soundfile.SoundFile) -> Iterator[Samples]:
    for block in sound.blocks(sound.samplerate, dtype="float64", always_2d=True):
        yield np.asarray(block, np.float64)


class _Weighting:
    """K-weighting as a finite response, second after second: the tail of each is added to the next."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._response = _response(rate_hz)
        self._tail: Samples = np.zeros((len(self._response) - 1, channels))

    def weighed(self, block: Samples) -> Samples:
        length = len(block) + len(self._response) - 1
        size = 1 << (length - 1).bit_length()
        spectrum = np.fft.rfft(block, size, axis=0) * np.fft.rfft(self._response, size)[:, None]
        whole = np.fft.irfft(spectrum, size, axis=0)[:length]
        whole[: len(self._tail)] += self._tail
        self._tail = whole[len(block) :]
        return whole[: len(block)]


def _response(rate_hz: int) -> Samples:
    """The response of both filters to one sample, for this rate (BS.1770-4 annex 1, as analogue prototypes)."""
    impulse = np.zeros(round(rate_hz * _RESPONSE_S))
    impulse[0] = 1.0
    for numerator, denominator in (_shelf(rate_hz), _high_pass(rate_hz)):
        impulse = _filtered(numerator, denominator, impulse)
    return impulse


def _shelf(rate_hz: int) -> tuple[tuple[float, float, float], tuple[float, float]]:
    k = math.tan(math.pi * min(1681.974450955533, 0.45 * rate_hz) / rate_hz)
    high, q = 10 ** (3.999843853973347 / 20), 0.7071752369554196
    middle = high**0.4996667741545416
    over = 1 + k / q + k * k
    numerator = (
        (high + middle * k / q + k * k) / over,
        2 * (k * k - high) / over,
        (high - middle * k / q + k * k) / over,
    )
    return numerator, (2 * (k * k - 1) / over, (1 - k / q + k * k) / over)


def _high_pass(rate_hz: int) -> tuple[tuple[float, float, float], tuple[float, float]]:
    k, q = math.tan(math.pi * 38.13547087602444 / rate_hz), 0.5003270373238773
    over = 1 + k / q + k * k
    return (1.0, -2.0, 1.0), (2 * (k * k - 1) / over, (1 - k / q + k * k) / over)


def _filtered(numerator: tuple[float, float, float], denominator: tuple[float, float], samples: Samples) -> Samples:
    out = np.zeros_like(samples)
    x1 = x2 = y1 = y2 = 0.0
    for at, x in enumerate(samples):
        y = numerator[0] * x + numerator[1] * x1 + numerator[2] * x2 - denominator[0] * y1 - denominator[1] * y2
        x1, x2, y1, y2 = float(x), x1, y, y1
        out[at] = y
    return out
