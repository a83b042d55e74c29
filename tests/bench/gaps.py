"""A steady tone through a room: the longest time in which none of it came to a telephone."""

from typing import Final

import numpy as np

from tests.harness.audio import RATE_HZ, Capture, tone

TONE: Final = tone(997.0)
GRAIN: Final = 40
"""Samples: 5 ms."""
LOUD: Final = 0.3
"""Of the tone's own level."""


def longest_gap_ms(heard: Capture, from_s: float, to_s: float) -> float:
    """The longest time without the tone: a hole in it, or packets that stood still.

    A telephone that plays each packet as it comes is silent for so long.
    """
    first, last = heard.index_of(from_s), heard.index_of(to_s)
    count = (last - first) // GRAIN
    if count < RATE_HZ // GRAIN:
        return 1000 * (to_s - from_s)
    grains = heard.samples[first : first + count * GRAIN].reshape(count, GRAIN)
    level = np.sqrt(np.mean(np.square(grains, dtype=np.float64), axis=1))
    own = float(np.sqrt(np.mean(np.square(TONE.phrase, dtype=np.float64))))
    at_s = np.array([heard.time_of(first + int(number) * GRAIN) for number in np.flatnonzero(level > LOUD * own)])
    if len(at_s) < 2:
        return 1000 * (to_s - from_s)
    return float(1000 * (np.max(np.diff(at_s)) - GRAIN / RATE_HZ))
