"""A host hands a meeting over to another host."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridge.domain.access.accounts import Account, LoginBy, principal_of_account
from bridge.domain.conference.records import CONFERENCES
from bridge.domain.directory.records import ActivationList, Function, Organisation
from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.principal import AccessRole, Principal
from bridge.service import Refusal, Service
from bridge.service.callouts import ListCall
from bridge.service.conferences import NewConference
from tests.harness.principals import somebody
from tests.unit.api.region import Region, a_region


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    async with a_region() as made:
        yield made


async def account(region: Region, name: str, *roles: AccessRole) -> Principal:
    """Somebody who can log in."""
    made = Account(f"acc-{name}", name, name.title(), frozenset(roles), 1.0, "samband", issuer="idp", subject=name)
    await region.accounts.make("samband", made)
    return principal_of_account(made)


async def hosts(region: Region) -> tuple[Service, Principal, Principal]:
    return (
        region.parts().service,
        await account(region, "anna", AccessRole.HOST),
        await account(region, "bo", AccessRole.HOST),
    )


async def opened(service: Service, by: Principal, name: str = "Lägesmöte") -> ConferenceId:
    return (await service.conferences.open(by, NewConference(name))).conference.id


async def test_a_meeting_that_was_handed_over_is_the_other_hosts_and_the_former_sees_it_no_more(region: Region) -> None:
    service, anna, bo = await hosts(region)
    meeting = await opened(service, anna)
    told = await service.hosts.pass_on(anna, meeting, "Bo", stays=False)
    assert (told.former, told.to, told.by, told.seen) == ("Anna", "Bo", "Anna", False)
    assert (await service.conferences.lock(bo, meeting, locked=True)).codes is not None
    for attempt in (
        service.conferences.read(anna, meeting),
        service.conferences.end(anna, meeting),
        service.hosts.pass_on(anna, meeting, "anna", stays=False),
    ):
        with pytest.raises(Refusal, match="not_found"):
            await attempt
    assert await service.conferences.find(anna, ended=True) == []
    assert [one.conference.id for one in await service.conferences.find(bo, ended=True)] == [meeting]
    (row,) = await region.audited("conference.pass_on")
    assert (row.actor, row.object) == ("anna", meeting)
    assert dict(row.detail) == {"former": "anna", "to": "bo", "stays": False}


async def test_one_who_stays_leads_it_beside_the_new_host(region: Region) -> None:
    service, anna, bo = await hosts(region)
    meeting = await opened(service, anna)
    assert (await service.hosts.pass_on(anna, meeting, "bo", stays=True)).seen
    for one in (anna, bo):
        await service.conferences.lock(one, meeting, locked=True)
        assert len(await service.conferences.find(one, ended=True)) == 1
    shown = {one.name: (one.has_it, one.beside) for one in await service.hosts.find(bo, meeting)}
    assert shown == {"anna": (False, True), "bo": (True, False)}


async def test_one_who_leads_beside_the_host_takes_no_meeting_away_from_them(region: Region) -> None:
    service, anna, bo = await hosts(region)
    meeting = await opened(service, anna)
    await service.hosts.pass_on(anna, meeting, "bo", stays=True)
    await service.hosts.pass_on(anna, meeting, "anna", stays=False)
    assert region.node()[CONFERENCES][meeting].opened_by == "anna"
    assert (await service.conferences.read(bo, meeting)).conference.co_hosts == ("bo",)


async def test_a_coordinator_hands_over_any_meeting_and_sees_it_still(region: Region) -> None:
    service, anna, bo = await hosts(region)
    coordinator = await account(region, "cecilia", AccessRole.COORDINATOR)
    meeting = await opened(service, anna)
    assert (await service.hosts.pass_on(coordinator, meeting, "bo", stays=False)).seen
    with pytest.raises(Refusal, match="not_found"):
        await service.conferences.read(anna, meeting)
    await service.conferences.read(bo, meeting)
    await service.conferences.read(coordinator, meeting)


async def test_a_meeting_of_nobody_is_given_to_somebody_by_a_coordinator_alone(region: Region) -> None:
    service, anna, _ = await hosts(region)
    coordinator = await account(region, "cecilia", AccessRole.COORDINATOR)
    meeting = await opened(service, replace(somebody(), roles=frozenset({AccessRole.SERVICE})))
    with pytest.raises(Refusal, match="not_allowed"):
        await service.hosts.pass_on(anna, meeting, "anna", stays=False)
    await service.hosts.pass_on(coordinator, meeting, "bo", stays=False)
    with pytest.raises(Refusal, match="not_found"):
        await service.conferences.read(anna, meeting)


async def test_only_an_account_that_may_lead_takes_a_meeting(region: Region) -> None:
    service, anna, _ = await hosts(region)
    await account(region, "klara", AccessRole.KEEPER)
    meeting = await opened(service, anna)
    for name in ("nobody", "klara"):
        with pytest.raises(Refusal, match="unknown_leader"):
            await service.hosts.pass_on(anna, meeting, name, stays=False)
    with pytest.raises(Refusal, match="conflict"):
        await service.hosts.pass_on(anna, meeting, "anna", stays=False)
    await service.conferences.end(anna, meeting)
    with pytest.raises(Refusal, match="ended"):
        await service.hosts.pass_on(anna, meeting, "bo", stays=False)


async def test_those_who_are_logged_in_are_shown_first(region: Region) -> None:
    service, anna, _ = await hosts(region)
    await account(region, "asta", AccessRole.HOST)
    await region.sessions.begin(account="acc-bo", by=LoginBy.TOTP, address="127.0.0.1", agent="")
    found = await service.hosts.find(anna, await opened(service, anna))
    assert [(one.name, one.logged_in) for one in found] == [("bo", True), ("anna", False), ("asta", False)]


async def test_the_stream_of_the_former_host_tells_the_handing_over_and_nothing_after_it(region: Region) -> None:
    service, anna, bo = await hosts(region)
    meeting = await opened(service, anna)
    told = await service.events.follow(anna, await service.events.number(anna))
    await service.hosts.pass_on(anna, meeting, "bo", stays=False)
    await service.conferences.lock(bo, meeting, locked=True)
    await service.conferences.lock(bo, meeting, locked=False)
    own = await opened(service, anna, "Annas")
    seen = []
    async with asyncio.timeout(20):
        async for change in told:
            if change.conference == own:
                break
            seen.append((change.kind, change.conference))
    assert seen.count(("conference", meeting)) == 1
    assert set(seen[1:]) == {("hidden", None)}


async def test_call_outs_of_the_meeting_go_with_it(region: Region) -> None:
    await region.has(Organisation("lst", "Länsstyrelsen"), Function("tib", "lst", "TiB", numbers=("+46701740605",)))
    await region.has(ActivationList("larm", "Larmlista", function_ids=("tib",)))
    service, anna, bo = await hosts(region)
    (activation, *_), _ = await service.callouts.start(anna, ListCall("larm"))
    await service.hosts.pass_on(anna, activation.conference, "bo", stays=False)
    assert await service.callouts.find(anna) == []
    with pytest.raises(Refusal, match="not_found"):
        await service.callouts.read(anna, activation.id)
    assert [one[0].id for one in await service.callouts.find(bo)] == [activation.id]
    _, call_outs, _ = await service.overview.read(anna)
    assert call_outs == []


async def test_both_are_told_of_it(region: Region) -> None:
    service, anna, bo = await hosts(region)
    other = await account(region, "cecilia", AccessRole.HOST)
    meeting = await opened(service, anna)
    await service.hosts.pass_on(anna, meeting, "bo", stays=False)
    for one, seen in ((anna, False), (bo, True)):
        _, _, (handed,) = await service.overview.read(one)
        assert (handed.conference.id, handed.former, handed.to, handed.seen) == (meeting, "Anna", "Bo", seen)
    assert (await service.overview.read(other))[2] == []


async def test_it_is_so_after_a_restart_too(region: Region) -> None:
    service, anna, bo = await hosts(region)
    meeting = await opened(service, anna)
    await service.hosts.pass_on(anna, meeting, "bo", stays=True)
    await region.restart()
    kept = region.node()[CONFERENCES][meeting]
    assert (kept.opened_by, kept.co_hosts, kept.handed_from, kept.handed_by) == ("bo", ("anna",), "anna", "anna")
    assert (await region.parts().service.conferences.read(bo, meeting)).conference.id == meeting
