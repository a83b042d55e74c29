"""A talkgroup in the meeting: radio users heard by phones, phones on the air, nothing lost, nobody talked over."""

import asyncio
import os
import signal
import time

import pytest
import pytest_asyncio

from tests.harness import wait
from tests.harness.audio import voice
from tests.harness.patched import Room, hears_whole, int16, is_absent, phrase
from tests.harness.rooms import radio_meeting, radio_world
from tests.harness.world import World

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

FIELD = voice(101)
FIELD_SAMPLES = FIELD.lasting(2.0)
STOOD_STILL_S = 0.3


world = radio_world()
meeting_with_radio = radio_meeting("TiB", "Kommun A")


@pytest_asyncio.fixture(loop_scope="module")
async def room(meeting_with_radio: Room) -> Room:
    await meeting_with_radio.begins_anew()
    return meeting_with_radio


async def test_a_radio_user_is_heard_by_the_phones_and_shown_by_function(world: World, room: Room) -> None:
    user = room.user("Ledning")
    organisation = (await world.api.post("organisations", json={"name": "Räddningstjänsten"})).json()
    body = {"organisation_id": organisation["id"], "name": "Inre befäl", "issis": [user.issi]}
    assert (await world.api.post("functions", json=body)).status_code == 201
    pressed_s = time.monotonic()
    await user.presses_ptt(saying=int16(FIELD_SAMPLES))
    shown = await room.patch_is("receiving", talker=user.issi)
    assert shown["talker_name"] == "Inre befäl"
    radio = next(one for one in await room.meeting.participants() if one["id"] == room.voice)
    assert (radio["kind"], radio["talking"]) == ("radio", True)
    began_s = await room.phones_hear(FIELD, pressed_s)
    first_s = (await room.radio.on_air())[-1].first_sample_s
    assert first_s is not None
    print("COS → phones hear, ms:", [round(1000 * (one - first_s)) for one in began_s])
    await user.stops_talking()
    await room.patch_is("idle", talker=None, talker_name=None)
    radio = next(one for one in await room.meeting.participants() if one["id"] == room.voice)
    assert not radio["talking"]
    await asyncio.gather(*(phone.does_not_hear(FIELD, for_s=0.6) for phone in room.phones.values()))


async def test_the_whole_of_what_a_radio_user_says_is_heard(room: Room) -> None:
    said = phrase(3.0)
    pressed_s = time.monotonic()
    await room.user("Ledning").presses_ptt(saying=int16(said))
    await room.user("Ledning").stops_talking()
    await asyncio.gather(*(hears_whole(phone, said, pressed_s) for phone in room.phones.values()))


@pytest.mark.parametrize("grant_delay_ms", [100.0, 250.0, 800.0])
async def test_a_phone_goes_on_the_air_with_the_grant_and_from_its_first_sample(
    room: Room, grant_delay_ms: float
) -> None:
    await room.radio.set(grant_delay_ms=grant_delay_ms)
    said = phrase(1.5)
    said_s = await room.says("Kommun A", said)
    await room.goes_on_air(said, "Kommun A", said_s)
    sent = (await room.on_air())[0]
    assert sent.first_sample_s is not None
    assert sent.first_sample_s >= sent.start_s
    assert await room.wasted_voiced() == 0
    print(f"phone → air beyond {grant_delay_ms:g} ms:", round(1000 * (sent.first_sample_s - said_s) - grant_delay_ms))
    await room.is_quiet()
    assert len(await room.on_air()) == 1


async def test_a_radio_that_holds_little_ready_gets_every_frame_at_its_turn(room: Room) -> None:
    await room.radio.set(buffer_ms=200.0)
    await room.says_to_the_radio("Kommun A", phrase(6.0))
    sent = await room.on_air()
    assert [(one.late_frames, one.lost_frames) for one in sent] == [(0, 0)] * len(sent)
    print("frames glued on by the radio:", sum(one.glued_frames for one in sent))


async def test_that_the_sound_stood_still_is_seen_by_a_radio_that_holds_little_ready(world: World, room: Room) -> None:
    await room.radio.set(buffer_ms=200.0)
    [worker] = [pid for pid, line in world.processes().items() if "bridge.media" in line]
    said_s = await room.says("Kommun A", phrase(5.0))
    await room.terminal.starts_transmitting()
    await wait.until(lambda: time.monotonic() > said_s + 2, 4)
    os.kill(worker, signal.SIGSTOP)
    await asyncio.sleep(STOOD_STILL_S)
    os.kill(worker, signal.SIGCONT)
    await room.is_quiet()
    assert sum(one.late_frames for one in await room.on_air()) > 0


async def test_only_the_speaker_hears_the_permit_tone(world: World, room: Room) -> None:
    permit, since_s = world.prompt("tone/permit"), time.monotonic()
    await room.phones["Kommun A"].says(phrase(1.5))
    await room.phones["Kommun A"].hears(permit, since_s=since_s)
    await room.is_quiet()
    assert room.phones["TiB"].heard().spans(permit, since_s) == []


async def test_two_phones_at_once_are_both_on_the_air(room: Room) -> None:
    both = [phrase(2.0), phrase(2.0)]
    names = tuple(room.phones)
    said_s = await asyncio.gather(*(room.says(name, said) for name, said in zip(names, both, strict=True)))
    for name, said, other, since_s in zip(names, both, reversed(both), said_s, strict=True):
        await room.goes_on_air(said, name, since_s, among=[other])


async def test_the_talkgroups_own_speech_never_returns_to_it(room: Room) -> None:
    await room.user("Ledning").presses_ptt(saying=int16(FIELD_SAMPLES))
    await room.user("Ledning").stops_talking()
    await asyncio.sleep(1.0)
    assert await room.on_air() == []
    assert (await room.patch_now())["voice_held"] is False
    said = phrase(3.0)
    said_s = await room.says("TiB", said)
    await room.user("Insats").presses_ptt(saying=int16(FIELD_SAMPLES))
    aired = await room.goes_on_air(said, "TiB", said_s)
    assert is_absent(FIELD_SAMPLES[:2000], aired)


async def test_a_denied_phrase_goes_out_whole_when_it_is_granted(world: World, room: Room) -> None:
    await room.radio.set(behaviour="not_granted", behaviour_times=2)
    said = phrase(2.0)
    said_s = await room.says("Kommun A", said)
    await room.patch_is("waiting")
    await room.phones["Kommun A"].hears(world.prompt("tone/denied"), since_s=said_s)
    await room.goes_on_air(said, "Kommun A", said_s)
    assert await room.wasted_voiced() == 0


async def test_a_demand_nobody_answers_is_made_again_and_nothing_is_lost(room: Room) -> None:
    await room.radio.set(behaviour="no_answer", behaviour_times=1)
    said = phrase(2.0)
    said_s = await room.says("Kommun A", said)
    await room.patch_is("demanding")
    await room.patch_is("waiting")
    await room.goes_on_air(said, "Kommun A", said_s)
    assert await room.wasted_voiced() == 0


async def test_a_queued_demand_waits_for_its_grant(room: Room) -> None:
    await room.radio.set(behaviour="queue", behaviour_times=1, queue_ms=1500.0)
    said = phrase(2.0)
    said_s = await room.says("Kommun A", said)
    await room.patch_is("queued")
    await room.goes_on_air(said, "Kommun A", said_s)
    assert await room.wasted_voiced() == 0
    assert len(await room.on_air()) == 1


async def test_a_radio_user_who_wins_the_channel_is_heard_first(room: Room) -> None:
    await room.radio.set(behaviour="grant_to_another", behaviour_times=1, rival_talks_s=2.0)
    said = phrase(2.0)
    said_s = await room.says("Kommun A", said)
    await room.patch_is("receiving")
    await room.goes_on_air(said, "Kommun A", said_s)
    every = await room.radio.on_air()
    rival, ours = every[0], (await room.on_air())[-1]
    assert rival.issi != room.terminal.issi
    assert rival.end_s is not None
    assert ours.start_s >= rival.end_s
    assert await room.wasted_voiced() == 0


async def test_a_talking_radio_user_is_not_talked_over(room: Room) -> None:
    user = room.user("Ledning")
    await user.presses_ptt(saying=int16(FIELD.lasting(3.0)))
    await room.patch_is("receiving")
    said = phrase(1.5)
    said_s = await room.says("Kommun A", said)
    await user.stops_talking()
    assert await room.on_air() == []
    await room.goes_on_air(said, "Kommun A", said_s)
    assert await room.wasted_voiced() == 0
