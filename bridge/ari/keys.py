"""Keys that Asterisk reports twice.

Asterisk counts a key as pressed on two conditions. It began at least 45 ms after the key before, and lasted 80 ms.
Otherwise Asterisk plays the key out itself, from the key's end on. A key whose end comes while another is played out,
or less than 45 ms after that, is held back. Such a key is reported when it comes, and again when its turn has come.
That happens on any line that carries packets unevenly, and on a machine that stands still for a moment. It goes on for
all keys that follow without a rest: the code 12345678 then reads 123445566778.

The second report has the digit and the duration of the first, and comes when Asterisk is free. Asterisk's own time
stamps tell when that is. A later report is a key of its own. On an even line no key is ever taken for a repeat.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bridge.ari.model import ChannelDtmfReceived

BETWEEN_MS: Final = 45
"""Asterisk's least pause between two keys."""
LEAST_MS: Final = 80
"""A key lasts at least so long; the rest of a shorter one is played out."""
PACKET_MS: Final = 20
"""Asterisk looks at its clock when a packet comes."""
UNSURE_MS: Final = 30
"""By so much the reckoning may be off."""
MOST_RESTORED_MS: Final = 200
"""The most that Asterisk plays out of a key after a rest. An uneven line takes no more off its beginning."""
OVERLAP_MS: Final = 38
"""A report of a line's first key that began so soon after another is the same press. A tone is found about so late."""
LEAST_APART_MS: Final = 75
"""Two presses of one key begin at least so far apart. Key and pause have 40 ms each (ETSI ES 201 235)."""
MOST_HELD: Final = 16
"""The oldest of more is forgotten: its second report would count as a key."""


@dataclass(slots=True)
class _Held:
    """A key that may be reported again, at the latest `until_ms`."""

    digit: str
    lasted_ms: int
    until_ms: float


@dataclass(slots=True)
class _Press:
    """A press and its reports, which belong together."""

    digit: str
    began_ms: float
    last_ms: float
    reports: int = 1


class KeysOfLeg:
    """The keys of one channel, each once. Times are milliseconds of Asterisk's clock."""

    def __init__(self) -> None:
        self._press: _Press | None = None
        self._is_plain = False
        """The line has sent a key once, so it sends every key once."""
        self._ways = 0
        """The most reports that a whole press of this line had; 0 until its first key is over."""
        self._busy_until_ms = float("-inf")
        """The latest moment until which Asterisk can be playing out the keys that it has reported."""
        self._held: list[_Held] = []

    def is_new(self, event: ChannelDtmfReceived) -> bool:
        """Whether this key has not been reported before."""
        at_ms = _milliseconds(event.timestamp)
        if at_ms is None:
            return True
        if not self._is_first_report(event, at_ms):
            if self._press is not None and self._press.digit == event.digit:
                self._press.last_ms = at_ms
            return False
        return self._is_plain or self._is_press(event, at_ms)

    def _is_press(self, event: ChannelDtmfReceived, at_ms: float) -> bool:
        """Whether it is a press of its own, on a line that may send each several times."""
        press = self._press
        if press is not None and press.digit == event.digit and self._belongs(press, event.duration_ms, at_ms):
            press.reports += 1
            press.last_ms = at_ms
            return False
        if press is not None:
            self._is_plain = press.reports == 1
            self._ways = max(self._ways, press.reports)
        self._press = _Press(event.digit, at_ms, at_ms)
        return True

    def _belongs(self, press: _Press, lasted_ms: int, at_ms: float) -> bool:
        if self._ways == 0 and press.reports == 1:
            return at_ms - lasted_ms < press.last_ms + OVERLAP_MS
        if 0 < self._ways <= press.reports and at_ms - press.began_ms >= LEAST_APART_MS:
            return False
        return at_ms - press.last_ms < max(lasted_ms, LEAST_MS) + BETWEEN_MS + PACKET_MS + UNSURE_MS

    def _is_first_report(self, event: ChannelDtmfReceived, at_ms: float) -> bool:
        """Whether Asterisk has not played this key out just now."""
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
