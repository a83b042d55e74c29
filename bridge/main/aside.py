"""Parts without which meetings go on: one that fails is told of and begun again, and takes no controller with it.

A fault that comes again each time would otherwise end one controller after another.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

log = structlog.get_logger(__name__)

FIRST_REST_S: Final = 1.0
LONGEST_REST_S: Final = 30.0
"""What such a part does (trunk states, disks, orders by radio) may be late by so much, and nobody loses a word."""
WELL_AFTER_S: Final = 60.0
"""So long after a failure it counts as well again, if it has not failed anew."""


class Aside:
    """Implements `bridge.ports.Health`."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._failed: dict[str, tuple[float, str]] = {}

    def health(self) -> Mapping[str, str]:
        """Only the parts that have failed of late; how each does otherwise, it says itself."""
        now_s = self._now_s()
        return {f"part {name}": text for name, (until_s, text) in self._failed.items() if now_s < until_s}

    async def keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do it to its end, and again after a failure, less often each time."""
        rest_s = FIRST_REST_S
        while True:
            began_s = self._now_s()
            try:
                return await work()
            except Exception as error:  # no fault of such a part may end the controller
                if self._now_s() - began_s > WELL_AFTER_S:
                    rest_s = FIRST_REST_S
                log.exception("part_failed", part=name, again_in_s=rest_s)
                told = f"it failed ({type(error).__name__}) and is begun again: report it with the log's last lines"
                self._failed[name] = self._now_s() + rest_s + WELL_AFTER_S, told
            await asyncio.sleep(rest_s)
            rest_s = min(LONGEST_REST_S, 2 * rest_s)
