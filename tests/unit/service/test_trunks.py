"""A trunk is tried out by a call to oneself, one at a time, and the audit log tells it."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from bridge.domain.kernel.ids import TrunkName
from bridge.domain.kernel.reasons import WELL
from bridge.ports import Finding, SelfCall
from bridge.service.refusal import Refusal
from bridge.service.service import Service
from tests.harness.principals import somebody
from tests.unit.api.region import Region, a_region

OPERATOR = somebody()
MAIN = TrunkName("main")


@pytest.fixture
async def region() -> AsyncIterator[Region]:
    async with a_region() as made:
        yield made


class Trunks:
    """One trunk, whose call is up until it is hung up."""

    def __init__(self) -> None:
        self.runs = False
        self.dialled, self.hung_up = asyncio.Event(), asyncio.Event()

    def names(self) -> Sequence[TrunkName]:
        return (MAIN,)

    def call(self, trunk: TrunkName) -> SelfCall:
        return SelfCall(trunk, "+4685555555", "+4685555555")

    async def test(self, trunk: TrunkName) -> Sequence[Finding]:
        self.runs = True
        self.dialled.set()
        await self.hung_up.wait()
        return [Finding("trunk", True, WELL)]


async def test_one_call_to_oneself_at_a_time(region: Region) -> None:
    device = Trunks()
    trunks = Service.on(region.ports(trunk_tests=device)).trunks
    first = asyncio.ensure_future(trunks.test(OPERATOR, MAIN))
    await device.dialled.wait()
    with pytest.raises(Refusal) as refused:
        await trunks.test(OPERATOR, MAIN)
    assert (refused.value.code, refused.value.retry) == ("conflict", True)
    device.hung_up.set()
    assert [one.what for one in await first] == ["trunk"]
    assert [row.object for row in await region.audited("trunk.tested")] == ["main", "main"]


async def test_a_trunk_that_is_not_there_is_not_tested_and_a_plan_dials_nothing(region: Region) -> None:
    device = Trunks()
    trunks = Service.on(region.ports(trunk_tests=device)).trunks
    with pytest.raises(Refusal) as refused:
        await trunks.test(OPERATOR, TrunkName("other"))
    assert refused.value.code == "not_found"
    assert (await trunks.plan(OPERATOR, MAIN)).number == "+4685555555"
    assert not device.runs
    with pytest.raises(Refusal):
        await Service.on(region.ports()).trunks.plan(OPERATOR, MAIN)
