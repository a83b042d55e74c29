"""What fails on the radio's side ends a transmission, never the conference; and the radio comes back by itself."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.patched import Room, int16, patched_meeting, phrase
from tests.harness.world import World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

A = "Kommun A"
FIELD = voice(104)
ABSENT = "rakel-9"
TABLES = f"""heartbeat_s = 2
poll_s = 2
[[terminal]]
name = "{ABSENT}"
serial = "{{serial}}"
audio = "audiosocket://127.0.0.1:9"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("world")
    tables = TABLES.format(serial=folder / "not-there")
    async with samband_world(folder, radio=True, tables=tables) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def meeting_with_radio(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    async with patched_meeting(world, tmp_path_factory.mktemp("room"), "TiB", A, terminal="rakel-1") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def room(meeting_with_radio: Room) -> Room:
    await meeting_with_radio.begins_anew()
    return meeting_with_radio


async def is_on_the_air(room: Room) -> None:
    """The phone talks on and on, and is on the air."""
    await room.phones[A].talks()
    await room.patch_is("transmitting")
    await wait.until(lambda: transmits(room, True), 3, what="the terminal transmits")


async def transmits(room: Room, wanted: bool) -> bool:
    return bool((await room.terminal.state())["transmitting"]) is wanted


async def lets_go(room: Room, within_s: float) -> None:
    await wait.until(lambda: transmits(room, False), within_s, every_s=0.02, what="the terminal lets go of the channel")


async def meeting_goes_on(room: Room) -> None:
    """The phones hear each other."""
    since_s = time.monotonic()
    await room.phones["TiB"].hears(room.phones[A].voice, within_s=3, since_s=since_s)


async def works_again(room: Room) -> None:
    """A phrase goes out and is answered."""
    for phone in room.phones.values():
        await phone.stops_talking()
    await room.is_quiet()
    await room.says_to_the_radio(A, phrase(1.0))
    await room.is_quiet()
    since_s = time.monotonic()
    await room.user("Ledning").presses_ptt(saying=int16(FIELD.lasting(1.5)))
    await room.phones_hear(FIELD, since_s)
    await room.user("Ledning").stops_talking()


async def test_a_terminal_that_is_not_there_is_named_and_everything_else_works(world: World, room: Room) -> None:
    parts = (await world.health())["parts"]
    assert "not-there" in parts[f"terminal {ABSENT}"]
    assert parts["terminal rakel-1"] == "ok"
    await works_again(room)


async def test_unplugged_while_on_the_air_and_back(world: World, room: Room) -> None:
    await is_on_the_air(room)
    await room.terminal.unplug()
    shown = await room.patch_is("offline", within_s=2)
    assert shown["reason"]
    assert (await world.health())["parts"]["terminal rakel-1"] != "ok"
    await meeting_goes_on(room)
    stopped_at = len(await room.aired())
    await asyncio.sleep(0.3)
    assert len(await room.aired()) == stopped_at, "nothing is sent to a terminal that nobody controls"
    await room.phones[A].stops_talking()
    await room.terminal.replug()
    await lets_go(room, within_s=8)
    await room.patch_is("idle", within_s=15)
    await works_again(room)


async def test_garbage_and_overlong_lines_in_the_middle_of_a_call_change_nothing(room: Room) -> None:
    said = phrase(3.0)
    said_s = await room.says(A, said)
    await room.patch_is("transmitting")
    await room.terminal.babbles(500)
    await room.terminal.sends_overlong_line(10_000)
    await room.terminal.says("\r\n+CTXG: 9,9,9,9\r\n+NONSENSE: 1\r\n+CTXG:\r\n")
    await room.goes_on_air(said, A, said_s)
    assert [one.reason for one in await room.on_air()] in ([""], ["released"])
    await works_again(room)


async def test_a_silent_terminal_is_found_out_named_and_set_up_again_when_it_answers(world: World, room: Room) -> None:
    await room.terminal.goes_silent()
    shown = await room.patch_is("offline", within_s=30)
    assert shown["reason"]

    async def named() -> bool:
        return "answer" in (await world.health())["parts"]["terminal rakel-1"]

    await wait.until(named, 20, every_s=0.2, what="readyz says that it does not answer")
    await room.terminal.speaks_again()
    await room.patch_is("idle", within_s=30)
    await works_again(room)


async def test_switched_off_and_on_while_on_the_air(room: Room) -> None:
    await is_on_the_air(room)
    await room.terminal.power_cycle()
    await lets_go(room, within_s=1)
    await meeting_goes_on(room)
    await room.phones[A].stops_talking()
    await room.patch_is("idle", within_s=20)
    await works_again(room)


async def alarms(world: World) -> list[str]:
    shown = (await world.api.get("terminals/rakel-1")).json()
    assert len(shown["alarms_at"]) == len(shown["alarms"])
    return list(shown["alarms"])


async def test_a_terminal_that_takes_the_order_to_stop_and_transmits_on_is_stopped_and_told(
    world: World, room: Room
) -> None:
    await is_on_the_air(room)
    await room.terminal.set(release_says="only_ok")
    await room.phones[A].stops_talking()
    await room.terminal.gets_command("ATH", timeout_s=12)
    await lets_go(room, within_s=2)
    assert "release_unconfirmed" in await alarms(world)
    await room.terminal.set(release_says="cdtxc")
    await room.patch_is("idle", within_s=15)
    await works_again(room)


async def test_put_into_direct_mode_at_its_panel_it_transmits_nothing_and_is_ordered_back(room: Room) -> None:
    await is_on_the_air(room)
    await room.terminal.is_put_into_mode(1)
    await lets_go(room, within_s=1)
    await room.terminal.gets_command("AT+CTOM=0", timeout_s=5)
    await meeting_goes_on(room)
    await room.phones[A].stops_talking()
    await room.patch_is("idle", within_s=20)
    await works_again(room)


async def test_out_of_the_networks_reach_and_back(room: Room) -> None:
    await is_on_the_air(room)
    await room.terminal.loses_registration()
    shown = await room.patch_is("offline", within_s=5)
    assert "network" in shown["reason"]
    await meeting_goes_on(room)
    await room.phones[A].stops_talking()
    await room.terminal.registers()
    await room.patch_is("idle", within_s=15)
    await works_again(room)


async def test_the_audio_cable_is_lost_while_on_the_air_and_back(world: World, room: Room) -> None:
    await is_on_the_air(room)
    await room.terminal.loses_audio()
    await lets_go(room, within_s=2)
    health = (await world.health())["parts"]
    assert health[f"audio path {room.patch}"] != "ok"
    await meeting_goes_on(room)
    await room.phones[A].stops_talking()
    await room.terminal.regains_audio()
    await room.patch_is("idle", within_s=15)

    async def heals() -> bool:
        return bool((await world.health())["parts"][f"audio path {room.patch}"] == "ok")

    await wait.until(heals, 10, every_s=0.2, what="the audio path is up")
    await works_again(room)


async def test_an_emergency_call_is_shown_and_told_to_the_host(world: World, room: Room) -> None:
    since_s, user = time.monotonic(), room.user("Insats")
    whispering = int16(FIELD.lasting(4.0), gain=0.01)  # so that the spoken prompt is recognised over it
    await user.presses_ptt(saying=whispering, emergency=True)
    await room.patch_is("receiving", emergency=True, talker=user.issi)
    await room.phones["TiB"].hears(world.prompt("radio/emergency"), within_s=8, since_s=since_s)
    await user.stops_talking()
    await room.patch_is("idle", emergency=False)


async def test_the_media_worker_is_killed_while_on_the_air(world: World, room: Room) -> None:
    await is_on_the_air(room)
    os.kill(media_worker(world.controller.pid), signal.SIGKILL)
    await lets_go(room, within_s=2)
    await meeting_goes_on(room)
    await room.phones[A].stops_talking()
    await room.patch_is("idle", within_s=15)
    await works_again(room)


async def test_the_controller_is_killed_while_on_the_air(world: World, room: Room) -> None:
    await is_on_the_air(room)
    old = world.controller.pid
    await world.controller.kill()
    await meeting_goes_on(room)
    await world.controller.is_back(old)
    await lets_go(room, within_s=10)
    assert (await room.on_air())[-1].reason in ("released", "hung_up"), "by us, not by its own time-out"
    await room.phones[A].stops_talking()
    await room.patch_is("idle", within_s=20)
    assert len(await room.meeting.has(3)) == 3
    await works_again(room)


def media_worker(controller_pid: int) -> int:
    """Raises LookupError when there is none."""
    for task in Path(f"/proc/{controller_pid}/task").iterdir():
        for pid in (task / "children").read_text().split():
            if b"bridge.media" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return int(pid)
    raise LookupError("no media worker is running")
