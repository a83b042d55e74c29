"""Two directions of sound on one time line: what came when, with silence between."""

from collections import deque
from enum import IntEnum
from typing import Final

import numpy as np

from bridge.audio.frame import Samples, samples_of_ms

_SLACK: Final = samples_of_ms(60)
"""Sound that comes so much later than the end of the sound before it still follows without a gap. Frames come
unevenly."""
SETTLED: Final = samples_of_ms(200)
"""Sound that is older than this is complete: nothing earlier comes any more."""


class Side(IntEnum):
    """Channels of a track."""

    FROM_RADIO = 0
    TO_RADIO = 1


class TwoSides:
    """`put` sound as it passes, `take` what is complete. Places are samples since the beginning, by the caller's clock.

    Sound that comes steadily stays whole and in step; after a pause it is put where the clock says. Second n of what
    is taken is second n after the beginning, within 60 ms.
    """

    def __init__(self) -> None:
        self._waiting: tuple[deque[tuple[int, Samples]], deque[tuple[int, Samples]]] = (deque(), deque())
        self._ends = [0, 0]
        self._taken = 0

    def put(self, side: Side, samples: Samples, at: int) -> None:
        """Sound whose last sample passes at `at`."""
        begin = at - samples.size
        end = self._ends[side]
        begin = max(begin if begin > end + _SLACK else end, self._taken)
        self._waiting[side].append((begin, samples))
        self._ends[side] = begin + samples.size

    def take(self, until: int) -> Samples:
        """All before `until` that was not taken yet, as an array of shape (n, 2)."""
        size = max(0, until - self._taken)
        both = np.zeros((size, 2), dtype=np.int16)
        for side, waiting in enumerate(self._waiting):
            while waiting and waiting[0][0] < until:
                begin, samples = waiting.popleft()
                fits = until - begin
                if samples.size > fits:
                    waiting.appendleft((until, samples[fits:]))
                    samples = samples[:fits]
                both[begin - self._taken : begin - self._taken + samples.size, side] = samples
        self._taken += size
        return both
