"""Lanes: effects about one device are done one after the other, different devices side by side.

Overflow: a lane never drops, since a commit promised every effect. A lane longer than `LONG` is logged, and shows in
the engine's health.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Final

import structlog

log = structlog.get_logger(__name__)

LONG: Final = 1000

Work = Callable[[], Awaitable[None]]


class Lanes:
    """Runs work in order within each lane. A lane's task lives as long as it has work."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[Work]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, lane: Hashable, work: Work) -> None:
        """Queue `work`; it must bound its own time and handle its own faults."""
        waiting = self._waiting.get(lane)
        if waiting is not None:
            waiting.append(work)
            if len(waiting) == LONG:
                log.error("lane_is_long", lane=str(lane), waiting=LONG)
            return
        self._waiting[lane] = deque([work])
        task = asyncio.create_task(self._drain(lane), name=f"lane {lane}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def longest(self) -> int:
        """How much work waits in the longest lane."""
        return max((len(waiting) for waiting in self._waiting.values()), default=0)

    async def _drain(self, lane: Hashable) -> None:
        waiting = self._waiting[lane]
        while waiting:
            try:
                await waiting.popleft()()
            except Exception:
                # Work handles its own faults; should it not, what waits behind it is promised all the same.
                log.exception("lane_work_crashed", lane=str(lane))
        del self._waiting[lane]

    async def aclose(self) -> None:
        """Let nothing more be done."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
