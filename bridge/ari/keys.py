"""Keys that Asterisk tells twice.

Asterisk counts a key as pressed on the line when it began at least 45 ms after the one before and lasted 80 ms.
Otherwise it plays the key out itself, from the key's end on; and a key whose end comes while another is played out, or
less than 45 ms after that, is held back: it is told when it comes, and told again when its turn has come. That happens
to any caller on a line that carries packets unevenly, and on a machine that stands still for a moment, and goes on for
all keys that follow without a rest: the code 12345678 then reads 123445566778.

What is told again has the digit and the duration of the first telling. When Asterisk is free again is reckoned here by
its own time stamps, so that on an even line nothing is ever taken for a second telling.
"""

from collections import deque
from datetime import datetime
from typing import Final

from bridge.ari.model import ChannelDtmfReceived

BETWEEN_MS: Final = 45
"""Asterisk's least pause between two keys."""
LEAST_MS: Final = 80
"""What a key lasts at least; the rest of a shorter one is played out."""
PACKET_MS: Final = 20
"""Asterisk looks at its clock when a packet comes."""
UNSURE_MS: Final = 30
"""By so much the reckoning may be off."""
AGAIN_MS: Final = 400
"""A key that is held back is told again within this, or not at all."""
KEPT: Final = 8


class KeysOfLeg:
    """The keys of one channel, each once. Times are milliseconds of Asterisk's clock."""

    def __init__(self) -> None:
        self._free_ms = float("-inf")
        self._held: deque[tuple[str, int, float]] = deque(maxlen=KEPT)
        """Digit, duration and time of those that may be told again."""

    def is_new(self, event: ChannelDtmfReceived) -> bool:
        """Whether this is a key that has not been told yet."""
        at_ms = _milliseconds(event.timestamp)
        if at_ms is None:
            return True
        lasted_ms = event.duration_ms
        played_ms = max(lasted_ms, LEAST_MS) + PACKET_MS
        for held in self._held:
            if held[:2] == (event.digit, lasted_ms) and 0 <= at_ms - held[2] < AGAIN_MS:
                self._held.remove(held)
                self._free_ms = at_ms + played_ms
                return False
        free_ms = self._free_ms + BETWEEN_MS
        if at_ms - lasted_ms >= free_ms:
            self._free_ms = at_ms if lasted_ms >= LEAST_MS else at_ms + LEAST_MS - lasted_ms + PACKET_MS
            return True
        if at_ms < free_ms + UNSURE_MS:
            self._held.append((event.digit, lasted_ms, at_ms))
        self._free_ms = max(self._free_ms, at_ms + played_ms)
        return True


def _milliseconds(timestamp: str) -> float | None:
    try:
        return 1000 * datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return None
