"""A-law and µ-law (ITU-T G.711), by table."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bridge.audio.frame import Samples

Octets = NDArray[np.uint8]


def _alaw_values() -> Samples:
    """G.711 table 1: even bits inverted; segment 0 and 1 have the same step."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment, step = (code >> 4) & 7, code & 15
    magnitude = np.where(segment == 0, (step << 4) + 8, ((step << 4) + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _ulaw_values() -> Samples:
    """G.711 table 2: all bits inverted; bias 33 in units of 4."""
    code = np.arange(256, dtype=np.int32) ^ 0xFF
    segment, step = (code >> 4) & 7, code & 15
    magnitude = (((step << 3) + 0x84) << segment) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _nearest(values: Samples) -> Octets:
    """For each `int16`, by its bit pattern, the code whose value is nearest."""
    order = np.argsort(values, kind="stable")
    levels = values[order].astype(np.int32)
    middles = (levels[:-1] + levels[1:] + 1) // 2
    samples = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    return order[np.searchsorted(middles, samples, side="right")].astype(np.uint8)


_ALAW_VALUES: Final = _alaw_values()
_ULAW_VALUES: Final = _ulaw_values()
_ALAW_CODES: Final = _nearest(_ALAW_VALUES)
_ULAW_CODES: Final = _nearest(_ULAW_VALUES)


def alaw_encode(samples: Samples) -> bytes:
    return _ALAW_CODES[samples.view(np.uint16)].tobytes()


def alaw_decode(octets: bytes) -> Samples:
    return _ALAW_VALUES[np.frombuffer(octets, dtype=np.uint8)]


def ulaw_encode(samples: Samples) -> bytes:
    return _ULAW_CODES[samples.view(np.uint16)].tobytes()


def ulaw_decode(octets: bytes) -> Samples:
    return _ULAW_VALUES[np.frombuffer(octets, dtype=np.uint8)]
