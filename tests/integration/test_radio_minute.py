"""No transmission beyond its limit, the speaker warned, others let in between, no word lost across the cuts."""

import itertools
import time

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.patched import Room, int16, patched_meeting, phrase, spoken_s
from tests.harness.rooms import radio_meeting, radio_world
from tests.harness.transmissions import Ended, longest_s, told, too_long
from tests.harness.witness import Witness
from tests.harness.world import World, samband_world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

CUT_S = 5.0
PAUSE_S = 1.5
SHORT_MINUTE = f"[radio]\nwarn_s = 3.5\ncut_s = {CUT_S}\npause_s = {PAUSE_S}"
BREAKING_IN = voice(102)


world = radio_world(tables=SHORT_MINUTE)
meeting_with_radio = radio_meeting("TiB", "Kommun A")


@pytest_asyncio.fixture(loop_scope="module")
async def room(meeting_with_radio: Room) -> Room:
    await meeting_with_radio.begins_anew()
    return meeting_with_radio


async def test_a_long_speech_is_cut_and_goes_on_with_no_word_lost(world: World, room: Room, witness: Witness) -> None:
    said = phrase(11.0)
    said_s = await room.says("Kommun A", said)
    await room.phones["Kommun A"].hears(world.prompt("tone/warning"), within_s=6, since_s=said_s)
    await room.goes_on_air(said, "Kommun A", said_s, within_s=25)
    sent = await room.on_air()
    assert len(sent) == 3
    assert max(spoken_s(sent)) <= CUT_S + 0.3 + witness.longest_s(said_s)
    for earlier, later in itertools.pairwise(sent):
        assert earlier.end_s is not None
        assert later.start_s - earlier.end_s >= PAUSE_S
    assert await room.wasted_voiced() == 0
    assert room.phones["TiB"].heard().spans(world.prompt("tone/warning"), said_s) == []


async def test_who_breaks_in_during_the_pause_is_heard_first_and_then_the_rest_goes_out(room: Room) -> None:
    said = phrase(8.0)
    said_s = await room.says("Kommun A", said)
    await room.patch_is("pausing")
    broke_in_s = time.monotonic()
    await room.user("Ledning").presses_ptt(saying=int16(BREAKING_IN.lasting(2.0)))
    await room.phones_hear(BREAKING_IN, broke_in_s)
    await room.goes_on_air(said, "Kommun A", said_s, within_s=20)
    every = await room.radio.on_air()
    assert [one.issi == room.terminal.issi for one in every] == [True, False, True]
    assert every[1].end_s is not None
    assert every[2].start_s >= every[1].end_s
    assert await room.wasted_voiced() == 0


async def test_a_radio_users_own_minute_ends_by_the_network_and_the_meeting_goes_on(
    room: Room, witness: Witness
) -> None:
    await room.radio.set(user_tot_s=3.0)
    user, since_s = room.user("Ledning"), time.monotonic()
    await user.presses_ptt(saying=int16(BREAKING_IN.lasting(6.0)))
    await room.patch_is("receiving")
    await room.patch_is("idle")
    assert spoken_s(await room.radio.on_air())[0] <= 3.3 + witness.longest_s(since_s)
    await room.says_to_the_radio("Kommun A", phrase(1.0))


@pytest.mark.slow
@pytest.mark.timeout(200)
async def test_a_whole_minute_by_the_products_own_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("minute")
    async with (
        samband_world(folder, radio=True) as world,
        patched_meeting(world, folder / "room", "TiB", "Kommun A") as room,
    ):
        await room.begins_anew()
        said = phrase(62.0)
        said_s = await room.says("Kommun A", said)
        await room.phones["Kommun A"].hears(world.prompt("tone/warning"), within_s=55, since_s=said_s + 45)

        async def two() -> bool:
            return len(await room.on_air()) == 2

        await wait.until(two, 20, every_s=0.2, what="a second transmission")
        await room.goes_on_air(said, "Kommun A", said_s, within_s=20)
        ended = [Ended.of(one, time.monotonic()) for one in await room.on_air()]
        assert longest_s(ended) >= 57
        assert not too_long(ended), told(ended)
