"""Parallel conferences: what is said in one is never heard in another."""

import asyncio

import pytest

from tests.harness.phones import Phones
from tests.harness.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_two_conferences_do_not_hear_each_other(world: World, phones: Phones) -> None:
    ledning, kommunikation = await world.opens_conference("Ledning"), await world.opens_conference("Kommunikatörer")
    assert len({ledning.code, ledning.host_code, kommunikation.code, kommunikation.host_code}) == 4
    a1, a2 = await phones.new("Kommun A"), await phones.instrument("Kommun B")
    b1, b2 = await phones.new("Region"), await phones.instrument("Polis")
    await asyncio.gather(
        world.joins(a1, ledning),
        world.joins(a2, ledning),
        world.joins(b1, kommunikation),
        world.joins(b2, kommunikation),
    )
    await a1.talks()
    await b1.talks()
    await asyncio.gather(a2.hears(a1.voice, within_s=5), b2.hears(b1.voice, within_s=5))
    await asyncio.gather(a2.does_not_hear(b1.voice, for_s=2), b2.does_not_hear(a1.voice, for_s=2))


async def test_ending_one_conference_leaves_the_other_alone(world: World, phones: Phones) -> None:
    ledning, kommunikation = await world.opens_conference("Ledning"), await world.opens_conference("Kommunikatörer")
    ended, staying, other = (await phones.new("Kommun A"), await phones.new("Region"), await phones.instrument("Polis"))
    await asyncio.gather(
        world.joins(ended, ledning), world.joins(staying, kommunikation), world.joins(other, kommunikation)
    )
    await staying.talks()
    await ledning.ends()
    await ended.is_hung_up(within_s=20)
    assert (staying.state, other.state) == ("up", "up")
    await other.hears(staying.voice, within_s=3)
    assert len(await kommunikation.participants()) == 2
