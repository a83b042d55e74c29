"""The watch of numbers: takes the next step of the rota by which numbers are tried."""

import asyncio
from typing import Final

import structlog

from bridge.domain.kernel.principal import SYSTEM
from bridge.ports import PortError
from bridge.service import Refusal
from bridge.service.numbertests import NumberTests

log = structlog.get_logger(__name__)

LOOK_S: Final = 60.0


class NumberWatch:
    def __init__(self, tests: NumberTests, *, on: bool) -> None:
        self._tests = tests
        self._on = on

    async def run(self) -> None:
        """One look a minute, until cancelled. Where the rota is off there is nothing to look for."""
        while self._on:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        try:
            if (number := await self._tests.turn(SYSTEM)) is not None:
                log.info("number_tried", number=number)
        except (PortError, Refusal) as error:
            log.warning("number_not_tried", reason=str(error.reason))
