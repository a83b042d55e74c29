"""The talkgroup on which a terminal stands: selected, verified by read-back, and set back when a hand has turned it."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from bridge.domain.kernel.ids import Gssi
from bridge.domain.kernel.reasons import Reason
from bridge.ports import PortError
from bridge.rakel.connection import Connection
from bridge.rakel.pei import commands
from bridge.rakel.pei.indications import TalkgroupReport
from bridge.rakel.reasons import SelectReason
from bridge.rakel.settings import TerminalSettings
from bridge.rakel.terminal_state import Known

_log = structlog.get_logger(__name__)

SELECT_TRIES: Final = 5
"""A terminal that is busy attaching says so (CME 42) for a few seconds."""
SELECT_PAUSE_S: Final = 1.0
_NONE, _SELECTED = 0, 1


class Standing:
    """Of one terminal.

    Attributes:
        wanted: Where it shall stand; remembered for every reconnect.
    """

    def __init__(
        self, settings: TerminalSettings, known: Known, cease: Callable[[], None], look_now: Callable[[], None]
    ) -> None:
        self.wanted = Gssi(settings.talkgroup) if settings.talkgroup is not None else None
        self._settings = settings
        self._known = known
        self._cease = cease
        self._look_now = look_now
        self._selecting = asyncio.Lock()

    @property
    def changes(self) -> bool:
        """It is being set to another."""
        return self._selecting.locked()

    @property
    def is_elsewhere(self) -> bool:
        return self.wanted is not None and self._known.now.gssi != self.wanted

    async def select(self, line: Connection, gssi: Gssi) -> None:
        """Stand on it.

        Raises:
            PortError: the terminal does not take it.
            LinkLost: the line went.
        """
        async with self._selecting:
            if self._known.now.gssi == gssi:
                return
            self._cease()
            reason: Reason | None = None
            for attempt in range(SELECT_TRIES):
                if attempt:
                    await asyncio.sleep(max(SELECT_PAUSE_S, self._settings.model.reselect_s))
                answered = await line.command(commands.select_talkgroup(gssi))
                if not answered.ok and not answered.retry:
                    raise self._error(SelectReason.REFUSED(gssi=gssi, cause=answered.reason), retry=False)
                for said in (await line.command(commands.plain("talkgroup"))).lines:
                    if isinstance(said, TalkgroupReport):
                        self.heard(said)
                if self._known.now.gssi == gssi:
                    return
                reason = answered.reason or SelectReason.NOT_VERIFIED(gssi=gssi, stands_on=self._known.now.gssi or 0)
            raise self._error(SelectReason.REFUSED(gssi=gssi, cause=reason), retry=True)

    def heard(self, report: TalkgroupReport) -> None:
        """The terminal stands on another group, maybe since somebody turned the knob. Our transmission there is over,
        and the group is set back."""
        if report.kind not in (_NONE, _SELECTED):
            return
        gssi = Gssi(report.group.ssi) if report.group is not None and report.kind == _SELECTED else None
        before = self._known.now.gssi
        if gssi == before:
            return
        self._cease()
        if before is not None and not self.changes:
            _log.warning("talkgroup_changed_at_the_terminal", terminal=self._settings.name, gssi=gssi)
            self._known.noted("panel_used")
            self._look_now()
        self._known.tell(gssi=gssi)

    def _error(self, reason: Reason, *, retry: bool) -> PortError:
        return PortError(f"terminal {self._settings.name}", reason, retry=retry)
