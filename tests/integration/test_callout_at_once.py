"""One call to several functions, and several calls to one, over a real trunk. The peer's own record is the witness."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.crowd import RINGS, Answers, Crowd, crowd
from tests.harness.world import Meeting, World, samband_world
from tests.integration.test_callout import activates, free_numbers, is_done, list_of

pytestmark = [pytest.mark.integration, pytest.mark.silent, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    settings = "[callout]\nkey_wait_s = 10\ndoubt_s = 1"
    trunk = "calls_per_s = 10\nchannels = 8"
    async with samband_world(tmp_path_factory.mktemp("world"), tables=settings, trunk=trunk) as running:
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


async def test_two_functions_behind_one_number_are_asked_in_one_call_and_the_answer_counts_for_both(
    world: World, region: Crowd, meeting: Meeting
) -> None:
    [shared] = free_numbers(1)
    region.behaves(shared, Answers("13"))
    shown = await is_done(world, await activates(world, await list_of(world, [shared], [shared]), meeting))
    assert [(one["state"], len(one["attempts"])) for one in shown["targets"]] == [("joined", 1), ("joined", 1)]
    assert shown["targets"][0]["attempts"] == shown["targets"][1]["attempts"]
    assert len(region.rung(shared)) == 1
    [there] = await meeting.has(1, within_s=15)
    assert "TiB 0" in there["name"]
    assert "TiB 1" in there["name"]


@pytest.mark.law
async def test_numbers_called_at_once_ring_together_and_the_first_key_stops_the_others_within_a_second(
    world: World, region: Crowd, meeting: Meeting
) -> None:
    office, mobile, voicemail = free_numbers(3)
    region.behaves(office, RINGS)
    region.behaves(mobile, Answers("", ring_s=0.5))
    region.behaves(voicemail, Answers("", ring_s=0.5, talks=True))
    list_id = await list_of(world, [office, mobile, voicemail], ring_s=60, parallel=True)
    activation = await activates(world, list_id, meeting)
    assert activation["parallel"] is True
    numbers = (office, mobile, voicemail)

    def are_all_up() -> bool:
        rung = region.rung(*numbers)
        return len(rung) == 3 and all(one.answered_at_s for one in region.rung(mobile, voicemail))

    await wait.until(are_all_up, 10, what="one rings, a person and a voicemail have answered")
    [person], [rings], [machine] = region.rung(mobile), region.rung(office), region.rung(voicemail)
    pressed_s = time.monotonic()
    region.presses(person, "1")
    await wait.until(lambda: rings.ended_at_s is not None, 5, what="the office stops ringing")
    assert rings.ended_at_s is not None
    stopped_s = rings.ended_at_s - pressed_s
    print(f"the other telephone stopped ringing {stopped_s:.2f} s after the key")
    assert stopped_s <= 1.0 + wait.MACHINE.stood_still_s(pressed_s, rings.ended_at_s)
    await wait.until(lambda: machine.ended_at_s is not None, 15, what="the voicemail is let go")
    await meeting.has(1, within_s=15)
    [target] = (await is_done(world, activation))["targets"]
    assert target["state"] == "joined"
    assert sorted(one["result"] for one in target["attempts"]) == ["cancelled", "cancelled", "joined"]
