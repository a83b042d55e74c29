"""Looking on: the audit log, and every change as it happens."""

from collections.abc import AsyncIterator, Sequence

from bridge.domain.access.permissions import Act
from bridge.domain.conference.records import PARTICIPANTS
from bridge.domain.directory.records import AuditRow
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.principal import Principal
from bridge.ports import Change
from bridge.service.use_case import UseCases, use_case


class AuditTrail(UseCases):
    @use_case(Act.AUDIT_READ)
    async def rows(self, principal: Principal, *, after: int = 0, limit: int = 100) -> Sequence[AuditRow]:
        """In order of number, from the one after `after`."""
        return await self._ports.audit.rows(after, limit)

    @use_case(Act.AUDIT_READ)
    async def verify(self, principal: Principal) -> int | None:
        """Recompute the whole chain of hashes: the number of the first row that does not fit, or `None`."""
        return await self._ports.audit.verify()


class Events(UseCases):
    @use_case(Act.EVENTS_READ)
    async def number(self, principal: Principal) -> int:
        """Of the latest change."""
        return self._ports.control.number()

    @use_case(Act.EVENTS_READ)
    async def follow(self, principal: Principal, after: int | None) -> AsyncIterator[Change]:
        """Every change after number `after`, or from now on."""
        return self._ports.control.changes(after)

    @use_case(Act.EVENTS_READ)
    async def talking(self, principal: Principal, conference: ConferenceId) -> Sequence[ParticipantId]:
        """Those of a conference who talk now and are heard, in the order they came."""
        seats = self._ports.control.node()[PARTICIPANTS].values()
        return [one.id for one in seats if one.conference == conference and one.talking]
