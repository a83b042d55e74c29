"""Decisions by ear: who hears of one, who is asked, who hears the answers, and where its sound lies."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import RATE_HZ, find, sound_file
from tests.harness.functions import comes_as, expects, is_heard_only_by, told_only
from tests.harness.phones import Phone, Phones
from tests.harness.world import Meeting, World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

TOWN, POLICE = "Kommun A", "Polisen"
SLIP_S = 3.5
"""Two marks closer than this are taken for one that was a mistake."""
ROOM_S = 1.0
"""Between the timeline and the sound, on a machine so busy that Asterisk misses its time."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with samband_world(tmp_path_factory.mktemp("world"), tables="[conference]\nend_after_s = 1") as running:
        await expects(running, {TOWN: (), POLICE: ()})
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def phones(world: World, tmp_path: Path) -> AsyncIterator[Phones]:
    async with Phones(tmp_path / "phones", world.sip_port) as telephones:
        yield telephones


class Room:
    """A host and the telephones of two organisations. The host's is of none, and is asked nothing."""

    def __init__(self, meeting: Meeting, host: Phone, town: Phone, police: Phone) -> None:
        self.meeting, self.host, self.town, self.police = meeting, host, town, police
        self.all = (host, town, police)


async def room_of(world: World, phones: Phones, *, recorded: bool) -> Room:
    meeting = await world.opens_conference("Beslut", recorded=recorded)
    host, town, police = [await phones.instrument(name) for name in ("TiB", TOWN, POLICE)]
    await asyncio.gather(
        world.joins(host, meeting, as_host=True),
        comes_as(world, town, meeting, TOWN),
        comes_as(world, police, meeting, POLICE),
    )
    return Room(meeting, host, town, police)


async def decision(world: World, meeting: Meeting) -> dict[str, Any]:
    [only] = (await world.api.get(f"conferences/{meeting.id}/decisions")).json()
    return dict(only)


async def answered(world: World, meeting: Meeting, **wanted: str) -> dict[str, Any]:
    """Wait until the organisations' answers are these, and give the decision."""
    names = {"town": TOWN, "police": POLICE}

    async def so() -> dict[str, Any]:
        found = await decision(world, meeting)
        now = {one["organisation"]: one["answer"] for one in found["acknowledgements"]}
        return found if now == {names[name]: answer for name, answer in wanted.items()} else {}

    return await wait.until(so, 30, every_s=0.2, what=f"the answers are {wanted}")


async def test_it_is_marked_by_key_heard_in_the_recording_and_answered_by_each_organisation_alone(
    world: World, phones: Phones, tmp_path: Path
) -> None:
    room = await room_of(world, phones, recorded=True)
    begun_s = time.monotonic()
    await room.host.keys("#5")
    await told_only(world, "decision/decision", room.all, (), begun_s)
    await is_heard_only_by(room.host, (room.town, room.police), ())
    await asyncio.sleep(max(0.0, begun_s + SLIP_S - time.monotonic()))
    ended_s = time.monotonic()
    await room.host.keys("#5")
    await told_only(world, "decision/spoken", room.all, (), ended_s)
    asked_s = await told_only(world, "decision/question", (room.town, room.police), (room.host,), ended_s)

    await room.town.keys("1")
    await told_only(world, "decision/noted", (room.town,), (room.host, room.police), asked_s)
    await answered(world, room.meeting, town="acknowledged", police="awaited")
    reserved_s = time.monotonic()
    await room.police.keys("2")
    await told_only(world, "decision/reserved", (room.host,), (room.town, room.police), reserved_s)
    settled = await answered(world, room.meeting, town="acknowledged", police="reserved")
    assert settled["state"] == "settled"
    await room.meeting.ends()

    async def archived() -> list[dict[str, Any]]:
        found = (await world.api.get("recordings", params={"conference": room.meeting.id})).json()
        return found if found and all(one["state"] == "archived" for one in found) else []

    [recording] = await wait.until(archived, 20, every_s=0.2, what="the recording is in the archive")
    assert recording["id"] == settled["recording"]
    file = tmp_path / "recording.flac"
    file.write_bytes((await world.api.get(f"recordings/{recording['id']}/audio")).content)
    spoken_s = [first / RATE_HZ for first, _, _ in find(sound_file(file).phrase, room.host.voice)]
    assert any(settled["from_s"] - ROOM_S < at_s < settled["to_s"] + ROOM_S for at_s in spoken_s), (settled, spoken_s)


async def test_a_controller_that_dies_while_it_asks_puts_the_question_again_to_whoever_has_not_answered(
    world: World, phones: Phones
) -> None:
    room = await room_of(world, phones, recorded=False)
    await room.host.keys("#5")
    await asyncio.sleep(SLIP_S)
    ended_s = time.monotonic()
    await room.host.keys("#5")
    await told_only(world, "decision/question", (room.town, room.police), (room.host,), ended_s)
    await room.town.keys("1")
    await answered(world, room.meeting, town="acknowledged", police="awaited")
    killed_s = time.monotonic()
    await world.controller_dies_and_is_back()
    await told_only(world, "decision/question", (room.police,), (room.host, room.town), killed_s)
    await room.police.keys("1")
    settled = await answered(world, room.meeting, town="acknowledged", police="acknowledged")
    assert (settled["state"], settled["number"]) == ("settled", 1)
    await told_only(world, "decision/acknowledged", (room.host,), (room.town, room.police), killed_s)
    await is_heard_only_by(room.police, (room.host, room.town), ())
    await room.meeting.ends()


async def test_the_host_has_the_latest_read_back_by_key_and_all_hear_it_as_it_was_spoken(
    world: World, phones: Phones
) -> None:
    room = await room_of(world, phones, recorded=True)
    begun_s = time.monotonic()
    await room.host.keys("#5")
    await told_only(world, "decision/decision", room.all, (), begun_s)
    await is_heard_only_by(room.host, (room.town, room.police), ())
    await asyncio.sleep(max(0.0, begun_s + SLIP_S - time.monotonic()))
    ended_s = time.monotonic()
    await room.host.keys("#5")
    asked_s = await told_only(world, "decision/question", (room.town, room.police), (room.host,), ended_s)
    await asyncio.gather(room.town.keys("1"), room.police.keys("2"))
    await answered(world, room.meeting, town="acknowledged", police="reserved")
    await told_only(world, "decision/reserved", (room.host,), (room.town, room.police), asked_s)
    key_s = time.monotonic()
    await room.host.keys("#8")
    await told_only(world, "decision/key-read-back", (room.host,), (room.town, room.police), key_s)
    answer_s = time.monotonic()
    await room.host.keys("2")
    spans = await asyncio.gather(*(one.hears(room.host.voice, 30, since_s=answer_s) for one in room.all))
    again_s = max(one.begins_s for one in spans)
    await told_only(world, "decision/reserved", room.all, (), again_s)
    await room.meeting.ends()


async def test_the_host_gives_the_meeting_more_time_and_ends_it_for_all_by_key(world: World, phones: Phones) -> None:
    room = await room_of(world, phones, recorded=False)
    key_s = time.monotonic()
    await room.host.keys("#8")
    await told_only(world, "time/key-end", (room.host,), (room.town, room.police), key_s)
    answer_s = time.monotonic()
    await room.host.keys("1")
    await told_only(world, "time/extended", (room.host,), (room.town, room.police), answer_s)
    assert (await world.api.get(f"conferences/{room.meeting.id}")).json()["ends_at"] is not None
    key_s = time.monotonic()
    await room.host.keys("#8")
    await told_only(world, "time/key-end", (room.host,), (), key_s)
    key_s = time.monotonic()
    await room.host.keys("9")
    await told_only(world, "time/end-sure", (room.host,), (room.town, room.police), key_s)
    await room.host.keys("9")
    await asyncio.gather(*(one.is_hung_up(10) for one in room.all))

    async def ended() -> bool:
        return bool((await world.api.get(f"conferences/{room.meeting.id}")).json()["state"] == "ended")

    await wait.until(ended, 10, every_s=0.1, what="the meeting has ended")
