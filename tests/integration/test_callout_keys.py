"""The other keys of a call-out, over a real trunk: once more, in so many minutes, and the deputy instead."""

import contextlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.crowd import JOINS, RINGS, Answers, Crowd, crowd
from tests.harness.world import Meeting, World, samband_world, supervisor_frozen
from tests.integration.test_callout import activates, board, created, free_numbers, is_done, list_of

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


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


async def test_one_who_presses_0_hears_the_question_again_also_while_no_controller_is_there(
    world: World, region: Crowd, meeting: Meeting
) -> None:
    [number] = free_numbers(1)
    region.behaves(number, Answers(""))
    activation = await activates(world, await list_of(world, [number]), meeting)
    await wait.until(lambda: any(one.answered_at_s for one in region.rung(number)), 10, what="they answer")
    [rung] = region.rung(number)
    intro = world.prompt("callout/intro")
    with supervisor_frozen(world):
        await world.controller.kill()
        await wait.until(lambda: region.heard(rung).spans(intro), 10, every_s=0.2, what="they hear who calls")
        pressed_s = time.monotonic()
        region.presses(rung, "0")
        await wait.until(
            lambda: region.heard(rung).spans(intro, pressed_s), 15, every_s=0.2, what="they hear it once more"
        )
        region.presses(rung, "3")
        await wait.until(lambda: rung.ended_at_s is not None, 20, what="they have their receipt")
    await world.in_control(30)
    [target] = (await is_done(world, activation, 30))["targets"]
    assert target["state"] == "cannot"


@pytest.mark.law
@pytest.mark.parametrize("dies", [False, True], ids=["a controller is there", "no controller is there"])
async def test_one_who_comes_in_some_minutes_is_shown_as_coming_then_and_the_line_is_put_down(
    world: World, region: Crowd, meeting: Meeting, dies: bool
) -> None:
    [number] = free_numbers(1)
    region.behaves(number, Answers(""))
    activation = await activates(world, await list_of(world, [number]), meeting)
    await wait.until(lambda: any(one.answered_at_s for one in region.rung(number)), 10, what="they answer")
    [rung] = region.rung(number)
    with supervisor_frozen(world) if dies else contextlib.nullcontext():
        if dies:
            await world.controller.kill()
        region.presses(rung, "2")
        minutes = world.prompt("callout/minutes")
        await wait.until(lambda: region.heard(rung).spans(minutes), 15, every_s=0.2, what="they are asked for minutes")
        region.presses(rung, "15")
        before = datetime.now(UTC)
        await wait.until(lambda: rung.ended_at_s is not None, 20, what="they have their receipt")
    assert region.heard(rung).spans(world.prompt("callout/called-then"))
    await world.in_control(30)
    shown = await is_done(world, activation, 30)
    [target] = shown["targets"]
    assert (target["state"], shown["state"]) == ("later", "open")
    in_s = (datetime.fromisoformat(target["comes_at"]) - before).total_seconds()
    assert 880 <= in_s <= 960, target
    assert len(region.rung(number)) == 1


async def test_one_who_hangs_up_when_asked_for_the_minutes_comes_later_and_is_not_rung_at_once(
    world: World, region: Crowd, meeting: Meeting
) -> None:
    first, second = free_numbers(2)
    region.behaves(first, Answers(""))
    region.behaves(second, JOINS)
    activation = await activates(world, await list_of(world, [first, second]), meeting)
    await wait.until(lambda: any(one.answered_at_s for one in region.rung(first)), 10, what="they answer")
    [rung] = region.rung(first)
    region.presses(rung, "2")
    minutes = world.prompt("callout/minutes")
    await wait.until(lambda: region.heard(rung).spans(minutes), 15, every_s=0.2, what="they are asked for minutes")
    region.hangs_up(rung)
    [target] = (await is_done(world, activation))["targets"]
    assert target["state"] == "later"
    await wait.never(lambda: bool(region.rung(second)), 2.0, what="the next number is rung")


@pytest.mark.law
@pytest.mark.parametrize("dies", [False, True], ids=["a controller is there", "no controller is there"])
async def test_by_4_the_deputy_is_called_and_the_receipt_says_so(
    world: World, region: Crowd, meeting: Meeting, dies: bool
) -> None:
    number, deputy, alone = free_numbers(3)
    region.behaves(number, Answers(""))
    region.behaves(deputy, JOINS)
    region.behaves(alone, Answers("4"))
    list_id = await list_of(world, [number], [alone])
    name = list_id.removeprefix("list-")
    await created(
        world, "functions", id=f"dep-{name}", organisation_id=f"org-{name}", name="Ersättare", numbers=[deputy]
    )
    function = {"organisation_id": f"org-{name}", "name": "TiB 0", "numbers": [number], "deputy_ids": [f"dep-{name}"]}
    (await world.api.put(f"functions/tib-{name}-0", json=function)).raise_for_status()
    activation = await activates(world, list_id, meeting)
    await wait.until(lambda: any(one.answered_at_s for one in region.rung(number)), 10, what="they answer")
    [rung] = region.rung(number)
    with supervisor_frozen(world) if dies else contextlib.nullcontext():
        if dies:
            await world.controller.kill()
        region.presses(rung, "4")
        await wait.until(lambda: rung.ended_at_s is not None, 20, what="they have their receipt")
        await wait.until(lambda: all(one.ended_at_s for one in region.rung(alone)), 20, what="so has the other")
    assert region.heard(rung).spans(world.prompt("callout/deputy"))
    assert any(region.heard(one).spans(world.prompt("callout/no-deputy")) for one in region.rung(alone))
    await world.in_control(30)
    await meeting.has(1, within_s=30)
    shown = await board(world, activation)
    reasons = {one["function"]: (one["state"], one["reason_code"]) for one in shown["targets"]}
    assert reasons["TiB 0"] == ("cannot", "deputy_asked_for")
    assert reasons["TiB 1"] == ("cannot", "no_deputy_to_call")
    assert reasons["Ersättare"][0] == "joined"


@pytest.mark.law
@pytest.mark.parametrize("dies", [False, True], ids=["a controller is there", "no controller is there"])
async def test_a_shared_telephone_is_asked_who_answers_and_the_other_function_is_called_on(
    world: World, region: Crowd, meeting: Meeting, dies: bool
) -> None:
    shared, other = free_numbers(2)
    region.behaves(shared, Answers(""))
    region.behaves(other, RINGS)
    activation = await activates(world, await list_of(world, [shared], [shared, other], ring_s=30), meeting)
    await wait.until(lambda: any(one.answered_at_s for one in region.rung(shared)), 10, what="they answer")
    [rung] = region.rung(shared)
    who = world.prompt("callout/who")
    with supervisor_frozen(world) if dies else contextlib.nullcontext():
        if dies:
            await world.controller.kill()
        region.presses(rung, "1")
        await wait.until(lambda: region.heard(rung).spans(who), 15, every_s=0.2, what="they are asked who answers")
        region.presses(rung, "1")
        if dies:
            wait_words = world.prompt("emergency/wait")
            await wait.until(lambda: region.heard(rung).spans(wait_words), 20, every_s=0.2, what="they wait in words")
    await world.in_control(30)
    [there] = await meeting.has(1, within_s=30)
    assert there["function"] == "TiB 0"
    await wait.until(lambda: bool(region.rung(other)), 10, what="the other function's next number rings")
    states = {
        one["function"]: (one["state"], one["reason_code"]) for one in (await board(world, activation))["targets"]
    }
    assert states["TiB 0"] == ("joined", None)
    assert states["TiB 1"][0] == "calling"
