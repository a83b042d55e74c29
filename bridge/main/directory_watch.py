"""The watch of the directory: old entries of rotas are removed, and reminders that are due are sent."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from bridge.domain.kernel.principal import SYSTEM
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.ports import Clock, Directory, PortError
from bridge.service import Refusal
from bridge.service.upkeep import Upkeep

log = structlog.get_logger(__name__)

LOOK_S: Final = 3600.0
"""A reminder is sent at most so long after it is due."""
FIRST_S: Final = 60.0
"""After the start, when the rest is under way."""


class DirectoryWatch:
    """Implements `bridge.ports.Health`."""

    def __init__(self, directory: Directory, upkeep: Upkeep, clock: Clock, rota_kept_s: float) -> None:
        self._directory = directory
        self._upkeep = upkeep
        self._clock = clock
        self._rota_kept_s = rota_kept_s
        self._health = WELL

    def health(self) -> Mapping[str, Reason]:
        """`directory`: whether the latest look could be taken."""
        return {"directory": self._health}

    async def run(self) -> None:
        """Look until cancelled. The next look does whatever cannot be done now."""
        await asyncio.sleep(FIRST_S)
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        try:
            await self._directory.forget_rota(SYSTEM.name, self._clock.now_s() - self._rota_kept_s)
            await self._upkeep.remind(SYSTEM)
        except (PortError, Refusal) as error:
            log.warning("directory_not_looked_after", reason=str(error.reason))
            self._health = error.reason
        else:
            self._health = WELL
