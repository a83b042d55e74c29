"""The way to the air is opened. The talker on the radio alone is told how it goes meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import Samples, find, voice
from tests.harness.patched import Room, int16, is_absent, lost_ms, phrase
from tests.harness.rooms import radio_meeting, radio_world
from tests.harness.witness import Witness
from tests.harness.world import World

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

HOST, A, B = "TiB", "Kommun A", "Kommun B"
FIELD = voice(106)
WARN_S = 3.0
TABLES = f"[radio]\nwarn_s = {WARN_S}"


world = radio_world(tables=TABLES)
meeting_with_radio = radio_meeting(HOST, A, B)


@pytest_asyncio.fixture(loop_scope="module")
async def room(world: World, meeting_with_radio: Room) -> AsyncIterator[Room]:
    made = meeting_with_radio
    await made.meeting.sets_floor("open")
    await works(world, made, keying="voice", spoken_end=False)
    await made.begins_anew()
    yield made
    await made.user("Ledning").releases_ptt()


async def works(world: World, room: Room, **changes: object) -> dict[str, Any]:
    """Change how the patch works."""
    answer = await world.api.patch(f"conferences/{room.meeting.id}/patches/{room.patch}", json=changes)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    assert {name: changed[name] for name in changes} == changes
    return changed


async def is_heard_in_the_meeting_alone(room: Room, name: str, said: Samples) -> None:
    said_s = await room.says(name, said)
    listener = next(phone for one, phone in room.phones.items() if one != name)
    await wait.until(
        lambda: lost_ms(said, listener.heard().between(said_s)) == 0, 8, every_s=0.3, what="the phones hear it"
    )
    assert await room.on_air() == []
    assert not (await room.patch_now())["voice_held"]


async def is_told_to(world: World, room: Room, prompt: str, name: str, since_s: float, within_s: float = 6.0) -> None:
    """This one hears it, and no other does."""
    signal = world.prompt(prompt)
    await room.phones[name].hears(signal, within_s, since_s=since_s)
    for other, phone in room.phones.items():
        if other != name:
            assert phone.heard().spans(signal, since_s) == [], f"{other} heard {prompt}"


# --- keyed by the floor ---


async def test_keyed_by_the_floor_nothing_goes_out_until_somebody_has_the_word(world: World, room: Room) -> None:
    await works(world, room, keying="floor")
    await is_heard_in_the_meeting_alone(room, A, phrase(1.5))


async def test_keyed_by_the_floor_who_has_the_word_is_on_the_air_whole(world: World, room: Room) -> None:
    await works(world, room, keying="floor")
    told_s = time.monotonic()
    await room.meeting.sets_floor("queue")
    await room.phones[HOST].hears_the_end_of(world.prompt("floor/mode-queue"), within_s=10, since_s=told_s)
    asked_s = time.monotonic()
    await room.phones[A].keys("*5")
    await wait.until(lambda: has_the_word(room, A), 5, what="A has the word")
    await room.phones[A].hears_the_end_of(world.prompt("floor/yours"), within_s=8, since_s=asked_s)
    given, refused = phrase(2.0), phrase(2.0)
    said_s, _ = await asyncio.gather(room.says(A, given), room.says(B, refused))
    aired = await room.goes_on_air(given, A, said_s)
    assert is_absent(refused, aired)
    await room.phones[A].keys("*5")
    await wait.until(lambda: has_the_word(room, None), 5, what="the word is given back")
    await room.is_quiet()
    aired_before = len(await room.on_air())
    await room.says(A, phrase(1.0))
    await asyncio.sleep(1.5)
    assert len(await room.on_air()) == aired_before


async def test_keyed_by_the_floor_a_radio_user_with_the_word_does_not_key_his_own_talkgroup(
    world: World, room: Room
) -> None:
    await works(world, room, keying="floor")
    await room.meeting.sets_floor("queue")
    await room.user("Ledning").presses_ptt(saying=int16(FIELD.lasting(2.0)))
    await wait.until(lambda: has_the_word(room, None, room.voice), 5, what="the radio has the word")
    await room.user("Ledning").stops_talking()
    await asyncio.sleep(0.5)
    assert await room.on_air() == []


async def has_the_word(room: Room, name: str | None, holder: str | None = None) -> bool:
    wanted = holder or (room.ids[name] if name else None)
    return bool((await room.meeting.floor())["holder"] == wanted)


# --- keyed by *0 ---


async def test_keyed_by_key_star_zero_opens_the_way_and_closes_it(world: World, room: Room) -> None:
    await works(world, room, keying="key")
    await is_heard_in_the_meeting_alone(room, A, phrase(1.5))
    keyed_s = time.monotonic()
    await room.phones[A].keys("*0")
    await is_told_to(world, room, "radio/keyed", A, keyed_s)
    assert (await room.patch_now())["keyed_by"] == room.ids[A]
    said = phrase(2.0)
    said_s = await room.says(A, said)
    await room.goes_on_air(said, A, said_s)
    await room.is_quiet()
    unkeyed_s = time.monotonic()
    await room.phones[A].keys("*0")
    await is_told_to(world, room, "radio/unkeyed", A, unkeyed_s)
    assert (await room.patch_now())["keyed_by"] is None
    await room.radio.client.clear()
    await is_heard_in_the_meeting_alone(room, A, phrase(1.5))


async def test_a_key_let_go_of_while_talking_costs_no_word_said_before(world: World, room: Room) -> None:
    await works(world, room, keying="key")
    await room.radio.set(grant_delay_ms=1500.0)
    await room.phones[A].keys("*0")
    await wait.until(lambda: is_keyed_by(room, A), 5, what="A has keyed the radio")
    await asyncio.sleep(2.0)  # told so
    said = phrase(1.0)
    said_s = await room.says(A, said)
    await asyncio.sleep(1.1)
    await room.phones[A].keys("*0")
    await room.goes_on_air(said, A, said_s)


async def test_only_one_keys_the_radio_at_a_time(world: World, room: Room) -> None:
    await works(world, room, keying="key")
    path = f"conferences/{room.meeting.id}/participants"
    answer = await world.api.post(f"{path}/{room.ids[A]}/key-radio")
    assert answer.status_code == 200, answer.text
    tried_s = time.monotonic()
    await room.phones[B].keys("*0")
    await is_told_to(world, room, "tone/denied", B, tried_s)
    assert await is_keyed_by(room, A)
    refused = await world.api.post(f"{path}/{room.ids[B]}/key-radio")
    assert refused.status_code == 409
    assert (await world.api.post(f"{path}/{room.ids[A]}/unkey-radio")).status_code == 200
    assert (await room.patch_now())["keyed_by"] is None


async def is_keyed_by(room: Room, name: str) -> bool:
    return bool((await room.patch_now())["keyed_by"] == room.ids[name])


# --- what the speaker is told ---


async def test_permit_and_end_are_for_the_speaker_alone(world: World, room: Room) -> None:
    said_s = await room.says(A, phrase(2.0))
    await is_told_to(world, room, "tone/permit", A, said_s)
    await is_told_to(world, room, "tone/end", A, said_s)


async def test_denied_is_for_the_speaker_alone(world: World, room: Room) -> None:
    await room.radio.set(behaviour="not_granted", behaviour_times=1)
    said_s = await room.says(A, phrase(2.0))
    await is_told_to(world, room, "tone/denied", A, said_s)


async def test_queued_is_for_the_speaker_alone(world: World, room: Room) -> None:
    await room.radio.set(behaviour="queue", behaviour_times=1, queue_ms=1500.0)
    said_s = await room.says(A, phrase(2.5))
    await is_told_to(world, room, "tone/queued", A, said_s)


async def test_the_warning_is_a_tone_and_words_for_the_speaker_alone_and_never_on_the_air(
    world: World, room: Room, witness: Witness
) -> None:
    said_s = await room.says(A, phrase(8.0))
    await room.terminal.starts_transmitting()
    granted_s = (await room.on_air())[0].start_s
    await is_told_to(world, room, "tone/warning", A, said_s, within_s=8)
    await is_told_to(world, room, "radio/ten-seconds", A, said_s, within_s=8)
    warned = room.phones[A].heard().spans(world.prompt("tone/warning"), said_s)[0]
    stood_still_s = witness.longest_s(granted_s, warned.begins_s)
    assert WARN_S - 0.2 <= warned.begins_s - granted_s <= WARN_S + 1.0 + stood_still_s
    await room.is_quiet()
    assert find(await room.aired(), world.prompt("radio/ten-seconds")) == []


async def test_each_turn_ends_with_a_spoken_kom_when_that_is_asked_for(world: World, room: Room) -> None:
    await works(world, room, spoken_end=True)
    said = phrase(2.0)
    said_s = await room.says(A, said)
    aired = await room.goes_on_air(said, A, said_s)
    await room.is_quiet()
    aired = await room.aired()
    kom = find(aired, world.prompt("air/over"))
    assert len(kom) == 1
    assert len(await room.on_air()) == 1, "in the same transmission"
    for phone in room.phones.values():
        assert phone.heard().spans(world.prompt("air/over"), said_s) == [], "for the talkgroup, not for the meeting"


async def test_a_radio_users_own_minute_is_measured_and_shown(room: Room) -> None:
    before_s = time.time()
    await room.user("Ledning").presses_ptt(saying=int16(FIELD.lasting(2.0)))
    shown = await room.patch_is("receiving")
    assert shown["talk_began_at"] is not None
    began_s = instant_s(shown["talk_began_at"])
    assert before_s - 0.1 <= began_s <= time.time()
    assert shown["cut_s"] == 58.0
    assert shown["warn_s"] == WARN_S
    await room.user("Ledning").stops_talking()
    assert (await room.patch_is("idle"))["talk_began_at"] is None


def instant_s(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
