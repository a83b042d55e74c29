"""The controller or Asterisk is killed at each point of a call-out. Nobody is skipped, nor rung again but in doubt.

The far end of the trunk is the witness. `SAMBAND_KILL_POINTS=all` tries every point up to the last that a call-out has.
"""

import asyncio
import itertools
import os
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.crowd import Answers, Behaviour, Crowd, crowd, overlapping
from tests.harness.kill_points import Point, dies_at
from tests.harness.sipp import FICTION
from tests.harness.world import Meeting, World, samband_world
from tests.integration.test_callout import DONE, is_done, list_of, results

pytestmark = [pytest.mark.integration, pytest.mark.silent, pytest.mark.asyncio(loop_scope="module")]

PRESSES: Final = {"1": "joined", "2": "later", "3": "cannot"}
LAST: Final = {"pwrite64": 120, "fdatasync": 16, "sendto": 40}
"""Of each call that a call-out of this size surely makes."""
SOME: Final = [
    *(Point("pwrite64", number) for number in (1, 9, 30, 64, 100)),
    *(Point("fdatasync", number) for number in (1, 2, 3, 4, 6, 9, 12)),
    *(Point("sendto", number) for number in (1, 2, 3, 5, 8, 13, 21, 34)),
]
EVERY: Final = [Point(call, number) for call, last in LAST.items() for number in range(1, last + 1)]
OF_ASTERISK: Final = {"sendto": 60, "write": 40}
"""Telephones and the trunk are sent to, and the controller is written to."""
SOME_OF_ASTERISK: Final = [
    *(Point("sendto", number) for number in (1, 2, 3, 5, 30)),
    *(Point("write", number) for number in (1, 3, 8, 16, 24)),
]
EVERY_OF_ASTERISK: Final = [Point(call, n) for call, last in OF_ASTERISK.items() for n in range(1, last + 1)]
TRIES_ALL: Final = os.environ.get("SAMBAND_KILL_POINTS") == "all"
IN_FLIGHT: Final = 3
NUMBERS: Final = itertools.cycle(FICTION)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    settings = "[callout]\nkey_wait_s = 5\ndoubt_s = 1\ncongestion_s = 1"
    async with samband_world(
        tmp_path_factory.mktemp("world"), tables=settings, trunk=f"calls_per_s = 10\nchannels = {IN_FLIGHT}"
    ) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def region(world: World, tmp_path: Path) -> AsyncIterator[Crowd]:
    async with crowd(tmp_path / "crowd", world.trunk_port) as people:
        yield people


@pytest_asyncio.fixture(loop_scope="module")
async def meeting(world: World) -> AsyncIterator[Meeting]:
    opened = await world.opens_conference("Inriktande nivå")
    yield opened
    await opened.ends()


@pytest.mark.law
@pytest.mark.parametrize("point", EVERY if TRIES_ALL else SOME, ids=str)
async def test_killed_at_any_point_of_a_call_out_nobody_is_skipped_and_nobody_rung_again_but_in_doubt(
    world: World, region: Crowd, meeting: Meeting, point: Point
) -> None:
    behaviours: list[Behaviour] = [*(Answers(key, ring_s=0.3, key_s=0.8, again_s=3) for key in PRESSES), 486]
    numbers = list(itertools.islice(NUMBERS, len(behaviours)))
    for number, behaviour in zip(numbers, behaviours, strict=True):
        region.behaves(number, behaviour)
    list_id = await list_of(world, *([one] for one in numbers))
    old = world.controller.pid
    async with dies_at(old, point) as tracer:
        activation = await presses_until_it_is_taken(world, list_id, meeting)
        shown = await is_done_whoever_controls(world, activation)
        killed = tracer.returncode is not None
    assert killed, f"a call-out never came to {point}"
    await world.controller.is_back(old)
    await world.in_control()
    shown = await is_done(world, activation, 30)
    for number, target, behaviour in zip(numbers, shown["targets"], behaviours, strict=True):
        rung, doubted = region.rung(number), results(target).count("in_doubt")
        assert 1 <= len(rung) <= 1 + doubted, f"{target}, {rung}"
        assert overlapping(rung) == [], rung
        assert target["state"] in DONE, target
        if isinstance(behaviour, Answers):
            assert target["state"] == PRESSES[behaviour.keys], f"{target}, {rung}"
        else:
            assert (target["state"], bool(target["reason"])) == ("unreachable", True), target
    assert sum(results(target).count("in_doubt") for target in shown["targets"]) <= IN_FLIGHT
    await meeting.has(1, within_s=40)


@pytest.mark.law
@pytest.mark.parametrize("point", EVERY_OF_ASTERISK if TRIES_ALL else SOME_OF_ASTERISK, ids=str)
async def test_where_asterisk_dies_an_answer_that_is_known_stands_and_every_call_is_accounted_for(
    world: World, region: Crowd, meeting: Meeting, point: Point
) -> None:
    """All calls fall. Only those who joined are rung back, once, and those whose answer nobody has."""
    behaviours: list[Behaviour] = [*(Answers(key, ring_s=0.3, key_s=0.8, again_s=3) for key in PRESSES), 486]
    numbers = list(itertools.islice(NUMBERS, len(behaviours)))
    for number, behaviour in zip(numbers, behaviours, strict=True):
        region.behaves(number, behaviour)
    list_id = await list_of(world, *([one] for one in numbers))
    [old] = world.asterisk.processes()
    async with dies_at(old, point) as tracer:
        activation = await presses_until_it_is_taken(world, list_id, meeting)
        await wait.until(lambda: tracer.returncode is not None, 40, what=f"Asterisk comes to {point}")
        region.all_fall()
    await world.in_control()
    await is_done(world, activation, 40)
    await meeting.has(1, within_s=30)
    shown = await is_done(world, activation)
    for number, target, behaviour in zip(numbers, shown["targets"], behaviours, strict=True):
        rung, known = region.rung(number), results(target)
        assert overlapping(rung) == [], rung
        assert not set(known[:-1]) & set(PRESSES.values()), f"nobody is asked again who has answered: {target}"
        assert 1 <= len(rung) <= len(known) + (target["state"] == "joined"), f"{target}, {rung}"
        assert known.count("in_doubt") <= 1, target
        if isinstance(behaviour, Answers):
            assert target["state"] == PRESSES[behaviour.keys], f"{target}, {rung}"
        else:
            assert (target["state"], bool(target["reason"])) == ("unreachable", True), target


async def presses_until_it_is_taken(world: World, list_id: str, meeting: Meeting) -> dict[str, Any]:
    """One key, pressed again until somebody takes it."""
    body = {"key": uuid.uuid4().hex, "activation_list_id": list_id, "conference_id": meeting.id}

    async def taken() -> dict[str, Any]:
        try:
            answer = await world.api.post("activations", json=body)
        except httpx.HTTPError:
            return {}
        return answer.json() if answer.status_code in (200, 201) else {}

    return await wait.until(taken, 30, every_s=0.2, what="the call-out is taken")


async def is_done_whoever_controls(world: World, activation: dict[str, Any], within_s: float = 40.0) -> dict[str, Any]:
    """Every function has an outcome; the controller may go and come meanwhile."""
    end_s = time.monotonic() + within_s
    while True:
        try:
            return await is_done(world, activation, end_s - time.monotonic())
        except httpx.HTTPError:
            await asyncio.sleep(0.2)
