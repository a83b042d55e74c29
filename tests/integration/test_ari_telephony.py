"""Our telephony on a real Asterisk: calls, meetings, microphones, voices, recordings, radio leg."""

import asyncio
import wave
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor

import pytest
import pytest_asyncio

from bridge.ari.errors import AriError
from bridge.domain.conference.prompts import ENTRY_WELCOME, MEETING_ENDED, MUTED
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ChannelId, MixId, PlaybackId, RecordingId, TrunkName
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner
from bridge.domain.recording.events import RecordingEnded, RecordingStarted
from bridge.domain.telephony.effects import Dial
from bridge.domain.telephony.events import (
    CallArrived,
    DigitPressed,
    LegAnswered,
    LegEnded,
    LegRinging,
    MixJoined,
    MixLeft,
    PlaybackEnded,
    TalkingStarted,
    TalkingStopped,
)
from bridge.ports import PortError
from tests.harness.ari_line import OUR_NUMBER, Line, line_to, loopback_asterisk, until
from tests.harness.ari_phone import RtpEnd, port_of
from tests.harness.asterisk import AsteriskWorld

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
MAIN = TrunkName("main")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asterisk(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[AsteriskWorld]:
    # One thread for the whole module, made here: a pool that grows in a test looks like a thread left behind.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    await asyncio.to_thread(int)
    async with loopback_asterisk(tmp_path_factory.mktemp("asterisk")) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def line(asterisk: AsteriskWorld) -> AsyncGenerator[Line]:
    async with line_to(asterisk) as made:
        yield made


async def test_a_caller_arrives_with_number_trunk_and_caller_and_his_end_is_told_once(line: Line) -> None:
    channel, phone = await line.caller("+46701740610")
    (arrived,) = line.heard.all(CallArrived)
    assert (arrived.number, arrived.trunk, arrived.caller, arrived.rescued) == (
        OUR_NUMBER,
        MAIN,
        "+46701740610",
        False,
    )
    await phone.hang_up()
    ended = await line.heard.wait(LegEnded)
    assert ended.channel == channel
    assert ended.cause in (0, 16)  # 0 is "unknown", which Asterisk says of an ordinary end now and then
    await until(lambda: _empty(line))
    assert len(line.heard.all(LegEnded)) == 1


async def _empty(line: Line) -> bool:
    return not (await line.telephony.snapshot(())).channels


async def test_keys_pressed_on_the_telephone_come_through(line: Line) -> None:
    _, phone = await line.caller()
    await phone.press("5*#")
    await line.heard.wait(DigitPressed, lambda event: event.digit == "#")
    assert [event.digit for event in line.heard.all(DigitPressed)] == ["5", "*", "#"]


async def test_a_prompt_is_played_once_however_often_it_is_asked_for(line: Line) -> None:
    channel, _ = await line.caller()
    playback = PlaybackId(line.ids.mint("playback"))
    for _ in range(2):
        await line.telephony.play(channel, playback, [ENTRY_WELCOME], Language.SV)
    ended = await line.heard.wait(PlaybackEnded)
    assert (ended.playback, ended.channel) == (playback, channel)
    await line.telephony.stop_playing(channel, playback)


async def test_a_call_we_place_is_answered_and_placing_it_again_places_none(line: Line) -> None:
    leg = ChannelId(line.ids.mint("channel"))
    for _ in range(2):
        await line.telephony.dial(Dial(leg, MAIN, f"+{OUR_NUMBER}", "+4685555555", 20))
    arrived = await line.heard.wait(CallArrived)
    await line.telephony.answer(arrived.channel)
    answered = await line.heard.wait(LegAnswered)
    assert answered.channel == leg
    assert len(line.heard.all(CallArrived)) == 1
    await line.telephony.hang_up(leg)
    assert (await line.heard.wait(LegEnded, lambda event: event.channel == leg)).cause == 16
    await line.telephony.hang_up(leg)


async def test_a_number_that_does_not_exist_ends_with_its_cause(line: Line) -> None:
    leg = ChannelId(line.ids.mint("channel"))
    await line.telephony.dial(Dial(leg, MAIN, "+46701740699", "", 20))
    assert (await line.heard.wait(LegEnded)).cause == 1


async def test_an_unanswered_call_stops_ringing_in_time(line: Line) -> None:
    leg = ChannelId(line.ids.mint("channel"))
    await line.telephony.dial(Dial(leg, MAIN, OUR_NUMBER, "", 1))
    arrived = await line.heard.wait(CallArrived)
    ended = await line.heard.wait(LegEnded, lambda event: event.channel == leg)
    assert ended.cause == 19
    assert not line.heard.all(LegAnswered)
    assert (await line.heard.wait(LegEnded, lambda event: event.channel == arrived.channel)).cause != 0
    assert all(event.channel == leg for event in line.heard.all(LegRinging))


@pytest.mark.parametrize("number", ["1&PJSIP/2", "+46@x", "abc", "", "0" * 16, "٣٤٥٦"])
async def test_nothing_but_digits_is_dialled(line: Line, number: str) -> None:
    with pytest.raises(PortError):
        await line.telephony.dial(Dial(ChannelId(line.ids.mint("channel")), MAIN, number, "", 20))


async def test_people_in_a_meeting_hear_each_other_until_one_is_muted_and_then_again(line: Line) -> None:
    _, ((talker, mouth), (_, ear), _) = await line.meeting(3)
    mouth.audio.speak(440)
    await ear.audio.until(440, heard=True)
    await _frames(ear.audio, 20)
    before = _loudest(ear.audio, 10)
    await line.telephony.set_heard(talker, heard=False)
    await ear.audio.until(440, heard=False)
    await _frames(ear.audio, 20)
    assert _loudest(ear.audio, 10) <= 64
    await line.telephony.set_heard(talker, heard=True)
    await ear.audio.until(440, heard=True)
    await _frames(ear.audio, 20)
    assert _loudest(ear.audio, 10) == pytest.approx(before, rel=0.1)


async def _frames(end: RtpEnd, more: int) -> None:
    wanted = len(end.heard) + more
    await until(lambda: len(end.heard) >= wanted)


def _loudest(end: RtpEnd, last: int) -> float:
    return max(float(abs(frame).max()) for _, frame in end.heard[-last:])


async def test_a_muted_person_who_talks_is_noticed(line: Line) -> None:
    _, ((talker, mouth), _) = await line.meeting(2)
    await line.telephony.set_heard(talker, heard=False)
    mark = len(line.heard.events)
    mouth.audio.speak(440)
    await line.heard.wait(TalkingStarted, lambda event: event.channel == talker, after=mark)
    mouth.audio.speak(None)
    await line.heard.wait(TalkingStopped, lambda event: event.channel == talker, after=mark)


async def test_one_who_joins_muted_is_not_heard_and_still_noticed(line: Line) -> None:
    mix, ((_, ear), _) = await line.meeting(2)
    late, mouth = await line.caller()
    await line.telephony.join_mix(late, mix, heard=False)
    mouth.audio.speak(600)
    await line.heard.wait(TalkingStarted, lambda event: event.channel == late)
    await _frames(ear.audio, 25)
    assert ear.audio.level(600, 20) < 30


async def test_joining_twice_takes_nobody_out_for_a_moment_and_is_told_again(line: Line) -> None:
    mix, ((channel, _), _) = await line.meeting(2)
    await line.heard.wait(MixJoined, lambda event: event.channel == channel)
    mark = len(line.heard.events)
    await line.telephony.join_mix(channel, mix, heard=True)
    await line.heard.wait(MixJoined, lambda event: event.channel == channel, after=mark)
    await line.telephony.create_mix(mix)
    await line.telephony.set_heard(channel, heard=True)
    assert not [event for event in line.heard.all(MixLeft) if event.channel == channel]


async def test_one_who_is_not_where_they_were_thought_to_be_is_put_there(line: Line) -> None:
    """A word about a leave was lost."""
    mix, ((channel, _), _) = await line.meeting(2)
    await line.heard.wait(MixJoined, lambda event: event.channel == channel)
    await line.telephony.leave_mix(channel, mix)
    await line.heard.wait(MixLeft, lambda event: event.channel == channel)
    line.telephony._where[channel] = mix
    mark = len(line.heard.events)
    await line.telephony.join_mix(channel, mix, heard=True)
    await line.heard.wait(MixJoined, lambda event: event.channel == channel, after=mark)
    [there] = [one for one in (await line.telephony.snapshot(())).channels if one.id == channel]
    assert there.mix == mix


async def test_one_who_leaves_the_mix_stays_on_the_line_and_may_come_back(line: Line) -> None:
    mix, ((_, mouth), (leaver, ear)) = await line.meeting(2)
    await line.heard.wait(MixJoined, lambda event: event.channel == leaver)
    mouth.audio.speak(600)
    await _loud(ear.audio)
    await line.telephony.leave_mix(leaver, mix)
    await line.heard.wait(MixLeft, lambda event: event.channel == leaver)
    await line.telephony.leave_mix(leaver, mix)
    [there] = [one for one in (await line.telephony.snapshot(())).channels if one.id == leaver]
    assert (there.mix, there.answered) == (None, True)
    mark = len(line.heard.events)
    await line.telephony.join_mix(leaver, mix, heard=True)
    await line.heard.wait(MixJoined, lambda event: event.channel == leaver, after=mark)


async def test_joining_waits_for_the_mix_that_is_being_made(line: Line) -> None:
    channel, _ = await line.caller()
    mix = MixId(line.ids.mint("mix"))
    await asyncio.gather(line.telephony.join_mix(channel, mix, heard=True), line.telephony.create_mix(mix))
    assert (await line.heard.wait(MixJoined)).mix == mix


async def test_an_announcement_is_heard_by_all_and_helpers_are_nobodys_participants(line: Line) -> None:
    mix, ((_, one), (_, two)) = await line.meeting(2)
    await line.telephony.announce(mix, [MEETING_ENDED], Language.SV, Manner.SAID)
    for phone in (one, two):
        await _loud(phone.audio)
    joined = {event.channel for event in line.heard.all(MixJoined)}
    live = (await line.telephony.snapshot(())).channels
    assert joined == {channel.id for channel in live}


async def test_a_whisper_is_heard_by_one_alone(line: Line) -> None:
    _, ((quiet, _), (listener, phone), (_, other)) = await line.meeting(3)
    assert quiet != listener
    await line.telephony.whisper(listener, [MUTED, MUTED], Language.SV, Manner.SAID, None)
    before = len(other.audio.heard)
    await _loud(phone.audio)
    assert _loudest(other.audio, len(other.audio.heard) - before) <= 64
    await until(lambda: _without(line, "Snoop/"), 20)


async def test_a_whisper_is_heard_by_one_who_is_alone_in_the_meeting(line: Line) -> None:
    _, ((listener, phone),) = await line.meeting(1)
    await line.telephony.whisper(listener, [MUTED, MUTED], Language.SV, Manner.SAID, None)
    await _loud(phone.audio)
    await until(lambda: _without(line, "Snoop/"), 20)


async def _without(line: Line, technology: str) -> bool:
    return not await line.helpers(technology)


async def _loud(end: RtpEnd) -> None:
    await until(lambda: len(end.heard) > 5 and _loudest(end, 5) > 1000)


async def test_a_meeting_is_recorded_and_the_file_holds_what_was_said(line: Line) -> None:
    mix, ((_, mouth), _) = await line.meeting(2)
    recording = RecordingId(line.ids.mint("recording"))
    for _ in range(2):
        await line.telephony.start_recording(mix, recording)
    await line.heard.wait(RecordingStarted)
    assert (await line.telephony.snapshot(())).recordings == {recording}
    mouth.audio.speak(440)
    await _frames(mouth.audio, 60)
    await line.telephony.stop_recording(recording)
    ended = await line.heard.wait(RecordingEnded)
    assert ended.recording == recording
    with pytest.raises(PortError) as gone:
        await line.telephony.stop_recording(recording)
    assert gone.value.fate is Fate.GONE, "one that does not run is told, since nothing else tells it"
    assert (await line.telephony.snapshot(())).recordings == frozenset()
    with wave.open(str(line.world.dirs.recordings / f"{recording}.wav")) as file:
        assert file.getframerate() == 8000
        assert file.getnframes() > 8000
    with pytest.raises(PortError):
        await line.telephony.start_recording(mix, recording)


async def test_a_recording_that_cannot_be_written_is_refused_with_the_evidence(line: Line) -> None:
    mix, _ = await line.meeting(1)
    away = line.world.dirs.recordings.rename(line.world.dirs.recordings.with_name("away"))
    try:
        with pytest.raises(PortError) as caught:
            await line.telephony.start_recording(mix, RecordingId(line.ids.mint("recording")))
    finally:
        away.rename(line.world.dirs.recordings)
    assert caught.value.device == "asterisk"
    assert "/record gave" in caught.value.evidence


async def test_the_radio_leg_carries_sound_both_ways(line: Line) -> None:
    mix, ((_, phone), _) = await line.meeting(2)
    radio = await line.phones.rtp_end()
    leg = ChannelId(line.ids.mint("channel"))
    port = await line.telephony.open_media_leg(leg, mix, "127.0.0.1", port_of(radio))
    radio.peer = ("127.0.0.1", port)
    assert await line.telephony.open_media_leg(leg, mix, "127.0.0.1", port_of(radio)) == port
    radio.speak(1000)
    phone.audio.speak(600)
    await phone.audio.until(1000, heard=True)
    await radio.until(600, heard=True)
    assert leg not in {event.channel for event in line.heard.all(MixJoined)}
    await line.telephony.hang_up(leg)
    await phone.audio.until(1000, heard=False)
    assert leg not in {event.channel for event in line.heard.all(LegEnded)}


async def test_a_meeting_that_is_taken_down_leaves_nothing_behind(line: Line) -> None:
    mix, ((channel, phone),) = await line.meeting(1)
    for _ in range(2):
        await line.telephony.destroy_mix(mix)
    assert (await line.telephony.snapshot(())).mixes == frozenset()
    assert [live.id for live in (await line.telephony.snapshot(())).channels] == [channel]
    await phone.hang_up()
    await line.heard.wait(LegEnded)
    await until(lambda: _without(line, "samband-announcer"))


async def test_a_channel_that_is_gone_is_an_error_that_says_so(line: Line) -> None:
    with pytest.raises(AriError) as caught:
        await line.telephony.answer(ChannelId("1795315338.99"))
    assert (caught.value.device, caught.value.retry) == ("asterisk", False)


async def test_every_event_of_a_meeting_was_understood(line: Line) -> None:
    await line.meeting(2)
    counters = line.telephony.counters()
    assert counters["events"] > 0
    assert [counters[name] for name in ("events_unknown", "events_garbage", "event_overflows")] == [0, 0, 0]
