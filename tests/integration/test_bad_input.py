"""Wrong codes, no codes, far too long codes, and keys that no telephone has. Callers hang up in the middle."""

import asyncio

import pytest

from tests.harness import wait
from tests.harness.phones import Phone, Phones
from tests.harness.world import Meeting, World

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def is_let_in(phone: Phone, world: World, meeting: Meeting) -> None:
    await phone.keys(meeting.code + "#")
    await meeting.has(1)


def wrong(meeting: Meeting) -> str:
    """A code of the right length that is neither of the two."""
    return next(code for code in ("11112222", "33334444", "55556666") if code not in (meeting.code, meeting.host_code))


async def refused(phone: Phone, world: World, keys: str) -> None:
    """Key this and hear that it is wrong."""
    pressed_s = asyncio.get_running_loop().time()
    await phone.keys(keys)
    await phone.hears_the_end_of(world.prompt("entry/wrong"), within_s=12, since_s=pressed_s)


async def test_the_right_code_at_the_third_try_is_let_in(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    caller = await phones.new("Kommun A", "0701740611")
    await caller.calls(world.number)
    await refused(caller, world, wrong(meeting) + "#")
    await refused(caller, world, wrong(meeting) + "#")
    await is_let_in(caller, world, meeting)


async def test_the_third_wrong_code_ends_the_call_with_goodbye(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    caller = await phones.new("Kommun A", "0701740612")
    await caller.calls(world.number)
    for _ in range(2):
        await refused(caller, world, wrong(meeting) + "#")
    await caller.keys(wrong(meeting) + "#")
    await caller.is_hung_up(within_s=20)
    await caller.hears(world.prompt("entry/goodbye"), within_s=1, since_s=caller.answered_at_s)
    assert await meeting.participants() == []


NO_CODES = {
    "empty": "#",
    "stars": "**#",
    "short": "12#",
    "long": "1" * 40 + "#",
    "letters": "ABCD#",
    "mixed": "12AB34CD#",
}


async def test_what_is_no_code_is_wrong_and_the_right_one_still_lets_in_for_six_callers_at_once(
    world: World, phones: Phones
) -> None:
    meetings = {name: await world.opens_conference(name) for name in NO_CODES}
    callers = [await phones.instrument(name) for name in NO_CODES]

    async def gets_in_after(caller: Phone) -> None:
        await caller.calls(world.number)
        await refused(caller, world, NO_CODES[caller.name])
        await is_let_in(caller, world, meetings[caller.name])

    await asyncio.gather(*(gets_in_after(caller) for caller in callers))
    for caller in callers:
        [inside] = await meetings[caller.name].participants()
        assert inside["name"] == caller.number, "each is in the meeting of their own code"


async def test_a_code_without_square_is_taken_after_a_pause(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    caller = await phones.new("Kommun A", "0701740614")
    await caller.calls(world.number)
    await caller.keys(meeting.code)
    await meeting.has(1, within_s=15)


async def test_a_key_held_for_two_seconds_is_one_digit(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    caller = await phones.instrument("Kommun A", "0701740615")
    await caller.calls(world.number)
    await caller.keys(meeting.code[0], press_ms=2000)
    await caller.keys(meeting.code[1:] + "#")
    await meeting.has(1)


async def test_a_caller_who_hangs_up_in_the_middle_of_his_code_leaves_nothing(world: World, phones: Phones) -> None:
    meeting = await world.opens_conference("Ledningsgruppen")
    caller = await phones.new("Kommun A", "0701740616")
    await caller.calls(world.number)
    await caller.keys(meeting.code[:4])
    await caller.hangs_up()
    await wait.never(meeting.participants, 1.0, every_s=0.2, what="somebody in the meeting")
    await world.joins(caller, meeting)


async def test_a_stranger_to_the_trunk_gets_no_answer(world: World, phones: Phones) -> None:
    stranger = await phones.instrument("Främling", "0701740617", host="127.0.0.2")
    await stranger.calls(world.number, until_answered=False)
    await stranger.is_hung_up(within_s=40)
    assert stranger.status in (401, 403, 404, 408)
    assert stranger.answered_at_s == 0


async def test_a_number_that_is_not_ours_is_refused(world: World, phones: Phones) -> None:
    caller = await phones.new("Kommun A", "0701740618")
    await caller.calls("+46313900600", until_answered=False)
    await caller.is_hung_up(within_s=10)
    assert caller.status in (403, 404)
