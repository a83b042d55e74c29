"""Time and ids at the border."""

import secrets
import time
from typing import Final

from bridge.domain.ids import ID_LENGTH, PREFIXES

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class SteadyClock:
    """Wall time that never jumps: the true time at start, then the monotonic clock.

    A correction of the system's clock is seen at the next start. Timers and the radio's minute thus never stretch.
    """

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now_s(self) -> float:
        """Seconds since 1970 (UTC)."""
        return self._offset_s + time.monotonic()


class RandomIds:
    """Ids that sort by time: kind prefix, `-`, 10 characters of milliseconds and 16 of chance (the form of a ULID)."""

    def __init__(self, clock: SteadyClock) -> None:
        self._clock = clock

    def mint(self, kind: str) -> str:
        value = (int(self._clock.now_s() * 1000) << 80) | secrets.randbits(80)
        letters = [_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5)]
        minted = f"{PREFIXES[kind]}-{''.join(letters)}"
        if len(minted) != ID_LENGTH:
            raise AssertionError(minted)
        return minted
