"""One floor over telephones and radio, and talkgroups that stay in their own meetings."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.patched import Room, int16, is_absent, patch, patched_meeting, phrase
from tests.harness.rooms import radio_meeting, radio_world
from tests.harness.world import World

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

FIELD = voice(103)
LONG = int16(FIELD.lasting(30.0))
ONE_GROUP_ONLY = "talkgroups = [2002]"  # of the terminal that comes last
HOST, A, RADIO = "TiB", "Kommun A", "the talkgroup"


world = radio_world(terminals=("rakel-1", "rakel-2"), tables=ONE_GROUP_ONLY)
meeting_with_radio = radio_meeting(HOST, A, "Kommun B", terminal="rakel-1")


@pytest_asyncio.fixture(loop_scope="module")
async def room(meeting_with_radio: Room) -> AsyncIterator[Room]:
    made = meeting_with_radio
    await made.meeting.sets_floor("open")
    await made.meeting.unmutes(made.voice)
    await made.begins_anew()
    yield made
    await made.user("Ledning").releases_ptt()


async def heard_by_b(room: Room, *wanted: str) -> None:
    """The third phone hears exactly these."""
    sounds = {HOST: room.phones[HOST].voice, A: room.phones[A].voice, RADIO: FIELD}

    async def so() -> bool:
        since_s = time.monotonic()
        await asyncio.sleep(0.8)
        heard = room.phones["Kommun B"].heard()
        return {name for name, sound in sounds.items() if heard.spans(sound, since_s)} == set(wanted)

    await wait.until(so, 8, what=f"only {wanted} heard")


async def floor_is(room: Room, holder: str | None, *queue: str) -> None:
    last: dict[str, object] = {}

    async def so() -> bool:
        nonlocal last
        last = await room.meeting.floor()
        return last["holder"] == holder and last["queue"] == list(queue)

    await wait.until(so, 5, every_s=0.1, what=f"{holder} has the word, {queue} wait", seen=lambda: last)


async def test_in_a_lecture_a_radio_user_waits_until_the_host_gives_the_word(room: Room) -> None:
    await room.meeting.sets_floor("lecture")
    await floor_is(room, room.ids[HOST])
    await room.is_quiet()
    await room.phones[HOST].talks()
    await heard_by_b(room, HOST)
    await room.phones[HOST].stops_talking()
    await room.is_quiet()
    await room.user("Ledning").presses_ptt(saying=LONG)
    await floor_is(room, room.ids[HOST], room.voice)
    await heard_by_b(room)
    await room.meeting.gives_floor(room.voice)
    await heard_by_b(room, RADIO)
    await room.meeting.takes_floor()
    await floor_is(room, room.ids[HOST])
    await heard_by_b(room)


async def test_ptt_and_star_five_are_one_queue(room: Room) -> None:
    await room.meeting.sets_floor("queue")
    await room.is_quiet()
    await room.phones[A].keys("*5")
    await floor_is(room, room.ids[A])
    await room.user("Ledning").presses_ptt(saying=LONG)
    await floor_is(room, room.ids[A], room.voice)
    await heard_by_b(room)
    await room.meeting.gives_floor()
    await floor_is(room, room.voice)
    await heard_by_b(room, RADIO)
    await room.phones["Kommun B"].keys("*5")
    await floor_is(room, room.voice, room.ids["Kommun B"])
    await room.user("Ledning").releases_ptt()
    await floor_is(room, room.ids["Kommun B"])


async def test_only_who_has_the_word_goes_on_the_air(room: Room) -> None:
    since_s = time.monotonic()
    await room.meeting.sets_floor("queue")
    # An announcement lets whispers come to their end first, and would sound over the phrase.
    listener = room.phones["Kommun B"]
    await listener.hears_the_end_of(room.world.prompt("floor/mode-queue"), within_s=15, since_s=since_s)
    await room.meeting.gives_floor(room.ids[A])
    await room.is_quiet()
    await room.radio.client.clear()
    given, refused = phrase(2.0), phrase(2.0)
    said_s, _ = await asyncio.gather(room.says(A, given), room.says("Kommun B", refused))
    aired = await room.goes_on_air(given, A, said_s)
    assert is_absent(refused, aired)


async def test_a_muted_talkgroup_is_not_heard_and_shown_muted(room: Room) -> None:
    await room.user("Ledning").presses_ptt(saying=LONG)
    await heard_by_b(room, RADIO)
    await room.meeting.mutes(room.voice)
    await heard_by_b(room)
    radio = next(one for one in await room.meeting.participants() if one["id"] == room.voice)
    assert radio["muted"]
    await room.meeting.unmutes(room.voice)
    await heard_by_b(room, RADIO)


async def test_two_conferences_with_a_talkgroup_each_do_not_hear_each_other(
    world: World, room: Room, tmp_path: Path
) -> None:
    async with patched_meeting(world, tmp_path, "RKK", "Region", gssi=2002, name="Kommunikatörer") as other:
        assert other.terminal.name == "rakel-2"
        await other.begins_anew()
        await room.begins_anew()
        ours, theirs = phrase(2.0), phrase(2.0)
        said_s = await asyncio.gather(room.says(A, ours), other.says("Region", theirs))
        aired = await room.goes_on_air(ours, A, said_s[0])
        theirs_aired = await other.goes_on_air(theirs, "Region", said_s[1])
        assert is_absent(theirs, aired)
        assert is_absent(ours, theirs_aired)
        await room.is_quiet()
        await other.is_quiet()
        since_s = time.monotonic()
        await room.user("Ledning").presses_ptt(saying=LONG, gssi=2002)
        await other.phones_hear(FIELD, since_s)
        await asyncio.gather(*(phone.does_not_hear(FIELD, for_s=1) for phone in room.phones.values()))
        assert (await room.patch_now())["state"] == "idle"
        await room.user("Ledning").releases_ptt()


async def test_one_talkgroup_is_never_in_two_conferences_nor_a_terminal_on_a_group_it_may_not_use(
    world: World, room: Room
) -> None:
    second = await world.opens_conference("Andra mötet", recorded=False)
    path = f"conferences/{second.id}/patches"
    wanted = [
        ({"gssi": 2001, "terminal": "rakel-1"}, 409, "gssi"),
        ({"gssi": 2001}, 409, "gssi"),
        ({"gssi": 2001, "terminal": "rakel-2"}, 422, "terminal"),
        ({"gssi": 2999}, 422, "gssi"),
    ]
    for body, status, field in wanted:
        answer = await world.api.post(path, json=body)
        assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    assert (await room.patch_now())["state"] == "idle"
    await patch(world, second, 2002)
    free = await world.opens_conference("Tredje mötet", recorded=False)
    answer = await world.api.post(f"conferences/{free.id}/patches", json={"gssi": 2002})
    assert answer.status_code == 409
    await second.ends()


async def test_a_meeting_that_ends_says_farewell_in_the_talkgroup_and_lets_go_of_it(world: World, room: Room) -> None:
    ending = await world.opens_conference("Kort möte", recorded=False)

    async def patched() -> str:
        answer = await world.api.post(f"conferences/{ending.id}/patches", json={"gssi": 2002})
        return answer.json()["terminal"] if answer.status_code == 201 else ""

    terminal = room.radio.terminals[await wait.until(patched, 15, every_s=0.3, what="rakel-2 is free")]
    await terminal.starts_transmitting()
    await ending.ends()
    freed = await world.opens_conference("Nästa möte", recorded=False)
    ending = freed
    await wait.until(patched, 15, every_s=0.3, what="rakel-2 is free again")

    async def silent() -> bool:
        return not (await terminal.state())["transmitting"]

    await wait.until(silent, 10, every_s=0.1, what="nothing is left on the air")
    await freed.ends()
