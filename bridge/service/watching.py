"""Looking on: the audit log, the settings, and every change as it happens."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final

from bridge.domain.access.permissions import Act, is_confined, sees
from bridge.domain.conference.records import CONFERENCES, PARTICIPANTS
from bridge.domain.directory.records import AuditRow
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.principal import Principal
from bridge.ports import AuditWish, Change, ShownSetting
from bridge.service.use_case import UseCases, use_case

HIDDEN: Final = "hidden"
"""The kind of a change that the reader is not to see."""


class AuditTrail(UseCases):
    @use_case(Act.AUDIT_READ)
    async def rows(self, principal: Principal, *, after: int = 0, limit: int = 100) -> Sequence[AuditRow]:
        """In order of number, from the one after `after`."""
        return await self._ports.audit.rows(after, limit)

    @use_case(Act.AUDIT_READ)
    async def search(self, principal: Principal, wish: AuditWish, *, limit: int = 100) -> Sequence[AuditRow]:
        """The latest that fit, the latest first."""
        return await self._ports.audit.search(wish, limit)

    @use_case(Act.AUDIT_READ)
    async def verify(self, principal: Principal) -> int | None:
        """Recompute the whole chain of hashes: the number of the first row that does not fit, or `None`."""
        return await self._ports.audit.verify()


class SettingsInForce(UseCases):
    @use_case(Act.SETTINGS_READ)
    async def find(self, principal: Principal) -> Sequence[ShownSetting]:
        """Those of the running program, in the order of the file. No secret is among them."""
        return self._ports.settings


class Events(UseCases):
    @use_case(Act.EVENTS_READ, sifts=True)
    async def number(self, principal: Principal) -> int:
        """Of the latest change."""
        return self._ports.control.number()

    @use_case(Act.EVENTS_READ, sifts=True)
    async def follow(self, principal: Principal, after: int | None) -> AsyncIterator[Change]:
        """Every change after number `after`, or from now on. Of a meeting that they are not to see there is the number
        alone, so that none is missed."""
        changes = self._ports.control.changes(after)
        return self._sifted(principal, changes) if is_confined(principal) else changes

    async def _sifted(self, principal: Principal, changes: AsyncIterator[Change]) -> AsyncIterator[Change]:
        async for change in changes:
            found = self._ports.control.node()[CONFERENCES].get(ConferenceId(change.conference or ""))
            if found is not None and sees(principal, found.id, found.forum):
                yield change
            else:
                yield replace(change, kind=HIDDEN, subject="", conference=None)

    @use_case(Act.EVENTS_READ)
    async def talking(self, principal: Principal, conference: ConferenceId) -> Sequence[ParticipantId]:
        """Those of a conference who talk now and are heard, in the order they came."""
        seats = self._ports.control.node()[PARTICIPANTS].values()
        return [one.id for one in seats if one.conference == conference and one.talking]
