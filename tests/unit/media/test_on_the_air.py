"""Notices, the armed way, the relay and the guards through the real worker, with and without Asterisk."""

import asyncio
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from bridge.audio import tones
from bridge.audio.align import locate
from bridge.audio.frame import SILENCE, to_samples
from bridge.domain.kernel.ids import PatchId
from bridge.domain.kernel.language import Language
from bridge.domain.radio.events import PathDown, PathUp, SaidOnAir, SpeechBegan, SpeechDrained, VoiceStuck
from bridge.domain.radio.prompts import AIR_OPENED, AIR_OVER
from bridge.media import audiosocket
from bridge.media.settings import MediaSettings
from bridge.ports import PortError
from tests.harness.sound_loss import compare
from tests.unit.media.sound import assert_complete, frames, phrase
from tests.unit.media.test_notices import make_prompt
from tests.unit.media.world import MIX, PATCH, Terminal, World, running_world, until

pytestmark = pytest.mark.realtime  # a process of its own, in real time

OTHER = PatchId("pat-00000000000000000000000002")
OPENED, OVER = phrase(31, 0.6), phrase(32, 0.4)


@pytest.fixture
def settings(tmp_path: Path) -> MediaSettings:
    make_prompt(tmp_path, AIR_OPENED, OPENED)
    make_prompt(tmp_path, AIR_OVER, OVER)
    return MediaSettings(sounds=tmp_path, auto_level=False)


async def opened(world: World) -> None:
    await world.open()
    await world.happened(PathUp)


async def without_asterisk(world: World) -> None:
    world.asterisk.refusals = 1000
    with pytest.raises(PortError, match="no such mix"):
        await world.open()
    await world.happened(PathDown)


async def test_a_notice_reaches_the_terminal_whole_and_is_told_as_said(settings: MediaSettings) -> None:
    async with running_world(settings) as world:
        await opened(world)
        await world.media.say_on_air(PATCH, [AIR_OPENED, AIR_OVER], Language.SV)
        await world.happened(SpeechBegan)
        await world.media.send_voice(PATCH)
        await world.happened(SaidOnAir)
        await world.happened(SpeechDrained)
        assert_complete([OPENED, OVER], world.terminal.sound)
        assert world.count(SaidOnAir) == 1


async def test_a_notice_reaches_the_terminal_whole_without_asterisk(settings: MediaSettings) -> None:
    async with running_world(settings) as world:
        await without_asterisk(world)
        await world.media.say_on_air(PATCH, [AIR_OPENED], Language.SV)
        await world.happened(SpeechBegan)
        await world.media.send_voice(PATCH)
        await world.happened(SaidOnAir)
        assert_complete([OPENED], world.terminal.sound)


async def test_a_notice_without_sound_is_told_as_said_and_counted(settings: MediaSettings) -> None:
    async with running_world(settings) as world:
        await opened(world)
        await world.media.say_on_air(PATCH, [AIR_OPENED], Language.EN)
        assert world.count(SaidOnAir) == 1
        assert world.media.unsaid == 1
        assert world.count(SpeechBegan) == 0


async def test_notices_that_die_with_their_worker_or_path_are_told_as_said(settings: MediaSettings) -> None:
    async with running_world(settings) as world:
        await opened(world)
        await world.media.say_on_air(PATCH, [AIR_OPENED], Language.SV)
        await world.happened(SpeechBegan)
        pid = world.media.worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await world.happened(SaidOnAir)
        await world.happened(PathUp, 2)
        await world.media.say_on_air(PATCH, [AIR_OPENED], Language.SV)
        await world.media.say_on_air(PATCH, [AIR_OVER], Language.SV)
        await world.media.close_path(PATCH)
        assert world.count(SaidOnAir) == 3
        assert world.media.unsaid == 3


async def test_the_way_stays_disarmed_over_a_worker_s_death(settings: MediaSettings) -> None:
    async with running_world(settings) as world:
        await opened(world)
        await world.media.arm_voice(PATCH, armed=False)
        pid = world.media.worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await world.happened(PathUp, 2)
        world.asterisk.leg.say += [*frames(phrase(1))]
        await until(lambda: not world.asterisk.leg.say, "all said")
        await world.media.arm_voice(PATCH, armed=True)
        assert world.count(SpeechBegan) == 0
        world.asterisk.leg.say += [*frames(phrase(2))]
        await world.happened(SpeechBegan)


async def test_a_noise_on_the_line_is_told_and_keeps_the_radio_no_longer(settings: MediaSettings) -> None:
    async with running_world(settings.model_copy(update={"stuck_s": 1.0})) as world:
        await opened(world)
        world.asterisk.leg.say += [*frames(to_samples(tones.noise(4.0, -20, seed=1)))]
        await world.happened(SpeechBegan)
        await world.media.send_voice(PATCH)
        await world.happened(VoiceStuck)
        assert world.of(VoiceStuck)[0].stuck
        await world.happened(SpeechDrained)
        assert world.asterisk.leg.say, "drained while the noise goes on"
        await world.happened(VoiceStuck, 2)
        assert not world.of(VoiceStuck)[1].stuck


async def test_what_is_held_when_another_terminal_takes_over_goes_out_there_whole(settings: MediaSettings) -> None:
    async with running_world(settings) as world:
        spare = Terminal()
        await spare.start()
        try:
            await opened(world)
            world.asterisk.leg.say += [*frames(phrase(1, 2.0))]
            await world.happened(SpeechBegan)
            await world.media.send_voice(PATCH)
            await world.on_air(30)
            await world.media.hold_voice(PATCH)
            await world.media.open_path(PATCH, f"audiosocket://127.0.0.1:{spare.port}", MIX)
            await world.happened(PathUp, 2)
            await until(lambda: not world.terminal.connected, "the first terminal is let go of")
            await until(lambda: not world.asterisk.leg.say, "all said")
            await world.media.send_voice(PATCH)
            await world.happened(SpeechDrained)
            sent = np.concatenate([world.terminal.sound, spare.sound])
            found = compare(phrase(1, 2.0), sent)
            assert found.whole, found
        finally:
            await spare.stop()


async def test_what_one_talkgroup_says_is_heard_in_the_other_without_asterisk_and_not_twice_with_it(
    settings: MediaSettings,
) -> None:
    async with running_world(settings) as world:
        other = Terminal()
        await other.start()
        try:
            await without_asterisk(world)
            with pytest.raises(PortError):
                await world.media.open_path(OTHER, f"audiosocket://127.0.0.1:{other.port}", MIX)
            await world.happened(PathDown, 2)
            await world.media.set_radio_heard(PATCH, heard=True)
            talking = asyncio.create_task(world.terminal.talk([*frames(phrase(1, 2.0)), *[SILENCE] * 20]))
            await world.happened(SpeechBegan)
            await world.media.send_voice(OTHER)
            await talking
            await world.happened(SpeechDrained)
            await world.media.hold_voice(OTHER)
            assert locate(phrase(1, 2.0)[160:], other.sound).score > 0.99
            assert not world.terminal.heard, "nobody hears himself"
            world.asterisk.refusals = 0
            await world.happened(PathUp, 2)
            began = world.count(SpeechBegan)
            await world.media.set_radio_heard(PATCH, heard=True)
            await world.terminal.talk([*frames(phrase(2)), *[SILENCE] * 20])
            assert world.count(SpeechBegan) == began, "now Asterisk's mix is the only way"
        finally:
            await other.stop()


async def test_the_relay_can_be_switched_off(settings: MediaSettings) -> None:
    async with running_world(settings.model_copy(update={"relay_without_asterisk": False})) as world:
        other = Terminal()
        await other.start()
        try:
            await without_asterisk(world)
            with pytest.raises(PortError):
                await world.media.open_path(OTHER, f"audiosocket://127.0.0.1:{other.port}", MIX)
            await world.happened(PathDown, 2)
            await world.media.set_radio_heard(PATCH, heard=True)
            await world.terminal.talk([*frames(phrase(1)), *[SILENCE] * 20])
            assert world.count(SpeechBegan) == 0
        finally:
            await other.stop()


async def test_our_own_transmission_heard_back_never_reaches_the_meeting(settings: MediaSettings) -> None:
    """The terminal gives back what it is sent, 20 ms later, and its gate was left open."""
    async with running_world(settings) as world:
        await opened(world)
        await world.media.set_radio_heard(PATCH, heard=True)
        await world.media.say_on_air(PATCH, [AIR_OPENED, AIR_OPENED], Language.SV)
        await world.happened(SpeechBegan)
        await world.media.send_voice(PATCH)
        given_back = 0
        while not world.count(SpeechDrained):
            await asyncio.sleep(0.005)
            assert world.terminal.writer is not None
            for frame in world.terminal.heard[given_back:]:
                world.terminal.writer.write(audiosocket.build_audio(frame))
                given_back += 1
        await world.media.hold_voice(PATCH)
        await asyncio.sleep(0.2)
        assert given_back > 50
        assert not np.concatenate(world.asterisk.leg.heard).any()


async def test_a_worker_that_stood_still_counts_the_frames_that_waited_for_it(settings: MediaSettings) -> None:
    async with running_world(settings) as world:
        await opened(world)
        await until(lambda: world.media.stats(PATCH) is not None, "figures")
        pid = world.media.worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(0.4)
        os.kill(pid, signal.SIGCONT)
        await until(lambda: (stats := world.media.stats(PATCH)) is not None and stats.slow_frames >= 10, "slow frames")
        stats = world.media.stats(PATCH)
        assert stats is not None
        assert stats.late_frames >= 1


async def test_the_levels_of_a_path_are_there_to_be_shown(settings: MediaSettings) -> None:
    async with running_world(settings) as world:
        await opened(world)
        assert world.media.stats(OTHER) is None
        world.asterisk.leg.say += [*frames(to_samples(tones.noise(3.0, -24, seed=1)))]

        def shown() -> bool:
            stats = world.media.stats(PATCH)
            return stats is not None and abs(stats.meeting_dbfs + 24) < 2

        await until(shown, "the level of what the meeting says")
        stats = world.media.stats(PATCH)
        assert stats is not None
        assert stats.meeting_peak_dbfs > stats.meeting_dbfs > -26
        assert stats.radio_dbfs == stats.air_dbfs == -120
        assert stats.armed
        assert not stats.stuck
