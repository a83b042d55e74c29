"""ITU-T G.711 A-law by table, for simulated telephones and instruments: they share no faults with the program."""

from typing import Final

import numpy as np
import numpy.typing as npt

SILENCE: Final = 0xD5


def _expand(code: int) -> int:
    """One code to a 16-bit value (G.711 table 1a: 13 bits, scaled by 8)."""
    code ^= 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return magnitude if code & 0x80 else -magnitude


_VALUES: Final = np.array([_expand(code) for code in range(256)], np.int16)
_ORDER: Final = np.argsort(_VALUES, kind="stable")
_EDGES: Final = (_VALUES[_ORDER][1:].astype(np.int32) + _VALUES[_ORDER][:-1]) / 2
_CODES: Final = _ORDER[np.searchsorted(_EDGES, np.arange(-32768, 32768), side="left")].astype(np.uint8)


def encode_alaw(samples: npt.NDArray[np.int16]) -> bytes:
    """The nearest code for each 16-bit sample."""
    return _CODES[samples.astype(np.int32) + 32768].tobytes()


def decode_alaw(codes: bytes) -> npt.NDArray[np.float32]:
    """Samples in -1…1."""
    return (_VALUES[np.frombuffer(codes, np.uint8)] / np.float32(32768)).astype(np.float32)


def decode_alaw_s16(codes: bytes) -> bytes:
    """Samples as 16-bit little-endian."""
    return _VALUES[np.frombuffer(codes, np.uint8)].astype("<i2").tobytes()
