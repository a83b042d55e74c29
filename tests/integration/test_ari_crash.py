"""The controller or Asterisk dies: calls go on, and whoever comes next finds everything."""

import asyncio
from pathlib import Path

import pytest

from bridge.ari.client import ConnectionState
from bridge.ari.errors import AriReplaced
from bridge.domain.conference.prompts import MEETING_ENDED
from bridge.domain.kernel.ids import ChannelId, PlaybackId, RecordingId, TrunkName
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner
from bridge.domain.recording.events import RecordingStarted
from bridge.domain.telephony.effects import Dial
from bridge.domain.telephony.events import CallArrived, DigitPressed, LegAnswered, LegEnded, TelephonyDown, TelephonyUp
from bridge.ports import PortError
from tests.harness.ari_line import OUR_NUMBER, Line, line_to, loopback_asterisk, until
from tests.harness.ari_phone import port_of

pytestmark = pytest.mark.integration


async def test_a_new_controller_finds_the_meeting_as_it_was_and_nobody_heard_a_thing(tmp_path: Path) -> None:
    async with loopback_asterisk(tmp_path) as world, line_to(world) as line:
        mix, ((one, talker), (two, listener)) = await line.meeting(2)
        await line.telephony.set_heard(two, heard=False)
        recording = RecordingId(line.ids.mint("recording"))
        await line.telephony.start_recording(mix, recording)
        await line.heard.wait(RecordingStarted)
        radio = await line.phones.rtp_end()
        media = ChannelId(line.ids.mint("channel"))
        await line.telephony.open_media_leg(media, mix, "127.0.0.1", port_of(radio))
        talker.audio.speak(440)
        await listener.audio.until(440, heard=True)

        await line.kill()
        heard_before = len(listener.audio.heard)
        await until(lambda: len(listener.audio.heard) >= heard_before + 25)
        assert listener.audio.level(440, 20) > 300
        await line.restart()

        (up,) = line.heard.all(TelephonyUp)
        assert {(live.id, live.mix, live.answered, live.number, live.trunk) for live in up.channels} == {
            (channel, mix, True, OUR_NUMBER, "main") for channel in (one, two)
        }
        assert (up.mixes, up.recordings) == ({mix}, {recording})
        await talker.press("7")
        assert (await line.heard.wait(DigitPressed)).channel == one
        await line.telephony.announce(mix, [MEETING_ENDED], Language.SV, Manner.SAID)
        await until(lambda: _without(line, f"UnicastRTP/127.0.0.1:{port_of(radio)}"))
        await talker.hang_up()
        assert (await line.heard.wait(LegEnded)).channel == one


async def _without(line: Line, technology: str) -> bool:
    return not await line.helpers(technology)


async def test_calls_that_ended_while_nobody_listened_are_read_from_the_call_records(tmp_path: Path) -> None:
    async with loopback_asterisk(tmp_path) as world, line_to(world) as line:
        leg = ChannelId(line.ids.mint("channel"))
        await line.telephony.dial(Dial(leg, TrunkName("main"), OUR_NUMBER, "", 20))
        arrived = await line.heard.wait(CallArrived)
        await line.telephony.answer(arrived.channel)
        await line.heard.wait(LegAnswered)
        await line.kill()
        await world.process.rx("channel request hangup all")
        await line.restart()
        unknown = ChannelId(line.ids.mint("channel"))

        async def told() -> bool:
            return (await line.telephony.snapshot([leg, unknown])).ended == ((leg, 16),)

        await until(told)


async def test_asterisk_going_down_is_said_once_and_its_return_too(tmp_path: Path) -> None:
    async with loopback_asterisk(tmp_path) as world, line_to(world) as line:
        await line.caller()
        await world.process.stop()
        down = await line.heard.wait(TelephonyDown)
        assert down.reason.code == "asterisk_connection_lost"
        with pytest.raises(PortError) as caught:
            await line.telephony.answer(ChannelId("1.1"))
        assert caught.value.retry
        await world.process.ensure_running()
        mark = line.heard.events.index(down)
        up = await line.heard.wait(TelephonyUp, after=mark)
        assert (up.channels, up.mixes, up.recordings) == ((), frozenset(), frozenset())
        assert len(line.heard.all(TelephonyDown)) == 1
        await until(lambda: line.phones.client.state is ConnectionState.CONNECTED)
        _, phone = await line.caller()
        await phone.press("1")
        await line.heard.wait(DigitPressed)


async def test_the_loser_of_the_application_stops_and_can_do_nothing_more(tmp_path: Path) -> None:
    async with loopback_asterisk(tmp_path) as world, line_to(world) as line:
        channel, _ = await line.caller()
        loser, running = line.telephony, line.running
        await line.restart()
        with pytest.raises(AriReplaced):
            await asyncio.wait_for(running, 5)
        with pytest.raises(PortError):
            await loser.hang_up(channel)
        playback = PlaybackId(line.ids.mint("playback"))
        await line.telephony.play(channel, playback, [MEETING_ENDED], Language.SV)
