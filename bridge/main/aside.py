"""Parts without which meetings go on. A part that fails is reported and begun again, and takes no controller with it.

A fault that comes again each time would otherwise end one controller after another.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from bridge.domain.kernel.backoff import Backoff
from bridge.domain.kernel.reasons import Reason
from bridge.main.reasons import PartReason

log = structlog.get_logger(__name__)

RESTS: Final = Backoff(1.0, 30.0)
"""The work of such a part may be late by so much, and nobody loses a word. Such parts are trunk states, disks, orders
by radio."""
WELL_AFTER_S: Final = 60.0
"""So long after a failure it counts as well again, if it has not failed anew."""


class Aside:
    """Implements `bridge.ports.Health`."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._failed: dict[str, tuple[float, Reason]] = {}

    def health(self) -> Mapping[str, Reason]:
        """Only the parts that have failed of late; how each does otherwise, it says itself."""
        now_s = self._now_s()
        return {f"part {name}": reason for name, (until_s, reason) in self._failed.items() if now_s < until_s}

    async def keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do it to its end, and again after a failure, less often each time."""
        failures = 0
        while True:
            began_s = self._now_s()
            try:
                return await work()
            except Exception as error:  # no fault of such a part may end the controller
                failures = 1 if self._now_s() - began_s > WELL_AFTER_S else failures + 1
                rest_s = RESTS.after(failures)
                log.exception("part_failed", part=name, again_in_s=rest_s)
                told = PartReason.BEGUN_AGAIN(error=type(error).__name__)
                self._failed[name] = self._now_s() + rest_s + WELL_AFTER_S, told
            await asyncio.sleep(rest_s)
