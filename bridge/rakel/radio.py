"""All terminals behind the ports `Radio` and `Health`."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from bridge.domain.kernel.ids import Gssi, MessageId, TerminalName
from bridge.domain.kernel.reasons import Reason
from bridge.ports import Clock, Emit, PortError
from bridge.rakel.driver import TerminalDriver
from bridge.rakel.reasons import TerminalReason
from bridge.rakel.settings import TerminalSettings

_log = structlog.get_logger(__name__)

RESTART_S: Final = 5.0
"""A driver that fails by a fault of ours is started anew after this; the others never notice."""


class RakelRadio:
    """Implements `bridge.ports.Radio` and `bridge.ports.Health`.

    `emit` gets every `RadioEvent`. Nothing happens before `run`, except that a demand is refused.
    """

    def __init__(self, terminals: Sequence[TerminalSettings], clock: Clock, emit: Emit) -> None:
        names = [settings.name for settings in terminals]
        if len(set(names)) != len(names):
            raise ValueError("two terminals have the same name")
        self._drivers = {settings.terminal: TerminalDriver(settings, clock, emit) for settings in terminals}

    async def run(self) -> None:
        """Serve all terminals until cancelled; then every channel is let go of and every line closed."""
        tasks = [asyncio.create_task(self._supervise(driver)) for driver in self._drivers.values()]
        try:
            if tasks:
                await asyncio.wait(tasks)
            else:
                await asyncio.Event().wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _supervise(self, driver: TerminalDriver) -> None:
        """Keep one driver running. An exception out of it is a fault of ours: logged whole, shown, and started anew."""
        while True:
            running = asyncio.create_task(driver.run())
            try:
                await asyncio.wait([running])
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
            fault = running.exception() if not running.cancelled() else None
            _log.error("terminal_driver_failed", terminal=driver.settings.name, exc_info=fault)
            driver.failed(TerminalReason.DRIVER_FAULT(error=type(fault).__name__))
            await asyncio.sleep(RESTART_S)

    def terminal(self, name: TerminalName) -> TerminalDriver:
        """One terminal's driver, for diagnostics.

        Raises:
            PortError: no such terminal is configured.
        """
        driver = self._drivers.get(name)
        if driver is None:
            raise PortError(f"terminal {name}", TerminalReason.NOT_IN_SETTINGS(terminal=name), retry=False)
        return driver

    def health(self) -> Mapping[str, Reason]:
        return {f"terminal {name}": driver.health() for name, driver in self._drivers.items()}

    async def select_talkgroup(self, terminal: TerminalName, gssi: Gssi) -> None:
        await self.terminal(terminal).select_talkgroup(gssi)

    async def demand_transmit(self, terminal: TerminalName, gssi: Gssi, *, preempt: bool = False) -> None:
        self.terminal(terminal).demand_transmit(gssi, preempt=preempt)

    async def cease_transmit(self, terminal: TerminalName) -> None:
        self.terminal(terminal).cease_transmit()

    async def send_sds(
        self,
        terminal: TerminalName,
        message: MessageId,
        receiver: int,
        text: str,
        *,
        group: bool = False,
        first_part: int = 1,
    ) -> None:
        await self.terminal(terminal).send_sds(message, receiver, text, group=group, first_part=first_part)

    async def send_status(self, terminal: TerminalName, message: MessageId, receiver: int, status: int) -> None:
        await self.terminal(terminal).send_status(message, receiver, status)
