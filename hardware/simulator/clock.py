"""The 20 ms clock: absolute deadlines, so that it does not drift."""

import asyncio
from collections.abc import Callable
from typing import Final

from hardware.simulator.signals import FRAME_S

MAX_LATE_S: Final = 1.0
"""Later than this, the clock starts anew instead of catching up: the process was stopped, not merely busy."""


class FrameClock:
    """Calls `tick(at_s)` for every 20 ms of `loop.time()` (CLOCK_MONOTONIC).

    The n-th tick belongs to start + n x 20 ms, whenever it runs. A tick that comes late is followed at once by those
    that it delayed. `restarts` counts how often more than `MAX_LATE_S` was lost.
    """

    def __init__(self, tick: Callable[[float], None]) -> None:
        self._tick = tick
        self.ticks = 0
        self.restarts = 0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        start_s, count = loop.time(), 0
        while True:
            due_s = start_s + count * FRAME_S
            late_s = loop.time() - due_s
            if late_s > MAX_LATE_S:
                start_s, count = loop.time(), 0
                self.restarts += 1
                continue
            if late_s < 0:
                await asyncio.sleep(-late_s)
            self._tick(due_s)
            self.ticks += 1
            count += 1
            if late_s >= 0:
                await asyncio.sleep(0)
