"""Who goes first on the air. Another pre-empts us, a cell change is under way, and phones may break in."""

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.patched import TURNAROUND_MS, Room, compared, hears_whole, int16, phrase
from tests.harness.rooms import radio_meeting, radio_world
from tests.harness.world import World

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

HOST, A = "TiB", "Kommun A"
FIELD = voice(105)
URGENT = 2
"""Priority of a demand that pre-empts."""
IN_FLIGHT_MS = 20.0
"""What a channel taken from us may cost: what was under way then is said again (`media.resend_ms`), to a frame."""


world = radio_world()
meeting_with_radio = radio_meeting(HOST, A)


@pytest_asyncio.fixture(loop_scope="module")
async def room(meeting_with_radio: Room) -> AsyncIterator[Room]:
    made = meeting_with_radio
    await made.terminal.set(preempt_says="ctxi", cell_change_says="ctxn")
    await made.begins_anew()
    yield made
    await made.user("Ledning").releases_ptt()


async def goes_first(world: World, room: Room, precedence: str) -> None:
    path = f"conferences/{room.meeting.id}/patches/{room.patch}"
    answer = await world.api.patch(path, json={"precedence": precedence})
    assert answer.json()["precedence"] == precedence, answer.text


@pytest.mark.parametrize("told_by", ["ctxi", "ctxg", "ctcr"])
async def test_another_takes_the_channel_from_us_is_heard_and_then_the_rest_goes_out(room: Room, told_by: str) -> None:
    await room.terminal.set(preempt_says=told_by)
    said, theirs = phrase(5.0), phrase(2.0)
    said_s = await room.says(A, said)
    await room.terminal.starts_transmitting()
    await wait.until(lambda: time.monotonic() > said_s + 2, 3)
    pressed_s = time.monotonic()
    assert await room.user("Ledning").presses_ptt(saying=int16(theirs), priority=URGENT)
    await room.patch_is("receiving", talker=room.user("Ledning").issi)
    await room.goes_on_air_but_for(said, IN_FLIGHT_MS, within_s=20)
    heard = compared(theirs, room.phones[HOST].heard().between(pressed_s), among=[said])
    assert heard.missing_ms <= TURNAROUND_MS, heard
    every = await room.radio.on_air()
    assert [one.issi == room.terminal.issi for one in every] == [True, False, True]
    assert every[0].reason == "preempted"
    assert every[1].end_s is not None
    assert every[2].start_s >= every[1].end_s
    assert await room.wasted_voiced() <= 3


@pytest.mark.parametrize("told_by", ["ctxn", "ctxg"])
async def test_a_cell_change_while_we_are_on_the_air_costs_no_word(room: Room, told_by: str) -> None:
    await room.terminal.set(cell_change_says=told_by)
    said = phrase(5.0)
    said_s = await room.says(A, said)
    await room.terminal.starts_transmitting()
    await wait.until(lambda: time.monotonic() > said_s + 2, 3)
    await room.terminal.changes_cell()
    await room.goes_on_air_but_for(said, IN_FLIGHT_MS, within_s=20)
    await room.is_quiet()


async def test_a_radio_user_in_a_cell_change_is_shown_silent_and_then_talking_again(room: Room) -> None:
    await room.user("Ledning").presses_ptt(saying=int16(FIELD.lasting(4.0)))
    await room.patch_is("receiving")
    await room.terminal.changes_cell()
    await room.patch_is("idle")
    await room.patch_is("receiving", talker=room.user("Ledning").issi)
    await room.user("Ledning").stops_talking()
    await room.patch_is("idle")


async def test_phones_first_break_in_on_a_radio_user_from_their_first_sample(world: World, room: Room) -> None:
    await goes_first(world, room, "phone")
    user = room.user("Ledning")
    await user.presses_ptt(saying=int16(FIELD.lasting(20.0)))
    await room.patch_is("receiving")
    said = phrase(2.5)
    said_s = await room.says(A, said)
    await room.goes_on_air(said, A, said_s)
    every = await room.radio.on_air()
    assert [one.issi == room.terminal.issi for one in every] == [False, True]
    assert every[0].reason == "preempted"
    assert await room.wasted_voiced() == 0


async def test_the_radio_user_is_heard_until_the_network_gives_us_the_channel(world: World, room: Room) -> None:
    await goes_first(world, room, "phone")
    await room.radio.set(grant_delay_ms=1500.0)
    pressed_s = time.monotonic()
    await room.user("Ledning").presses_ptt(saying=int16(FIELD.lasting(20.0)))
    await room.patch_is("receiving")
    said_s = await room.says(A, phrase(1.0))
    await room.patch_is("receiving", breaking_in=True)
    await room.patch_is("transmitting")
    heard = room.phones[HOST].heard().spans(FIELD, pressed_s)
    assert heard[-1].ends_s > said_s + 1.2


async def test_phones_first_never_break_in_on_an_emergency(world: World, room: Room) -> None:
    await goes_first(world, room, "phone")
    cry = phrase(4.0)
    pressed_s = time.monotonic()
    await room.user("Insats").presses_ptt(saying=int16(cry), emergency=True)
    await room.patch_is("receiving", emergency=True)
    said = phrase(1.5)
    said_s = await room.says(A, said)
    await room.user("Insats").stops_talking()
    assert await room.on_air() == []
    await hears_whole(room.phones[A], cry, pressed_s)
    await room.goes_on_air(said, A, said_s)
    assert (await room.radio.on_air())[0].reason == "released"


async def test_radio_first_is_how_a_patch_is_made_and_nobody_is_broken_in_on(world: World, room: Room) -> None:
    await goes_first(world, room, "radio")
    await room.user("Ledning").presses_ptt(saying=int16(FIELD.lasting(2.5)))
    await room.patch_is("receiving")
    said = phrase(1.0)
    said_s = await room.says(A, said)
    await room.goes_on_air(said, A, said_s)
    assert (await room.radio.on_air())[0].reason == "released"
