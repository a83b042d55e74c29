"""Things that never take the channel. They are our own voice come back from a linked talkgroup, and a noise on a
telephone line."""

import time
from collections.abc import AsyncIterator
from typing import Final

import numpy as np
import pytest
import pytest_asyncio

from tests.harness.audio import RATE_HZ, Samples, find, voice
from tests.harness.patched import Room, combined, hears_whole, int16, is_absent, phrase, spoken_s
from tests.harness.phones import Phones
from tests.harness.world import World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

HOST, A, B = "TiB", "Kommun A", "Kommun B"
STUCK_S: Final = 4.0
TABLES: Final = f"[media]\nstuck_s = {STUCK_S}"
FIELD = voice(108)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("world")
    async with samband_world(folder, radio=True, terminals=("rakel-1", "rakel-2"), tables=TABLES) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rooms(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[int, Room]]:
    groups = {2001: "rakel-1", 2002: "rakel-2"}
    async with (
        Phones(tmp_path_factory.mktemp("telephones"), world.sip_port) as telephones,
        combined(world, telephones, HOST, A, B, groups=groups) as made,
    ):
        yield made


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def fresh(rooms: dict[int, Room]) -> AsyncIterator[None]:
    for room in rooms.values():
        await room.begins_anew()
    yield
    await rooms[2001].radio.client.unlink(2001)
    await rooms[2001].user("Ledning").releases_ptt()


async def test_our_own_voice_come_back_over_a_linked_talkgroup_is_not_let_through(
    world: World, rooms: dict[int, Room]
) -> None:
    room = rooms[2001]
    await room.radio.client.link(2001, 2002)
    await room.radio.set(grant_delay_ms=100.0)
    said = phrase(3.0)
    said_s = await room.says(A, said)
    await room.phones[HOST].hears(world.prompt("radio/loop"), within_s=10, since_s=said_s)
    await hears_whole(room.phones[B], said, said_s)
    for one in rooms.values():
        await one.is_quiet()
    heard_by_himself = room.phones[A].heard().between(said_s)
    assert is_absent(said, heard_by_himself), "nobody hears his own voice come back"
    ours = [one for gssi in rooms for one in await room.radio.on_air(gssi)]
    assert sum(spoken_s(ours)) < 4 * 3.0, "it does not go round for ever"


async def test_a_radio_user_of_linked_talkgroups_is_heard_once_and_not_sent_back_to_himself(
    world: World, rooms: dict[int, Room]
) -> None:
    room = rooms[2001]
    await room.radio.client.link(2001, 2002)
    said = phrase(3.0)
    pressed_s = time.monotonic()
    await room.user("Ledning").presses_ptt(saying=int16(said))
    await room.user("Ledning").stops_talking()
    await hears_whole(room.phones[B], said, pressed_s)
    for one in rooms.values():
        await one.is_quiet()
    for one in rooms.values():
        assert is_absent(said, await one.aired()), f"{one.gssi} got it back"


async def test_talkgroups_that_are_not_linked_hear_each_other_through_us(rooms: dict[int, Room]) -> None:
    said = phrase(2.0)
    pressed_s = time.monotonic()
    await rooms[2001].user("Ledning").presses_ptt(saying=int16(said))
    await rooms[2002].goes_on_air(said, "", pressed_s)


async def test_a_noise_on_a_telephones_line_does_not_hold_the_channel(world: World, rooms: dict[int, Room]) -> None:
    room = rooms[2001]
    noise_s = await room.says(A, steady_noise(40.0, level_dbfs=-30.0))
    await room.patch_is("transmitting")
    await room.phones[HOST].hears(world.prompt("radio/stuck"), within_s=STUCK_S + 8, since_s=noise_s)
    await room.patch_is("idle", within_s=10)
    pressed_s = time.monotonic()
    await room.user("Ledning").presses_ptt(saying=int16(FIELD.lasting(2.0)))
    await room.patch_is("receiving", talker=room.user("Ledning").issi)
    await room.phones_hear(FIELD, pressed_s, HOST)
    await room.user("Ledning").stops_talking()
    await room.patch_is("idle")
    await room.is_quiet()
    assert time.monotonic() < noise_s + 40, "the noise is there still"
    ours = await room.on_air()
    assert max(spoken_s(ours)) < 20, "long before the noise ends"
    await room.phones[A].stops_talking()
    said = phrase(2.0)
    said_s = await room.says(B, said)
    await room.goes_on_air(said, B, said_s)
    assert find(await room.aired(), world.prompt("radio/stuck")) == [], "that was for the host alone"


def steady_noise(seconds: float, level_dbfs: float) -> Samples:
    """A line's noise: it has no syllables."""
    noise = np.random.default_rng(1).standard_normal(round(seconds * RATE_HZ))
    return np.asarray(noise * 10 ** (level_dbfs / 20), np.float32)
