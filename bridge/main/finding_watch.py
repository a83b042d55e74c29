"""The upkeep of the archive's index: meetings that have changed are indexed anew, a few at a time."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from bridge.domain.kernel.reasons import WELL, Reason
from bridge.ports import MeetingIndex, PortError

log = structlog.get_logger(__name__)

LOOK_S: Final = 20.0
"""A search brings the newest up to date itself, and does not wait for this."""
PAUSE_S: Final = 0.2
"""Between the portions of a long archive, so that the engine's commits come first."""
FIRST_S: Final = 30.0
"""After the start, when the rest is under way."""


class FindingWatch:
    """Implements `bridge.ports.Health`."""

    def __init__(self, meetings: MeetingIndex) -> None:
        self._meetings = meetings
        self._health = WELL

    def health(self) -> Mapping[str, Reason]:
        """`finding`: whether the latest look could be taken."""
        return {"finding": self._health}

    async def run(self) -> None:
        """Look until cancelled. The next look does whatever cannot be done now."""
        await asyncio.sleep(FIRST_S)
        while True:
            was_more = await self.look()
            await asyncio.sleep(PAUSE_S if was_more else LOOK_S)

    async def look(self) -> bool:
        """One portion. Whether there was any."""
        try:
            done = await self._meetings.refresh()
        except PortError as error:
            log.warning("meetings_not_indexed", reason=error.message)
            self._health = error.reason
            return False
        self._health = WELL
        return bool(done)
