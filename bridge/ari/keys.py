"""Keys that Asterisk tells twice.

Asterisk counts a key as pressed on the line when it began at least 45 ms after the one before and lasted 80 ms.
Otherwise it plays the key out itself, from the key's end on; and a key whose end comes while another is played out, or
less than 45 ms after that, is held back: it is told when it comes, and told again when its turn has come. That happens
to any caller on a line that carries packets unevenly, and on a machine that stands still for a moment, and goes on for
all keys that follow without a rest: the code 12345678 then reads 123445566778.

What is told again has the digit and the duration of the first telling, and comes when Asterisk is free. That is
reckoned here by its own time stamps; whatever comes later is a key of its own, so that on an even line nothing is ever
taken for a second telling.
"""

from dataclasses import dataclass
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
MOST_RESTORED_MS: Final = 200
"""Of a key that began after a rest, Asterisk plays out no more than what an uneven line took off its beginning."""
MOST_HELD: Final = 16
"""The oldest of more is forgotten: its second telling would count as a key."""


@dataclass(slots=True)
class _Held:
    """A key that may be told again, at the latest `until_ms`."""

    digit: str
    lasted_ms: int
    until_ms: float


class KeysOfLeg:
    """The keys of one channel, each once. Times are milliseconds of Asterisk's clock."""

    def __init__(self) -> None:
        self._busy_until_ms = float("-inf")
        """The latest moment until which Asterisk can be playing out what it has told."""
        self._held: list[_Held] = []

    def is_new(self, event: ChannelDtmfReceived) -> bool:
        """Whether this is a key that has not been told yet."""
        at_ms = _milliseconds(event.timestamp)
        if at_ms is None:
            return True
        self._held = [held for held in self._held if held.until_ms >= at_ms][-MOST_HELD:]
        again = next(
            (one for one in self._held if (one.digit, one.lasted_ms) == (event.digit, event.duration_ms)), None
        )
        if again is not None:
            self._held.remove(again)
        elif at_ms < self._busy_until_ms + BETWEEN_MS + UNSURE_MS:
            self._held.append(_Held(event.digit, event.duration_ms, self._told_by_ms()))
        played_ms = max(event.duration_ms, LEAST_MS) + PACKET_MS
        if again is None and at_ms - event.duration_ms >= self._busy_until_ms + BETWEEN_MS + UNSURE_MS:
            played_ms = min(played_ms, MOST_RESTORED_MS)
        self._busy_until_ms = at_ms + played_ms
        if again is not None:
            for held in self._held:  # their turn comes after it
                held.until_ms = max(held.until_ms, self._told_by_ms())
        return again is None

    def _told_by_ms(self) -> float:
        return self._busy_until_ms + BETWEEN_MS + PACKET_MS + UNSURE_MS


def _milliseconds(timestamp: str) -> float | None:
    try:
        return 1000 * datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        return None
