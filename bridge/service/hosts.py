"""The hosts of a meeting: the people who may lead it, and the handing over from one to another."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.access.accounts import Account, AccountState, is_live, principal_of_account
from bridge.domain.access.permissions import Act, permits, reach_of
from bridge.domain.conference.commands import PassOn
from bridge.domain.conference.reasons import ConferenceReason
from bridge.domain.conference.records import Conference
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.principal import Principal
from bridge.service.lookups import find_conference, open_one
from bridge.service.reasons import UnknownReason
from bridge.service.refusal import Refusal
from bridge.service.use_case import Ports, UseCases, reaches, use_case


@dataclass(frozen=True, slots=True)
class LeadingHost:
    """A person who may lead the meeting.

    Attributes:
        name: Of their account.
        shown: As people read it.
        has_it: The meeting is theirs.
        beside: They lead it beside that person.
        logged_in: They have a session that goes on.
    """

    name: str
    shown: str
    has_it: bool
    beside: bool
    logged_in: bool


@dataclass(frozen=True, slots=True)
class Passed:
    """How a meeting came to be another person's.

    Attributes:
        conference: As it is now.
        former: The person whose it was, as people read it; `None`: no person's.
        to: The person whose it is.
        by: The one who handed it over.
        stays: The former host leads it beside them.
        seen: The one who asks sees it.
    """

    conference: Conference
    former: str | None
    to: str
    by: str
    stays: bool
    seen: bool


class Hosts(UseCases):
    @use_case(Act.CONFERENCE_PASS_ON)
    async def find(self, principal: Principal, conference: ConferenceId) -> Sequence[LeadingHost]:
        """Everybody who may lead it: those who are logged in first, then in order of name."""
        found = await find_conference(self._ports, conference)
        identity, now_s = self._ports.identity, self._ports.clock.now_s()
        live = {one.account for one in await identity.sessions.find() if is_live(one, identity.limits, now_s)}
        hosts = [
            LeadingHost(one.name, one.shown, one.name == found.opened_by, one.name in found.co_hosts, one.id in live)
            for one in await identity.accounts.find()
            if leads(one)
        ]
        return sorted(hosts, key=lambda one: (not one.logged_in, one.shown.casefold(), one.name))

    @use_case(Act.CONFERENCE_PASS_ON)
    async def pass_on(self, principal: Principal, conference: ConferenceId, to: str, *, stays: bool) -> Passed:
        """Make it another person's. The person whose it was has no part in it any more, unless they stay. Nobody who is
        confined to their own meetings takes one from another person.

        Raises:
            Refusal: There is no such conference, or it has ended. There is nobody of that name who may lead it, or it
                is theirs already. Or it is no person's, and the asker is confined to their own.
        """
        found = await open_one(self._ports, conference)
        account = await self._ports.identity.accounts.named(to.strip().casefold())
        if account is None or not leads(account):
            raise Refusal.unknown(UnknownReason.HOST, to, "to")
        is_confined = reach_of(principal, Act.CONFERENCE_PASS_ON) is not None
        if is_confined and found.opened_by is None:
            raise Refusal("not_allowed", ConferenceReason.NO_PERSONS())
        keeps = stays or (is_confined and found.opened_by != principal.name)
        await self._ask(principal, PassOn(conference, account.name, keeps))
        return await passed(self._ports, await find_conference(self._ports, conference), principal)


def leads(account: Account) -> bool:
    """Whether a person may lead a meeting that is theirs."""
    return account.state is AccountState.ACTIVE and permits(principal_of_account(account), Act.CONFERENCE_LOCK)


async def passed(ports: Ports, conference: Conference, principal: Principal) -> Passed:
    """How it was handed over at last, with people as they are read."""
    former, to = conference.handed_from, conference.opened_by or ""
    reach = reach_of(principal, Act.CONFERENCE_READ)
    return Passed(
        conference,
        await _shown(ports, former) if former is not None else None,
        await _shown(ports, to),
        await _shown(ports, conference.handed_by or principal.name),
        former in conference.co_hosts,
        reach is None or reaches(reach, conference),
    )


async def _shown(ports: Ports, name: str) -> str:
    """A person as people read them; a token's holder by its name."""
    account = await ports.identity.accounts.named(name)
    return account.shown if account is not None else name
