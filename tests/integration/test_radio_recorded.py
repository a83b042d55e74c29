"""The talkgroup's own track in the archive; and a meeting that loses telephony and goes on by radio alone."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import numpy as np
import pytest
import pytest_asyncio
import soundfile

from tests.harness import wait
from tests.harness.audio import RATE_HZ, Samples, find
from tests.harness.patched import Room, combined, compared, hears_whole, int16, is_absent, lost_ms, phrase
from tests.harness.phones import Phones
from tests.harness.sound_loss import Compared
from tests.harness.world import World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

HOST, A, B = "TiB", "Kommun A", "Kommun B"
BACK = "Kommun A igen"
FIELD, COMMAND = "Insats", "Ledning"
TERMINALS: Final = ("rakel-1", "rakel-2")
TABLES: Final = "[radio]\nfallback_s = 1\n[conference]\nend_after_s = 1"
Found = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("world")
    async with samband_world(folder, radio=True, terminals=TERMINALS, tables=TABLES) as running:
        assert running.radio is not None
        organisation = (await running.api.post("organisations", json={"name": "Räddningstjänsten"})).json()
        for name, user, orders in (("Inre befäl", FIELD, False), ("Vakthavande befäl", COMMAND, True)):
            body = {
                "organisation_id": organisation["id"],
                "name": name,
                "issis": [running.radio.user(user).issi],
                "radio_orders": orders,
            }
            answer = await running.api.post("functions", json=body)
            assert answer.status_code == 201, answer.text
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def telephones(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Phones]:
    async with Phones(tmp_path_factory.mktemp("telephones"), world.sip_port) as phones:
        yield phones


async def is_recorded(room: Room) -> None:
    async def so() -> bool:
        return bool((await room.meeting.view())["recording"]["state"] == "on")

    await wait.until(so, 15, every_s=0.1, what="the meeting is recorded")


async def tracks(world: World, room: Room, gssi: int, count: int = 1) -> list[Found]:
    """The talkgroup's tracks of this meeting, archived."""
    last: list[Found] = []

    async def there() -> list[Found]:
        nonlocal last
        wanted = {"kind": "talkgroup", "conference": room.meeting.id}
        last = (await world.api.get("recordings", params=wanted)).json()
        ours = [one for one in last if one["gssi"] == gssi]
        return ours if len(ours) >= count and all(one["state"] == "archived" for one in ours) else []

    return await wait.until(there, 25, every_s=0.3, what=f"the track of {gssi} is archived", seen=lambda: last)


async def sides(world: World, track: Found) -> tuple[Samples, Samples]:
    """What came from the radio, and what went to it."""
    answer = await world.api.get(f"recordings/{track['id']}/audio")
    assert answer.headers["content-type"] == "audio/flac"
    columns, rate_hz = soundfile.read(io.BytesIO(answer.content), dtype="float32", always_2d=True)
    assert (rate_hz, columns.shape[1]) == (RATE_HZ, 2)
    return np.ascontiguousarray(columns[:, 0]), np.ascontiguousarray(columns[:, 1])


def said_at_s(said: Samples, heard: Samples) -> float:
    found = compared(said, heard)
    assert found.whole, found
    assert found.begins_at is not None
    return found.begins_at / RATE_HZ


async def test_a_talkgroups_track_is_what_was_said_on_the_air_with_who_said_it(
    world: World, telephones: Phones
) -> None:
    async with combined(
        world, telephones, HOST, A, groups={2001: "rakel-1"}, recorded=True, name="Skogsbrand"
    ) as rooms:
        room = rooms[2001]
        await is_recorded(room)
        await is_told(world, room, "air/opened", 15)
        await is_told(world, room, "air/recorded", 15)
        await room.is_quiet()
        report, answer = phrase(3.0), phrase(2.0)
        pressed_s = time.monotonic()
        await room.user(FIELD).presses_ptt(saying=int16(report))
        await room.user(FIELD).stops_talking()
        await room.is_quiet()
        answered_s = await room.says(A, answer)
        await room.goes_on_air(answer, A, answered_s)
        await room.is_quiet()
        await room.meeting.ends()
        [track] = await tracks(world, room, 2001)
        from_radio, to_radio = await sides(world, track)

    report_at_s, answer_at_s = said_at_s(report, from_radio), said_at_s(answer[:-80], to_radio)
    assert answer_at_s - report_at_s == pytest.approx(answered_s - pressed_s, abs=1.0), "one time line"
    assert is_absent(answer, from_radio)
    assert is_absent(report, to_radio)
    spans = (await world.api.get(f"recordings/{track['id']}/timeline")).json()["spans"]
    [spoke] = [one for one in spans if one["kind"] == "radio"]
    assert (spoke["issi"], spoke["function"] or spoke["name"]) == (room.user(FIELD).issi, "Inre befäl")
    assert spoke["start_s"] == pytest.approx(report_at_s, abs=0.3)
    assert spoke["end_s"] == pytest.approx(report_at_s + 3.0, abs=0.5)
    sent = [one for one in spans if one["kind"] == "transmission"]
    assert any(one["start_s"] - 0.3 <= answer_at_s <= one["end_s"] for one in sent)


async def test_telephony_is_lost_and_the_meeting_goes_on_by_radio_alone_and_comes_back(
    world: World, telephones: Phones
) -> None:
    groups = {2001: "rakel-1", 2002: "rakel-2"}
    async with combined(world, telephones, HOST, A, groups=groups, recorded=True, name="Storm") as rooms:
        command, field = rooms[2001], rooms[2002]
        await is_recorded(command)
        await asyncio.gather(command.is_quiet(), field.is_quiet())
        world.asterisk.freeze()

        # the talkgroups are told
        await asyncio.gather(*(is_told(world, room, "air/radio-only", 30) for room in rooms.values()))
        assert (await command.meeting.view())["radio_only_since"] is not None
        await asyncio.gather(*(room.is_quiet(30) for room in rooms.values()))

        # they hear each other
        report = phrase(3.0)
        await field.user(FIELD).presses_ptt(saying=int16(report))
        await is_aired(command, report)
        await asyncio.gather(*(room.is_quiet() for room in rooms.values()))
        answer = phrase(2.0)
        await command.user(COMMAND).presses_ptt(saying=int16(answer))
        await is_aired(field, answer)
        await asyncio.gather(*(room.is_quiet() for room in rooms.values()))

        # the host steers by his terminal, a stranger does not
        status = await orders(command, COMMAND, "STATUS")
        assert status is not None
        assert "Storm" in status
        assert await orders(command, FIELD, "STATUS", within_s=3) is None

        # and telephony comes back: the same meeting, all in it
        await world.asterisk.kill()
        await world.in_control(60)
        await asyncio.gather(*(is_told(world, room, "air/telephony-back", 30) for room in rooms.values()))
        assert (await command.meeting.view())["radio_only_since"] is None
        again, beside = [await telephones.instrument(name) for name in (BACK, B)]
        await asyncio.gather(*(world.joins(phone, command.meeting) for phone in (again, beside)))
        await asyncio.gather(*(room.is_quiet(30) for room in rooms.values()))
        last = phrase(2.0)
        pressed_s = time.monotonic()
        await field.user(FIELD).presses_ptt(saying=int16(last))
        await hears_whole(again, last, pressed_s)
        await is_aired(command, last)
        await command.is_quiet()
        spoken = phrase(2.0)
        for room in rooms.values():
            room.phones = {BACK: again, B: beside}  # one talks, and one hears what its line has lost
        spoken_s = await command.says(BACK, spoken)
        for room in rooms.values():
            await room.goes_on_air(spoken, BACK, spoken_s)
        await command.meeting.ends()

        # what was said by radio alone is in the archive
        of_command, of_field = await tracks(world, command, 2001), await tracks(world, field, 2002)
        from_field = [(await sides(world, one))[0] for one in of_field]
        to_command = [(await sides(world, one))[1] for one in of_command]
        assert min(lost_ms(report, one) for one in from_field) == 0
        assert min(lost_ms(report, one) for one in to_command) == 0


async def is_told(world: World, room: Room, prompt: str, within_s: float) -> None:
    async def so() -> bool:
        return bool(find(await room.aired(), world.prompt(prompt)))

    await wait.until(so, within_s, every_s=0.3, what=f"{room.gssi} is told {prompt}")


async def is_aired(room: Room, said: Samples, within_s: float = 15.0) -> None:
    """It is on the air of this talkgroup, whole, each grain once."""
    found: Compared | None = None

    async def so() -> bool:
        nonlocal found
        found = compared(said, await room.aired())
        return found.whole

    await wait.until(so, within_s, every_s=0.3, what=f"{room.gssi} hears it", seen=lambda: found)


async def orders(room: Room, name: str, text: str, within_s: float = 15.0) -> str | None:
    """A text to our terminal; gives what is answered, if anything is."""
    user = room.user(name)
    before = len(await user.received())
    await user.sends(text, room.terminal.issi)

    async def answered() -> str | None:
        came = (await user.received())[before:]
        return came[0]["text"] if came else None

    try:
        return str(await wait.until(answered, within_s, every_s=0.1, what="an answer"))
    except wait.Waited:
        return None
