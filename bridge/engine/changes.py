"""The numbered stream of what has changed, for those who look on (server-sent events)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Final

from bridge.domain.kernel.step import Seen
from bridge.ports import Change

KEPT: Final = 10_000
"""Changes kept for a resumption. Overflow: the oldest are dropped; the gap in the numbers tells the reader."""


class Changes:
    def __init__(self) -> None:
        self._kept: deque[Change] = deque(maxlen=KEPT)
        self._number = 0
        self._news = asyncio.Event()

    @property
    def number(self) -> int:
        """Of the latest change."""
        return self._number

    def publish(self, at_s: float, seen: Iterable[Seen]) -> None:
        before = self._number
        for one in seen:
            self._number += 1
            self._kept.append(Change(self._number, at_s, one.kind, one.subject, one.conference))
        if self._number != before:
            self._news.set()
            self._news = asyncio.Event()

    async def follow(self, after: int | None) -> AsyncIterator[Change]:
        """Changes after a number, then new ones as they come; ends only with its reader."""
        position = self._number if after is None or after > self._number else after
        while True:
            news = self._news
            for change in [one for one in self._kept if one.number > position]:
                position = change.number
                yield change
            if position == self._number:
                await news.wait()
