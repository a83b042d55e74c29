"""The alarms: read, acknowledged, parked, and their figures."""

from collections.abc import Mapping, Sequence
from typing import Final

from bridge.domain.access.permissions import Act
from bridge.domain.alarms.book import rows
from bridge.domain.alarms.commands import AcknowledgeAlarms, ShelveAlarm, UnshelveAlarm
from bridge.domain.alarms.counts import Counts, counts_of
from bridge.domain.alarms.figures import Figures, figures
from bridge.domain.alarms.kinds import Priority
from bridge.domain.alarms.records import ALARMS, Alarm
from bridge.domain.callout.records import AttemptResult
from bridge.domain.directory.records import Function, Organisation
from bridge.domain.directory.upkeep import Confirmation
from bridge.domain.kernel.ids import AlarmId
from bridge.domain.kernel.principal import Principal
from bridge.ports import PortError
from bridge.service.covers import covers_of
from bridge.service.use_case import Ports, UseCases, use_case

MOST_COUNTED: Final = 5000
"""So many alarms are counted for the figures, the latest first."""


class Alarms(UseCases):
    @use_case(Act.ALARM_READ)
    async def rows(self, principal: Principal) -> Sequence[Alarm]:
        """Those that stand, or that nobody has acknowledged. The ones that matter most come first."""
        return rows(self._ports.control.node()[ALARMS].values())

    @use_case(Act.ALARM_READ)
    async def radio_users(self, principal: Principal, alarms: Sequence[Alarm]) -> Mapping[int, str]:
        """ISSI → function, for the emergencies among them. None while the directory cannot be read: an emergency is
        shown without it."""
        if not any(one.is_emergency for one in alarms):
            return {}
        try:
            functions = await self._ports.directory.list(Function)
            organisations = {one.id: one.name for one in await self._ports.directory.list(Organisation)}
        except PortError:
            return {}
        return {
            int(issi): f"{organisations.get(one.organisation_id, '')} {one.name}".strip()
            for one in functions
            for issi in one.issis
        }

    @use_case(Act.ALARM_READ)
    async def history(self, principal: Principal, limit: int) -> Sequence[Alarm]:
        """Also those that are over, the latest to come first."""
        now = self._ports.control.node()[ALARMS]
        return [now.get(one.id, one) for one in await self._ports.archive.alarms(limit=limit)]

    @use_case(Act.ALARM_READ)
    async def counts(self, principal: Principal) -> Mapping[Priority, Counts]:
        return counts_of(self._ports.control.node())

    @use_case(Act.ALARM_READ)
    async def figures(self, principal: Principal, hours: float) -> Figures:
        """The figures of EEMUA 191 over the latest hours."""
        now_s = self._ports.clock.now_s()
        from_s = now_s - hours * 3600
        return figures(await self._ports.archive.alarms(since_s=from_s, limit=MOST_COUNTED), from_s, now_s)

    @use_case(Act.ALARM_ACKNOWLEDGE)
    async def acknowledge(
        self, principal: Principal, alarms: Sequence[AlarmId], priority: Priority | None, reason: str
    ) -> Sequence[Alarm]:
        """One, several, or all rows of a priority, with one reason. Gives the rows that are left.

        Raises:
            Refusal: None of those that were named is there.
        """
        await self._ask(principal, AcknowledgeAlarms(tuple(alarms), priority, reason))
        return await self.rows(principal)

    @use_case(Act.ALARM_SHELVE)
    async def shelve(self, principal: Principal, alarm: AlarmId, for_s: float, reason: str) -> Alarm | None:
        """Out of the way for at most 8 h.

        Raises:
            Refusal: It is not there, it is of the first priority, or the reason is missing.
        """
        await self._ask(principal, ShelveAlarm(alarm, for_s, reason))
        return self._ports.control.node()[ALARMS].get(alarm)

    @use_case(Act.ALARM_SHELVE)
    async def unshelve(self, principal: Principal, alarm: AlarmId) -> Alarm | None:
        """Back in the list.

        Raises:
            Refusal: It is not there, or not parked.
        """
        await self._ask(principal, UnshelveAlarm(alarm))
        return self._ports.control.node()[ALARMS].get(alarm)


async def directory_faults(ports: Ports) -> tuple[int, tuple[str, ...]]:
    """How many functions are overdue to be confirmed, and those at which an exercise met a number that is none.

    Raises:
        PortError: The directory cannot be read.
    """
    covers = await covers_of(ports)
    overdue = sum(one.confirmation is Confirmation.OVERDUE for one in covers)
    wrong = (one for one in covers if one.test_call is not None and one.test_call.result is AttemptResult.INVALID)
    return overdue, tuple(f"{one.organisation} {one.function.name}".strip() for one in wrong)
