"""The worker as a real process, between Asterisk's end and the terminal's, both played by the test."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.audio.align import locate
from bridge.audio.frame import SILENCE
from bridge.domain.kernel.reasons import WELL, GeneralReason
from bridge.domain.radio.events import PathDown, PathUp, SpeechBegan, SpeechDrained, TransmissionCut
from bridge.media import protocol
from bridge.media.client import MediaWorker
from bridge.media.process import WorkerProcess
from bridge.media.settings import MediaSettings
from bridge.ports import PortError
from tests.harness.reasons import english
from tests.unit.media.sound import assert_complete, frames, pause, phrase, speech
from tests.unit.media.world import (
    MIX,
    PATCH,
    CountingIds,
    FakeAsterisk,
    LoopClock,
    Terminal,
    World,
    running_world,
    until,
)

pytestmark = pytest.mark.realtime  # a process of its own, in real time


def silent_frames(count: int) -> list[np.ndarray[tuple[int], np.dtype[np.int16]]]:
    return list(frames(pause(count * 0.02)))


def lives(pid: int) -> bool:
    """Whether there is such a process, not counting one that waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


async def read_on(worker: WorkerProcess) -> None:
    while True:
        await worker.read(10)


async def opened(world: World) -> None:
    await world.open()
    await world.happened(PathUp)


async def test_speech_is_held_until_the_grant_and_then_reaches_the_terminal_whole() -> None:
    async with running_world() as world:
        await opened(world)
        world.asterisk.leg.say += [*frames(phrase(1))]
        await world.happened(SpeechBegan)
        assert world.terminal.heard == []
        await world.media.send_voice(PATCH)
        await world.happened(SpeechDrained)
        await world.media.hold_voice(PATCH)
        assert_complete([phrase(1)], world.terminal.sound)
        assert world.terminal.kinds[0] == 0x01


async def test_over_cuts_and_pauses_the_terminal_gets_every_sample_once() -> None:
    async with running_world() as world:
        await opened(world)
        long_phrase = phrase(3, 4.0)
        world.asterisk.leg.say += [*frames(long_phrase)]
        for cut in range(1, 4):
            await world.happened(SpeechBegan, cut)
            await world.media.send_voice(PATCH)
            await world.on_air(30)
            await world.media.hold_voice(PATCH)
        await world.media.send_voice(PATCH)
        await world.happened(SpeechDrained)
        assert_complete([long_phrase], world.terminal.sound)


async def test_the_radio_is_heard_in_the_meeting_when_its_gate_is_open() -> None:
    async with running_world() as world:
        await opened(world)
        await world.media.set_radio_heard(PATCH, heard=True)
        said = phrase(2) // 2
        await world.terminal.talk(list(frames(said)), clock_error_ppm=200)
        await until(lambda: len(world.asterisk.leg.heard) > 60, "the meeting's audio")
        await asyncio.sleep(0.2)
        assert locate(said[160:], np.concatenate(world.asterisk.leg.heard)).score > 0.99


async def test_each_frame_to_asterisk_answers_one_from_it() -> None:
    async with running_world() as world:
        await opened(world)
        leg = world.asterisk.leg
        sent, heard = leg.sent, len(leg.heard)
        await until(lambda: leg.sent >= sent + 50, "50 frames from Asterisk")
        await until(lambda: len(leg.heard) - heard >= leg.sent - sent - 1, "an answer for each of them")
        assert len(leg.heard) - heard <= leg.sent - sent + 1, "and no more than one"
        await until(lambda: world.media.stats(PATCH) is not None, "figures")


async def test_asterisk_going_silent_is_told_and_our_own_clock_goes_on() -> None:
    async with running_world() as world:
        await opened(world)
        leg = world.asterisk.leg
        leg.standing_still = True
        await world.happened(PathDown)
        down = world.events[-1]
        assert isinstance(down, PathDown)
        assert "Asterisk has sent no audio for 500 ms" in english(down.reason)
        heard = len(leg.heard)
        await until(lambda: len(leg.heard) > heard + 20, "frames paced by our own clock")
        leg.standing_still = False
        await world.happened(PathUp, 2)


async def test_a_stall_of_the_whole_worker_costs_no_word_and_leaves_no_delay() -> None:
    async with running_world() as world:
        await opened(world)
        sound, phrases = speech(4, phrase_s=0.6, pause_s=0.3)
        world.asterisk.leg.say += [*frames(sound)]
        await world.happened(SpeechBegan)
        await world.media.send_voice(PATCH)
        await until(lambda: len(world.terminal.heard) > 20, "the first words")
        pid = world.media.worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(0.5)
        os.kill(pid, signal.SIGCONT)
        await world.happened(SpeechDrained)
        assert_complete(phrases, world.terminal.sound)
        assert world.count(PathDown) == 0, "nobody else is blamed for our own stall"
        await until(lambda: (stats := world.media.stats(PATCH)) is not None and stats.delay_ms == 0, "no delay")


async def test_a_lost_terminal_is_told_found_again_and_no_speech_is_lost_meanwhile() -> None:
    async with running_world() as world:
        await opened(world)
        world.asterisk.leg.say += [*frames(np.concatenate((phrase(1), pause(0.1), phrase(2))))]
        await world.happened(SpeechBegan)
        await world.terminal.stop()
        await world.happened(PathDown)
        with pytest.raises(PortError, match="no sound to or from the terminal"):
            await world.media.send_voice(PATCH)
        await world.terminal.start()
        await world.happened(PathUp, 2)
        await world.happened(SpeechBegan, 2)
        await world.media.send_voice(PATCH)
        await world.happened(SpeechDrained)
        assert_complete([phrase(1), phrase(2)], world.terminal.sound)


async def test_a_terminal_that_reads_nothing_is_cut_off_and_tried_again() -> None:
    async with running_world(MediaSettings(terminal_stuck_ms=200)) as world:
        await opened(world)
        world.terminal.reading.clear()
        world.asterisk.leg.say += [*frames(phrase(1, 40.0))]
        await world.media.send_voice(PATCH)
        await world.happened(PathDown)
        down = next(event for event in world.events if isinstance(event, PathDown))
        assert "takes nothing" in english(down.reason)
        world.terminal.reading.set()
        await world.happened(PathUp, 2)


async def test_a_terminal_that_is_not_there_is_told_with_its_address() -> None:
    async with running_world(MediaSettings(open_grace_s=0.1)) as world:
        await world.terminal.stop()
        await world.open()
        await world.happened(PathDown)
        assert "cannot be reached" in english(world.media.health()[f"audio path {PATCH}"])


async def test_a_killed_worker_is_told_and_the_path_is_built_anew() -> None:
    async with running_world() as world:
        await opened(world)
        pid = world.media.worker_pid
        assert pid is not None
        old = next(iter(world.asterisk.legs))
        os.kill(pid, signal.SIGKILL)
        await world.happened(PathDown)
        await world.happened(PathUp, 2)
        assert world.media.worker_pid not in (None, pid)
        assert world.asterisk.hung_up == [old]
        assert world.media.health() == {"media worker": WELL, f"audio path {PATCH}": WELL}
        world.asterisk.leg.say += [*frames(phrase(1))]
        await world.happened(SpeechBegan)
        await world.media.send_voice(PATCH)
        await world.happened(SpeechDrained)
        assert_complete([phrase(1)], world.terminal.sound)


async def test_a_hanging_worker_is_replaced() -> None:
    async with running_world(MediaSettings(worker_silent_s=2.0)) as world:
        await opened(world)
        pid = world.media.worker_pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        await world.happened(PathUp, 2)
        assert not lives(pid)


async def test_a_leg_that_asterisk_closed_is_made_anew() -> None:
    async with running_world() as world:
        await opened(world)
        world.asterisk.leg.stop()
        await world.happened(PathDown)
        await world.happened(PathUp, 2)
        assert len(world.asterisk.legs) == 2


async def test_a_refused_leg_is_an_error_and_is_made_as_soon_as_asterisk_can() -> None:
    async with running_world() as world:
        world.asterisk.refusals = 2
        with pytest.raises(PortError, match="no such mix"):
            await world.open()
        await world.happened(PathUp)


async def test_a_move_to_another_terminal_that_fails_is_made_as_soon_as_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    spare = Terminal()
    await spare.start()
    open_path, refusals = WorkerProcess.open, [PortError("media worker", GeneralReason.LEGACY(text="busy"), retry=True)]

    async def refuses_once(worker: WorkerProcess, *args: Any, **more: Any) -> int:
        if refusals:
            raise refusals.pop()
        return await open_path(worker, *args, **more)

    async with running_world() as world:
        await opened(world)
        monkeypatch.setattr(WorkerProcess, "open", refuses_once)
        with pytest.raises(PortError, match="busy"):
            await world.media.open_path(PATCH, f"audiosocket://127.0.0.1:{spare.port}", MIX)
        await until(lambda: spare.connected, "the path leads to the spare")
    await spare.stop()


async def test_opening_twice_is_one_path_and_closing_twice_is_no_error() -> None:
    async with running_world() as world:
        await opened(world)
        await world.open()
        assert len(world.asterisk.legs) == 1
        await world.media.close_path(PATCH)
        await world.media.close_path(PATCH)
        assert world.asterisk.hung_up == list(world.asterisk.legs)
        await until(lambda: not world.terminal.connected, "the terminal's audio closed")
        assert world.terminal.kinds[-1] == 0x00


async def test_a_path_that_is_not_there_is_said_so() -> None:
    async with running_world() as world:
        for request in (world.media.send_voice, world.media.hold_voice, world.media.drop_voice):
            with pytest.raises(PortError, match="the audio path is gone"):
                await request(PATCH)


async def test_without_a_worker_a_request_fails_with_whose_fault_it_is() -> None:
    media = MediaWorker(FakeAsterisk(), CountingIds(), LoopClock(), print, MediaSettings(reply_timeout_s=0.01))
    with pytest.raises(PortError, match="media worker: not running; it is being started again"):
        await media.open_path(PATCH, "audiosocket://127.0.0.1:1", MIX)
    assert "not running" in english(media.health()["media worker"])
    await media.close_path(PATCH)


async def test_garbage_from_both_sides_is_counted_and_breaks_nothing() -> None:
    async with running_world() as world:
        await opened(world)
        for octets in (b"", b"\x80", bytes(3000), os.urandom(332), b"\x80\x0a" + bytes(10)):
            world.asterisk.leg.raw(octets)
        assert world.terminal.writer is not None
        world.terminal.writer.write(b"\x77\x00\x03abc" + b"\x10\x00\x01x")
        await until(
            lambda: (stats := world.media.stats(PATCH)) is not None and stats.malformed >= 4, "malformed is counted"
        )
        world.terminal.writer.write(b"\x10\xff\xff")
        await world.happened(PathDown)
        await world.happened(PathUp, 2)


async def test_the_worker_ends_a_transmission_by_itself() -> None:
    async with running_world(MediaSettings(max_transmission_s=0.5)) as world:
        await opened(world)
        world.asterisk.leg.say += [*frames(phrase(1, 2.0))]
        await world.happened(SpeechBegan)
        await world.media.send_voice(PATCH)
        await world.happened(TransmissionCut)
        await world.happened(SpeechBegan, 2)
        assert len(world.terminal.heard) <= 25


async def test_when_the_program_dies_the_worker_ends_and_with_it_all_sending() -> None:
    program = (
        "import asyncio, os\n"
        "from bridge.media.process import WorkerProcess\n"
        "from bridge.media.settings import MediaSettings\n"
        "async def main():\n"
        "    worker = await WorkerProcess.start(MediaSettings())\n"
        "    await worker.read(10)\n"
        "    print(worker.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    worker = int(await process.stdout.readline())
    assert lives(worker)
    process.kill()
    await process.wait()
    await until(lambda: not lives(worker), "the worker's end")


async def test_an_unreadable_channel_ends_the_worker() -> None:
    worker = await WorkerProcess.start(MediaSettings())
    worker._writer.write(b"\xff\xff\xff\xff")
    with pytest.raises(protocol.ChannelClosed):
        await read_on(worker)
    assert await worker.end() == 0


async def test_silence_is_what_a_meeting_hears_of_a_quiet_radio() -> None:
    async with running_world() as world:
        await opened(world)
        await until(lambda: len(world.asterisk.leg.heard) > 5, "frames to the meeting")
        assert all(np.array_equal(frame, SILENCE) for frame in world.asterisk.leg.heard)
