"""The controller is killed around an order by radio. One call-out comes of it, also when the officer orders again."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.crowd import Answers, Crowd, crowd
from tests.harness.kill_points import Point, dies_at
from tests.harness.world import World, samband_world
from tests.integration.test_radio_orders import JOINING, REFUSING, Officer, conferences, region_of

pytestmark = [pytest.mark.integration, pytest.mark.silent, pytest.mark.asyncio(loop_scope="module")]

ORDERED: Final = (Point("pwrite64", 1), Point("fdatasync", 2))
"""The message is not on disk; the message and the call-out are, and nothing is told of it."""
SLOW: Final = Answers("1", ring_s=90.0)
"""They ring while the officer orders again, so that the list is called in still."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with samband_world(tmp_path_factory.mktemp("world"), radio=True, trunk="calls_per_s = 5") as running:
        await is_ready(running)
        await region_of(running)
        yield running


async def is_ready(world: World) -> None:
    async def ready() -> bool:
        return bool((await world.api.get("terminals")).json()[0]["state"] == "ready")

    await wait.until(ready, 30, every_s=0.1, what="the terminal is ready")


@pytest_asyncio.fixture(loop_scope="module")
async def region(world: World, tmp_path: Path) -> AsyncIterator[Crowd]:
    async with crowd(tmp_path / "crowd", world.trunk_port) as people:
        for number in (JOINING, REFUSING):
            people.behaves(number, SLOW)
        yield people


@pytest.mark.law
@pytest.mark.parametrize("point", ORDERED, ids=str)
async def test_an_order_by_radio_that_is_killed_and_given_again_is_one_call_out(
    world: World, region: Crowd, point: Point
) -> None:
    officer = Officer(world, "Ledning")
    before = {one["id"] for one in await call_outs(world)}
    code = (await officer.told("inkalla inriktande niva", r"Svara JA (\d{4})"))[1]
    old = world.controller.pid
    async with dies_at(old, point) as tracer:
        await officer.says(f"JA {code}")
        await wait.until(lambda: tracer.returncode is not None, 30, what=f"the controller comes to {point}")
    await world.controller.is_back(old)
    await world.in_control()
    await is_ready(world)
    code = (await officer.told("inkalla inriktande niva", r"Svara JA (\d{4})"))[1]
    await officer.told(f"JA {code}", r"har börjat: 2 funktioner")
    [started] = [one for one in await call_outs(world) if one["id"] not in before]
    [meeting] = await conferences(world)
    assert (started["state"], started["conference_id"]) == ("open", meeting["id"])
    await wait.until(lambda: {one.number for one in region.calls} == {JOINING, REFUSING}, 30, what="both are rung")
    (await world.api.post(f"conferences/{meeting['id']}/end")).raise_for_status()
    await wait.until(lambda: all(one.ended_at_s for one in region.calls), 30, what="everybody is let go")


async def call_outs(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.api.get("activations?limit=1000")).json()
    return found
