"""Looking on: the audit log, the settings, and every change as it happens."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final

from bridge.domain.access.permissions import Act, Reach, permits, reach_of, reads_own_acts_alone
from bridge.domain.conference.records import PARTICIPANTS
from bridge.domain.directory.records import AuditRow
from bridge.domain.kernel.ids import ConferenceId, ParticipantId
from bridge.domain.kernel.principal import Principal
from bridge.ports import AuditWish, Change, ShownSetting
from bridge.service.use_case import UseCases, use_case

HIDDEN: Final = "hidden"
"""The kind of a change that the reader is not to see."""
CONFERENCE_KIND: Final = "conference"
"""The kind of a change of a meeting itself: it may be another person's from then on."""
MOST_KNOWN: Final = 256
"""So many meetings are remembered by one stream; the oldest is asked for again."""


class AuditTrail(UseCases):
    @use_case(Act.AUDIT_READ)
    async def rows(self, principal: Principal, *, after: int = 0, limit: int = 100) -> Sequence[AuditRow]:
        """In order of number, from the one after `after`. Some read their own acts alone."""
        return await self._ports.audit.rows(after, limit, _whose(principal))

    @use_case(Act.AUDIT_READ)
    async def search(self, principal: Principal, wish: AuditWish, *, limit: int = 100) -> Sequence[AuditRow]:
        """The latest that fit, the latest first. Some read their own acts alone."""
        return await self._ports.audit.search(replace(wish, by=_whose(principal)), limit)

    @use_case(Act.AUDIT_VERIFY)
    async def verify(self, principal: Principal) -> int | None:
        """Recompute the whole chain of hashes: the number of the first row that does not fit, or `None`."""
        return await self._ports.audit.verify()


def _whose(principal: Principal) -> str | None:
    return principal.name if reads_own_acts_alone(principal) else None


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
        reach = reach_of(principal, Act.EVENTS_READ)
        return self._sifted(principal, reach, changes) if reach is not None else changes

    async def _sifted(
        self, principal: Principal, reach: Reach, changes: AsyncIterator[Change]
    ) -> AsyncIterator[Change]:
        """Changes of no meeting are told to those who read the directory. Of a meeting that is
        handed over the former host is told that change, and none after it."""
        known: dict[str, bool] = {}
        async for change in changes:
            conference = change.conference
            if conference is None:
                is_shown = permits(principal, Act.DIRECTORY_READ)
            else:
                knew = known.get(conference)
                if knew is None or change.kind == CONFERENCE_KIND:
                    if knew is None and len(known) >= MOST_KNOWN:
                        del known[next(iter(known))]
                    known[conference] = await self._holds(reach, ConferenceId(conference))
                is_shown = known[conference] or (
                    knew is not False and await self._handed_on(reach, ConferenceId(conference))
                )
            yield change if is_shown else replace(change, kind=HIDDEN, subject="", conference=None)

    async def _handed_on(self, reach: Reach, conference: ConferenceId) -> bool:
        found = await self._known_meeting(conference)
        return found is not None and found.handed_from == reach.opened_by

    @use_case(Act.EVENTS_READ)
    async def talking(self, principal: Principal, conference: ConferenceId) -> Sequence[ParticipantId]:
        """Those of a conference who talk now and are heard, in the order they came."""
        seats = self._ports.control.node()[PARTICIPANTS].values()
        return [one.id for one in seats if one.conference == conference and one.talking]
