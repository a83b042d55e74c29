"""The call-out over a real trunk to a population that behaves by number: the peer's own record is the witness."""

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.crowd import (
    CANNOT,
    JOINS,
    LATER,
    RINGS,
    VOICEMAIL,
    Answers,
    Behaviour,
    Crowd,
    busiest,
    crowd,
    overlapping,
)
from tests.harness.phones import Phones
from tests.harness.sipp import FICTION
from tests.harness.world import Meeting, World, samband_world, supervisor_frozen

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

CALLS_PER_S = 10.0
CHANNELS = 8
DONE = {"joined", "later", "cannot", "unreachable", "cancelled"}
GUEST = voice(500)
Board = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A trunk of ten calls a second and eight channels; who presses nothing is let go after 5 s."""
    settings = "[callout]\nkey_wait_s = 5\ndoubt_s = 1\ncongestion_s = 1"
    trunk = f"calls_per_s = {CALLS_PER_S}\nchannels = {CHANNELS}"
    async with samband_world(tmp_path_factory.mktemp("world"), tables=settings, trunk=trunk) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def region(world: World, tmp_path: Path) -> AsyncIterator[Crowd]:
    async with crowd(tmp_path / "crowd", world.trunk_port) as people:
        yield people


@pytest_asyncio.fixture(loop_scope="module")
async def phones(world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with Phones(tmp_path / "phones", world.sip_port) as telephones:
        yield telephones


@pytest_asyncio.fixture(loop_scope="module")
async def meeting(world: World) -> AsyncIterator[Meeting]:
    opened = await world.opens_conference("Inriktande nivå")
    yield opened
    await opened.ends()


async def list_of(world: World, *functions: Sequence[str], **how: float) -> str:
    """An activation list of functions, each with its numbers in order; gives the list's id."""
    name = uuid.uuid4().hex[:8]
    await created(world, "organisations", id=f"org-{name}", name=f"Kommun {name}")
    ids = []
    for index, numbers in enumerate(functions):
        ids.append(f"tib-{name}-{index}")
        function = {"organisation_id": f"org-{name}", "name": f"TiB {index}", "numbers": list(numbers)}
        await created(world, "functions", id=ids[-1], **function)
    settings = {"ring_s": 5, "rounds": 1, "round_pause_s": 1, **how}
    await created(world, "activation-lists", id=f"list-{name}", name=f"Lista {name}", function_ids=ids, **settings)
    return f"list-{name}"


async def created(world: World, kind: str, **body: Any) -> None:
    answer = await world.api.post(kind, json=body)
    assert answer.status_code == 201, answer.text


async def activates(world: World, list_id: str, meeting: Meeting, key: str = "") -> Board:
    body = {"key": key or uuid.uuid4().hex, "activation_list_id": list_id, "conference_id": meeting.id}
    answer = await world.api.post("activations", json=body)
    assert answer.status_code in (200, 201), answer.text
    started: Board = answer.json()
    return started


async def board(world: World, activation: Board) -> Board:
    answer = await world.api.get(f"activations/{activation['id']}")
    assert answer.status_code == 200, answer.text
    shown: Board = answer.json()
    return shown


async def states(world: World, activation: Board) -> list[str]:
    return [target["state"] for target in (await board(world, activation))["targets"]]


async def is_done(world: World, activation: Board, within_s: float = 30.0) -> Board:
    """Wait until every function has an outcome."""

    async def done() -> Board:
        shown = await board(world, activation)
        return shown if shown["counters"]["done"] == shown["counters"]["total"] else {}

    return await wait.until(done, within_s, every_s=0.2, what="every function has an outcome")


def results(target: Board) -> list[str]:
    return [attempt["result"] for attempt in target["attempts"]]


def free_numbers(count: int) -> list[str]:
    """So many numbers nobody else in this module has been given."""
    return [next(_numbers) for _ in range(count)]


_numbers = iter(FICTION)


async def everybody_has_left(region: Crowd) -> None:
    await wait.until(lambda: all(one.ended_at_s for one in region.calls), 15, what="all calls have ended")


# --- what an answer means ---


async def test_one_is_in_the_conference_two_comes_later_three_cannot(
    world: World, region: Crowd, phones: Phones, meeting: Meeting
) -> None:
    host = await phones.new("TiB")
    await world.joins(host, meeting, as_host=True)
    await host.talks()
    comes, later, cannot = free_numbers(3)
    region.behaves(comes, JOINS)
    region.behaves(later, LATER)
    region.behaves(cannot, CANNOT)
    activation = await activates(world, await list_of(world, [comes], [later], [cannot]), meeting)
    shown = await is_done(world, activation)
    assert [target["state"] for target in shown["targets"]] == ["joined", "later", "cannot"]
    assert shown["counters"]["joined"] == shown["counters"]["later"] == shown["counters"]["cannot"] == 1
    assert (await board(world, activation))["state"] == "open", "the one who comes later is called then"
    await meeting.has(2)
    [joined] = region.rung(comes)
    await wait.until(lambda: region.heard(joined).spans(host.voice), 5, what="the called one hears the meeting")
    region.says(joined, GUEST)
    await host.hears(GUEST, within_s=5)
    await wait.until(lambda: all(one.ended_at_s for one in region.rung(later, cannot)), 15, what="they are let go")
    for number, prompt in ((later, "callout/later"), (cannot, "callout/cannot")):
        [rung] = region.rung(number)
        assert region.heard(rung).spans(world.prompt(prompt))
        assert not region.heard(rung).spans(host.voice)
    names = {one["function"] for one in await meeting.participants()}
    assert "TiB 0" in names


async def test_a_voicemail_is_never_bridged_and_the_next_number_is_rung(
    world: World, region: Crowd, phones: Phones, meeting: Meeting
) -> None:
    host = await phones.new("TiB")
    await world.joins(host, meeting)
    await host.talks()
    voicemail, mobile = free_numbers(2)
    region.behaves(voicemail, Answers(talks=True))
    region.behaves(mobile, JOINS)
    activation = await activates(world, await list_of(world, [voicemail, mobile]), meeting)
    shown = await is_done(world, activation, within_s=60)
    assert results(shown["targets"][0]) == ["no_key", "joined"]
    [machine], [person] = region.rung(voicemail), region.rung(mobile)
    assert machine.ended_at_s is not None
    assert machine.ended_at_s < person.at_s, "one live call for each function, ever"
    heard = region.heard(machine)
    assert heard.spans(world.prompt("callout/intro")), "it was told who calls"
    assert heard.spans(world.prompt("callout/ring-in")), "it was left the number to call"
    assert not heard.spans(host.voice), "the meeting was heard by a voicemail"
    await meeting.has(2)


@pytest.mark.parametrize(
    ("first", "result"),
    [(486, "busy"), (603, "rejected"), (404, "invalid"), (408, "no_answer"), (480, "no_answer"), (RINGS, "no_answer")],
    ids=["486 busy", "603 decline", "404 no such number", "408 timeout", "480 unavailable", "nobody answers"],
)
async def test_a_number_that_does_not_bring_him_is_followed_by_the_next(
    world: World, region: Crowd, meeting: Meeting, first: Behaviour, result: str
) -> None:
    office, mobile = free_numbers(2)
    region.behaves(office, first)
    region.behaves(mobile, JOINS)
    [target] = (await is_done(world, await activates(world, await list_of(world, [office, mobile]), meeting)))[
        "targets"
    ]
    assert results(target) == [result, "joined"]
    assert [one.number for one in region.calls] == [office, mobile]
    assert overlapping(region.calls) == []


async def test_nobody_reached_has_the_reason_and_all_his_rounds(world: World, region: Crowd, meeting: Meeting) -> None:
    busy, gone = free_numbers(2)
    region.behaves(busy, 486)
    region.behaves(gone, 404)
    list_id = await list_of(world, [gone, busy], [], rounds=2, round_pause_s=1)
    [rung, numberless] = (await is_done(world, await activates(world, list_id, meeting)))["targets"]
    assert (rung["state"], rung["reason"]) == ("unreachable", "busy")
    assert [one.number for one in region.calls] == [gone, busy, busy], "a number that does not exist is not rung again"
    assert (numberless["state"], numberless["reason"]) == ("unreachable", "no number is known")


async def test_the_trunks_congestion_costs_nobody_his_only_attempt(
    world: World, region: Crowd, meeting: Meeting
) -> None:
    [number] = free_numbers(1)
    region.behaves(number, 503, 503, JOINS)
    shown = await is_done(world, await activates(world, await list_of(world, [number]), meeting))
    [target] = shown["targets"]
    assert results(target) == ["congestion", "congestion", "joined"]
    assert target["attempts_made"] == 1
    first, second, third = (one.at_s for one in region.calls)
    assert second - first >= 0.9, "the trunk rests"
    assert third - second >= 1.9, "and longer the second time"


# --- the trunk's limits ---


async def test_parallel_within_the_trunks_calls_per_second_and_channels(
    world: World, region: Crowd, meeting: Meeting
) -> None:
    numbers = free_numbers(24)
    for number in numbers:
        region.behaves(number, Answers("2", ring_s=0.2, key_s=0.1))
    began_s = time.monotonic()
    shown = await is_done(world, await activates(world, await list_of(world, *([one] for one in numbers)), meeting), 90)
    assert shown["counters"]["later"] == len(numbers)
    assert sorted(one.number for one in region.calls) == sorted(numbers), "each once"
    await everybody_has_left(region)
    assert 2 <= busiest(region.calls) <= CHANNELS
    starts = sorted(one.at_s for one in region.calls)
    for first, last in zip(starts, starts[int(CALLS_PER_S) :], strict=False):
        assert last - first >= 0.9, f"more than {CALLS_PER_S:g} calls in a second"
    print(f"call-out: {len(numbers)} functions in {starts[-1] - began_s:.1f} s, first ring {starts[0] - began_s:.3f} s")


# --- asking twice ---


@pytest.mark.law
async def test_the_same_key_is_the_same_activation_and_not_one_more_call(
    world: World, region: Crowd, meeting: Meeting
) -> None:
    numbers = free_numbers(3)
    for number in numbers:
        region.behaves(number, RINGS)
    list_id, key = await list_of(world, *([one] for one in numbers)), uuid.uuid4().hex
    answers = await asyncio.gather(*(activates(world, list_id, meeting, key) for _ in range(5)))
    assert len({one["id"] for one in answers}) == 1
    await is_done(world, answers[0])
    assert sorted(one.number for one in region.calls) == sorted(numbers)
    again = await activates(world, list_id, meeting, key)
    assert again["id"] == answers[0]["id"], "also when it is over"
    await wait.never(lambda: len(region.calls) > 3, 1.0)


@pytest.mark.law
async def test_two_operators_who_start_the_same_list_start_one_call_out(
    world: World, region: Crowd, meeting: Meeting
) -> None:
    numbers = free_numbers(3)
    for number in numbers:
        region.behaves(number, RINGS)
    list_id = await list_of(world, *([one] for one in numbers))
    first, second = await asyncio.gather(activates(world, list_id, meeting), activates(world, list_id, meeting))
    assert first["id"] == second["id"]
    await is_done(world, first)
    assert sorted(one.number for one in region.calls) == sorted(numbers)


@pytest.mark.law
async def test_a_function_in_two_lists_has_never_two_live_calls(world: World, region: Crowd, meeting: Meeting) -> None:
    [shared] = free_numbers(1)
    region.behaves(shared, RINGS, LATER)
    first, second = await list_of(world, [shared]), await list_of(world, [shared])
    started = [await activates(world, one, meeting) for one in (first, second)]
    for activation in started:
        await is_done(world, activation)
    await everybody_has_left(region)
    assert len(region.calls) == 2
    assert overlapping(region.calls) == []


# --- cancelling ---


async def test_cancelled_stops_the_ringing_tells_the_asked_and_keeps_the_joined(
    world: World, region: Crowd, meeting: Meeting
) -> None:
    joined, asked, *ringing = free_numbers(9)
    region.behaves(joined, JOINS)
    region.behaves(asked, VOICEMAIL)
    for number in ringing:
        region.behaves(number, RINGS)
    list_id = await list_of(world, [joined], [asked], *([one] for one in ringing), ring_s=60)
    activation = await activates(world, list_id, meeting)
    await meeting.has(1, within_s=15)

    def under_way() -> bool:
        return len(region.ringing()) == CHANNELS - 2 and any(one.answered_at_s for one in region.rung(asked))

    await wait.until(under_way, 10, what="six ring, one is asked, one waits for a channel")
    began_s = time.monotonic()
    answer = await world.api.post(f"activations/{activation['id']}/cancel")
    assert answer.json()["state"] == "cancelled"
    await wait.until(lambda: not region.ringing(), 2, what="the ringing stops within 2 s")
    print(f"cancelled: ringing stopped after {time.monotonic() - began_s:.2f} s")
    [told] = region.rung(asked)
    await wait.until(lambda: told.ended_at_s, 15, what="who was asked is told, and let go")
    assert region.heard(told).spans(world.prompt("callout/cancelled"))
    assert await states(world, activation) == ["joined", *["cancelled"] * 8]
    assert (await board(world, activation))["counters"]["cancelled"] == 8
    await wait.never(lambda: len(region.calls) > CHANNELS, 1.0, what="somebody is rung after the end")
    assert len(await meeting.participants()) == 1


# --- one more ---


async def test_the_host_rings_one_more_participant(world: World, region: Crowd, meeting: Meeting) -> None:
    [number] = free_numbers(1)
    region.behaves(number, JOINS)
    spelled = f"0{number[3:]}"
    answer = await world.api.post(
        f"conferences/{meeting.id}/participants", json={"number": spelled, "name": "Jourhavande"}
    )
    assert answer.status_code == 202, answer.text
    [there] = await meeting.has(1, within_s=15)
    assert there["name"] == "Jourhavande"
    assert [one.number for one in region.calls] == [number]


@pytest.mark.parametrize(
    "number",
    ["08-465 004 0A", "084650041&PJSIP/084650042", "08465/00441", "0" * 40, "", "٠٨٤٦٥٠٠٤٤١", "112 3"],
    ids=["letter", "ampersand", "slash", "40 digits", "empty", "arabic digits", "short"],
)
async def test_a_number_that_is_none_is_refused_where_it_is_entered(
    world: World, region: Crowd, meeting: Meeting, number: str
) -> None:
    await world.api.post("organisations", json={"id": "org-bad", "name": "Kommun"})
    function = {"organisation_id": "org-bad", "name": "TiB", "numbers": ["08-465 004 41", number]}
    entered = await world.api.post("functions", json=function)
    assert entered.status_code == 422, entered.text
    assert entered.json()["field"] == "numbers[1]"
    rung = await world.api.post(f"conferences/{meeting.id}/participants", json={"number": number, "name": "TiB"})
    assert rung.status_code == 422, rung.text
    assert rung.json()["field"] == "number"
    assert region.calls == []


@pytest.mark.parametrize("number", ["+4721000000", "+8835100000001"], ids=["another country", "satellite"])
async def test_a_number_beyond_the_trunks_prefixes_is_not_rung_and_the_board_says_why(
    world: World, region: Crowd, meeting: Meeting, number: str
) -> None:
    body = {"number": number, "name": "Utanför"}
    answer = await world.api.post(f"conferences/{meeting.id}/participants", json=body)
    assert answer.status_code == 202, answer.text
    [target] = (await is_done(world, answer.json()))["targets"]
    assert (target["state"], target["reason"]) == ("unreachable", "no trunk may call this number")
    assert region.calls == []


# --- killed in the middle ---


@pytest.mark.law
@pytest.mark.parametrize(("key", "outcome"), [("1", "joined"), ("2", "later"), ("3", "cannot")])
@pytest.mark.parametrize("dies", ["before the answer", "during the question"])
async def test_a_key_counts_that_is_pressed_while_no_controller_is_there_and_nobody_is_rung_again(
    world: World, region: Crowd, meeting: Meeting, dies: str, key: str, outcome: str
) -> None:
    """Asterisk asks and takes the key. Who presses 2 or 3 hears the receipt, and is gone when a controller is back."""
    [number] = free_numbers(1)
    region.behaves(number, Answers("", ring_s=1.5))
    activation = await activates(world, await list_of(world, [number]), meeting)

    def is_answered() -> bool:
        return any(one.answered_at_s is not None for one in region.rung(number))

    await wait.until(is_answered if dies == "during the question" else lambda: region.rung(number), 10, what=dies)
    with supervisor_frozen(world):
        await world.controller.kill()
        await wait.until(is_answered, 10, what="he answers")
        [rung] = region.rung(number)
        hears = world.prompt("callout/intro")
        await wait.until(lambda: region.heard(rung).spans(hears), 10, every_s=0.2, what="he hears who calls and why")
        region.presses(rung, key)
        if key != "1":
            await wait.until(
                lambda: rung.ended_at_s is not None, 25, what="he has his receipt, and the line is put down"
            )
        else:
            await wait.never(lambda: rung.ended_at_s is not None, 3, what="he is put down while he waits")
    await world.in_control(30)
    [target] = (await is_done(world, activation, 30))["targets"]
    assert (target["state"], target["attempts_made"]) == (outcome, 1), target
    assert len(region.rung(number)) == 1
    await meeting.has(1 if key == "1" else 0)


@pytest.mark.law
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_killed_in_the_middle_nobody_is_skipped_and_nobody_rung_twice_but_in_doubt(
    world: World, region: Crowd, meeting: Meeting, seed: int
) -> None:
    """The peer's record is compared with the board: every call explained, every function with an outcome."""
    chance = random.Random(seed)
    behaviours: list[Behaviour] = [
        Answers("1", ring_s=1.5, key_s=2, again_s=3),
        Answers("2", ring_s=0.5, key_s=1, again_s=3),
        Answers("3", ring_s=2.5, key_s=0.5, again_s=3),
        486,
        RINGS,
        Answers("2", ring_s=3, key_s=3, again_s=3),
    ]
    numbers = free_numbers(12)
    for at, number in enumerate(numbers):
        region.behaves(number, behaviours[at % len(behaviours)])
    list_id = await list_of(world, *([one] for one in numbers), ring_s=6)
    activation = await activates(world, list_id, meeting)
    await asyncio.sleep(chance.uniform(0.0, 3.0))
    in_flight = sum(one.ended_at_s is None for one in region.calls)
    back_s = await world.controller_dies_and_is_back()
    shown = await is_done(world, activation, 60)
    outcome = dict(zip(numbers, shown["targets"], strict=True))
    for number in numbers:
        target = outcome[number]
        assert target["state"] in DONE, target
        assert target["state"] != "unreachable" or target["reason"], target
        doubted = results(target).count("in_doubt")
        assert 1 <= len(region.rung(number)) <= 1 + doubted, (region.rung(number), target)
        assert overlapping(region.rung(number)) == []
    doubts = sum(results(one).count("in_doubt") for one in shown["targets"])
    assert doubts <= in_flight + 1, "only a call that was in the air, or on its way there, can be in doubt"
    twice = sum(len(region.rung(number)) > 1 for number in numbers)
    joined = [number for at, number in enumerate(numbers) if at % len(behaviours) == 0]
    assert {number: outcome[number] for number in joined if outcome[number]["state"] != "joined"} == {}
    await meeting.has(len(joined), within_s=15)
    counted = f"{doubts} in doubt, {twice} rung twice, {len(region.calls)} calls for {len(numbers)}"
    print(f"killed (seed {seed}): back in {back_s:.1f} s, {counted}")
