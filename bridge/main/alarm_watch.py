"""The watch of the alarms: it looks at all parts, and tells the rules when an alarm changes by it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from bridge.ari.certificate import usable_certificate
from bridge.ari.settings import AsteriskSettings
from bridge.domain.alarms import keeping
from bridge.domain.alarms.events import PartsLookedAt
from bridge.domain.alarms.passing import LOOKED_AT_S
from bridge.domain.joint.alarmed import Facts, conditions
from bridge.domain.kernel.reasons import WELL, Reason
from bridge.main.reasons import CheckReason
from bridge.ports import Clock, Control, Emit, PortError

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.5
UNANSWERED_S: Final = 5.0
"""A look that the engine has not taken is told again after so long, and no sooner."""
SLOW_LOOK_S: Final = 600.0
"""The directory and the certificate are looked at so often."""
FIRST_S: Final = 20.0
"""After the start they wait for so long."""
CERTIFICATE_LEFT: Final = timedelta(days=30)
DirectoryFaults = Callable[[], Awaitable[tuple[int, tuple[str, ...]]]]


class AlarmWatch:
    """Start `run()` as a supervised task. Implements `bridge.ports.Health`.

    Args:
        control: The node.
        clock: The engine's.
        emit: To the engine.
        health: How all parts are.
        directory: Functions overdue to be confirmed, and those with a number that is none; `None`: nobody asks.
        asterisk: The settings that name the certificate; `None`: there is none to look at.
    """

    def __init__(
        self,
        control: Control,
        clock: Clock,
        emit: Emit,
        health: Callable[[], Mapping[str, Reason]],
        directory: DirectoryFaults | None = None,
        asterisk: AsteriskSettings | None = None,
    ) -> None:
        self._control = control
        self._clock = clock
        self._emit = emit
        self._health = health
        self._directory = directory
        self._asterisk = asterisk
        self._told_at_s = float("-inf")
        self._unconfirmed = 0
        self._wrong_numbers: tuple[str, ...] = ()
        self._certificate: Reason | None = None

    def health(self) -> Mapping[str, Reason]:
        """`certificate`, where one is in use: whether it is good for 30 days still."""
        return {"certificate": self._certificate} if self._certificate is not None else {}

    async def run(self) -> None:
        """Look until cancelled."""
        slow = asyncio.create_task(self._look_slowly(), name="alarm watch, slow")
        try:
            while True:
                self.look()
                await asyncio.sleep(LOOK_S)
        finally:
            slow.cancel()
            await asyncio.gather(slow, return_exceptions=True)

    def look(self) -> None:
        """The rules hear of it only where an alarm or a delay changes."""
        now_s, node = self._clock.now_s(), self._control.node()
        if self._told_at_s > node[LOOKED_AT_S] and now_s - self._told_at_s < UNANSWERED_S:
            return
        parts = tuple(sorted(self._health().items()))
        facts = Facts(dict(parts), self._unconfirmed, self._wrong_numbers)
        if keeping.would_change(node, conditions(node, facts, now_s), now_s):
            self._told_at_s = now_s
            self._emit(PartsLookedAt(now_s, parts, self._unconfirmed, self._wrong_numbers))

    async def look_slowly(self) -> None:
        """Once, at what changes in days."""
        if self._directory is not None:
            try:
                self._unconfirmed, self._wrong_numbers = await self._directory()
            except PortError as error:
                log.warning("directory_not_read_for_alarms", reason=str(error.reason))
        if self._asterisk is not None and self._asterisk.tls_certificate is not None:
            self._certificate = await asyncio.to_thread(_certificate, self._asterisk)

    # --- inside ---

    async def _look_slowly(self) -> None:
        await asyncio.sleep(FIRST_S)
        while True:
            try:
                await self.look_slowly()
            except Exception:
                log.exception("alarm_watch_slow_look_failed")
            await asyncio.sleep(SLOW_LOOK_S)


def _certificate(settings: AsteriskSettings) -> Reason:
    """Blocking."""
    now = datetime.now(UTC)
    try:
        until = usable_certificate(settings, now)
    except PortError as error:
        return error.reason
    if until - now >= CERTIFICATE_LEFT:
        return WELL
    return CheckReason.CERTIFICATE_ENDS_SOON(file=str(settings.tls_certificate), until=f"{until:%Y-%m-%d}")
