"""Puts texts that come in pieces together again."""

from dataclasses import dataclass, field
from typing import Final

from bridge.rakel.pei import sds

MAX_SERIES: Final = 32
"""Overflow: the oldest unfinished text is given out as it is."""
PATIENCE_S: Final = 120.0
"""From a text's newest piece: what is still missing then was lost on the air."""
MISSING: Final = "[…]"

Key = tuple[int, int, int, int]
"""Sender, receiver (0 where unknown), series, number of pieces."""


@dataclass
class _Series:
    at_s: float
    pieces: dict[int, str] = field(default_factory=dict)


class Reassembly:
    """A bounded buffer without a clock: time comes in with the pieces."""

    def __init__(self) -> None:
        self._open: dict[Key, _Series] = {}

    def add(self, key: Key, number: int, text: str, at_s: float) -> list[tuple[Key, str]]:
        """Take in piece `number` (from 1). Gives every text that is finished by it, or pushed out."""
        held = self._open.setdefault(key, _Series(at_s))
        held.at_s = at_s
        held.pieces.setdefault(number, text)
        if len(held.pieces) == key[3]:
            return [self._close(key)]
        oldest = min(self._open, key=lambda one: self._open[one].at_s)
        return [self._close(oldest)] if len(self._open) > MAX_SERIES else []

    def overdue(self, now_s: float) -> list[tuple[Key, str]]:
        """The texts whose missing pieces are no longer waited for, with a mark for each gap."""
        late = [key for key, held in self._open.items() if now_s - held.at_s >= PATIENCE_S]
        return [self._close(key) for key in late]

    def next_due_s(self) -> float | None:
        return min((held.at_s + PATIENCE_S for held in self._open.values()), default=None)

    def _close(self, key: Key) -> tuple[Key, str]:
        pieces = self._open.pop(key).pieces
        return key, sds.joined(tuple(pieces.get(number, MISSING) for number in range(1, key[3] + 1)))
