"""Somebody missed the call-out's call and rings the number back, over a real trunk and a real telephone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bridge.domain.telephony.numbers import parse_number
from tests.harness import wait
from tests.harness.crowd import RINGS, Crowd, crowd
from tests.harness.phones import Phone, Phones
from tests.harness.world import Meeting, World, samband_world
from tests.integration.test_callout import activates, board, created, list_of

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    trunk = "calls_per_s = 10\nchannels = 8"
    async with samband_world(tmp_path_factory.mktemp("world"), trunk=trunk) as running:
        await created(running, "forums", id="insats", name="Insats", recorded=False, calls_back_in=True)
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def region(world: World, tmp_path: Path) -> AsyncIterator[Crowd]:
    async with crowd(tmp_path / "crowd", world.trunk_port) as people:
        yield people


@pytest_asyncio.fixture(loop_scope="module")
async def phone(world: World, tmp_path: Path) -> AsyncIterator[Phone]:
    async with Phones(tmp_path / "phones", world.sip_port) as phones:
        yield await phones.instrument("TiB")


async def rings_back(world: World, region: Crowd, phone: Phone, meeting: Meeting) -> dict[str, object]:
    """The telephone rings, nobody takes it, and its owner rings back. Gives the call-out."""
    number = parse_number(phone.number)
    region.behaves(number, RINGS)
    activation = await activates(world, await list_of(world, [number], ring_s=60), meeting)
    await wait.until(lambda: bool(region.rung(number)), 10, what="their telephone rings")
    await phone.calls(world.number)
    [rung] = region.rung(number)
    await wait.until(lambda: rung.ended_at_s is not None, 5, what="it stops ringing")
    [target] = (await board(world, activation))["targets"]
    assert (target["state"], target["reason_code"]) == ("calls_back", "calls_back")
    await phone.hears(world.prompt("callout/call-back"), within_s=10)
    return activation


async def is_in(world: World, activation: dict[str, object], meeting: Meeting) -> dict[str, object]:
    [there] = await meeting.has(1, within_s=20)
    [target] = (await board(world, activation))["targets"]
    assert (target["state"], target["reason_code"]) == ("joined", "called_back")
    return there


async def test_one_who_rings_back_is_told_why_and_keys_a_code_to_come_in(
    world: World, region: Crowd, phone: Phone
) -> None:
    meeting = await world.opens_conference("Inriktande nivå", recorded=False)
    activation = await rings_back(world, region, phone, meeting)
    await phone.keys("1")
    await phone.hears(world.prompt("callout/key-code"), within_s=10)
    assert await meeting.participants() == []
    await phone.keys(f"{meeting.code}#")
    await is_in(world, activation, meeting)
    assert len(region.rung(parse_number(phone.number))) == 1
    await meeting.ends()


async def test_where_the_forum_says_so_one_key_leads_in_as_the_function(
    world: World, region: Crowd, phone: Phone
) -> None:
    meeting = await world.opens_conference("Insats", forum="insats")
    activation = await rings_back(world, region, phone, meeting)
    await phone.keys("1")
    there = await is_in(world, activation, meeting)
    assert there["function"] == "TiB 0"
    await meeting.ends()


async def test_one_who_rings_back_and_hangs_up_is_rung_again(world: World, region: Crowd, phone: Phone) -> None:
    meeting = await world.opens_conference("Inriktande nivå", recorded=False)
    await rings_back(world, region, phone, meeting)
    await phone.hangs_up()
    await wait.until(lambda: len(region.rung(parse_number(phone.number))) == 2, 15, what="they are rung again")
    await meeting.ends()
