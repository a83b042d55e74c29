"""Time and ids at the border."""

import secrets
import time
from collections.abc import Mapping
from typing import Final

from bridge.domain.kernel.ids import ID_LENGTH, PREFIXES
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.engine.reasons import EngineReason

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


_MOST_S: Final = 2.0
"""Minutes and lists show whole seconds; what a running chrony corrects stays far below."""


class SteadyClock:
    """Wall time that never jumps: the true time at start, then the monotonic clock.

    A correction of the system's clock is taken at the next start, and told by `health` until then. Timers and the
    radio's minute thus never stretch.
    """

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now_s(self) -> float:
        """Seconds since 1970 (UTC)."""
        return self._offset_s + time.monotonic()

    def ahead_s(self) -> float:
        """How far the system's clock is ahead of ours: what it was set by since the start."""
        return time.time() - self.now_s()

    def health(self) -> Mapping[str, Reason]:
        """`clock`: whether the system's clock has been set since the start."""
        ahead_s = self.ahead_s()
        if abs(ahead_s) < _MOST_S:
            return {"clock": WELL}
        way = "forward" if ahead_s > 0 else "back"
        return {"clock": EngineReason.CLOCK_SET(way=way, seconds=round(abs(ahead_s)))}


class RandomIds:
    """Ids that sort by time: prefix of the kind, `-`, 10 characters of milliseconds, 16 of chance (as a ULID)."""

    def __init__(self, clock: SteadyClock) -> None:
        self._clock = clock

    def mint(self, kind: str) -> str:
        value = (int(self._clock.now_s() * 1000) << 80) | secrets.randbits(80)
        letters = [_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5)]
        minted = f"{PREFIXES[kind]}-{''.join(letters)}"
        if len(minted) != ID_LENGTH:
            raise AssertionError(minted)
        return minted
