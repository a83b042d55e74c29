"""Between telephones in a real Asterisk and a terminal's audio: heard both ways, held until the grant, found again."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile

from bridge.audio import tones
from bridge.audio.frame import to_samples
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import MixId, PatchId, RecordingId
from bridge.domain.kernel.language import Language
from bridge.domain.radio.events import PathDown, PathUp, SaidOnAir, SpeechBegan, SpeechDrained
from bridge.domain.radio.prompts import AIR_OPENED
from bridge.domain.recording.events import RecordingEnded, RecordingStarted
from bridge.engine.clock import SteadyClock
from bridge.media.client import MediaWorker
from bridge.media.settings import MediaSettings
from tests.harness.ari_line import Line, line_to, loopback_asterisk
from tests.harness.ari_phone import Phone
from tests.harness.asterisk import AsteriskWorld
from tests.unit.media.sound import assert_complete, frames, phrase
from tests.unit.media.test_notices import make_prompt
from tests.unit.media.world import Terminal, until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
PATCH = PatchId("pat-00000000000000000000000001")
TRACK = RecordingId("rec-00000000000000000000000001")


@dataclass
class Patched:
    """A meeting of two telephones with a terminal's audio patched in, the path up."""

    line: Line
    media: MediaWorker
    terminal: Terminal
    events: list[Event]
    mix: MixId
    phones: list[Phone]

    async def happened(self, kind: type[Event], times: int = 1) -> None:
        await until(
            lambda: sum(isinstance(event, kind) for event in self.events) >= times, f"{kind.__name__} no. {times}"
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asterisk(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[AsteriskWorld]:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    async with loopback_asterisk(tmp_path_factory.mktemp("asterisk")) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def patched(asterisk: AsteriskWorld, tmp_path: Path) -> AsyncGenerator[Patched]:
    make_prompt(tmp_path, AIR_OPENED, phrase(31, 0.6))
    async with line_to(asterisk) as line:
        terminal, events = Terminal(), list[Event]()
        await terminal.start()
        settings = MediaSettings(sounds=tmp_path, tracks=tmp_path)
        media = MediaWorker(line.telephony, line.ids, SteadyClock(), events.append, settings)
        running = asyncio.create_task(media.run())
        mix, callers = await line.meeting(2)
        made = Patched(line, media, terminal, events, mix, [phone for _, phone in callers])
        try:
            await media.open_path(PATCH, f"audiosocket://127.0.0.1:{terminal.port}", mix)
            await made.happened(PathUp)
            yield made
        finally:
            await media.close_path(PATCH)
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            await terminal.stop()


async def test_a_telephone_is_held_until_the_grant_and_then_heard_at_the_terminal(patched: Patched) -> None:
    patched.phones[0].audio.speak(1000)
    await patched.happened(SpeechBegan)
    assert patched.terminal.heard == []
    await patched.media.send_voice(PATCH)
    await until(lambda: len(patched.terminal.heard) >= 50, "a second on the air")
    patched.phones[0].audio.speak(None)
    await patched.happened(SpeechDrained)
    await patched.media.hold_voice(PATCH)
    assert tones.tone_dbfs(patched.terminal.sound[1600:6400], 1000) > -20
    assert tones.tone_dbfs(patched.terminal.sound[1600:6400], 1300) < -50


async def test_the_radio_is_heard_by_all_telephones_while_its_gate_is_open(patched: Patched) -> None:
    await patched.media.set_radio_heard(PATCH, heard=True)
    talking = asyncio.create_task(patched.terminal.talk(list(frames(to_samples(tones.tone(700, 3.0, -15))))))
    for phone in patched.phones:
        await phone.audio.until(700, heard=True)
    await patched.media.set_radio_heard(PATCH, heard=False)
    for phone in patched.phones:
        await phone.audio.until(700, heard=False)
    talking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await talking


async def test_the_radio_does_not_hear_itself(patched: Patched) -> None:
    await patched.media.set_radio_heard(PATCH, heard=True)
    await patched.media.send_voice(PATCH)
    await patched.terminal.talk(list(frames(to_samples(tones.tone(700, 1.0, -15)))))
    assert np.abs(patched.terminal.sound).max(initial=0) < 100


async def test_a_notice_is_heard_on_the_air_alone_before_what_a_telephone_says_meanwhile(patched: Patched) -> None:
    await patched.media.say_on_air(PATCH, [AIR_OPENED], Language.SV)
    await patched.happened(SpeechBegan)
    patched.phones[0].audio.speak(1000)
    await patched.media.send_voice(PATCH)
    await patched.happened(SaidOnAir)
    await until(lambda: tones.tone_dbfs(patched.terminal.sound[-4000:], 1000) > -20, "the telephone on the air")
    patched.phones[0].audio.speak(None)
    assert_complete([phrase(31, 0.6)], patched.terminal.sound)


async def test_a_track_has_the_telephones_right_and_the_radio_left(patched: Patched, tmp_path: Path) -> None:
    await patched.media.start_track(PATCH, TRACK)
    await patched.happened(RecordingStarted)
    await patched.media.set_radio_heard(PATCH, heard=True)
    await patched.terminal.talk(list(frames(to_samples(tones.tone(700, 1.5, -20)))))
    await patched.media.set_radio_heard(PATCH, heard=False)
    patched.phones[0].audio.speak(1000)
    await patched.happened(SpeechBegan)
    await patched.media.send_voice(PATCH)
    await until(lambda: len(patched.terminal.heard) >= 75, "a second and a half on the air")
    await patched.media.stop_track(PATCH, TRACK)
    await patched.happened(RecordingEnded)
    track, _ = soundfile.read(tmp_path / f"{TRACK}.wav", dtype="int16")
    left, right = (np.array(track[:, side], dtype=np.int16) for side in (0, 1))
    assert max(tones.tone_dbfs(left[at : at + 4000], 700) for at in range(0, left.size - 4000, 4000)) > -26
    assert max(tones.tone_dbfs(right[at : at + 4000], 1000) for at in range(0, right.size - 4000, 4000)) > -26
    assert not left[-4000:].any()


async def test_a_media_leg_that_asterisk_ends_is_made_anew(patched: Patched) -> None:
    leg = patched.media._paths[PATCH].channel
    assert leg is not None
    await patched.line.telephony.hang_up(leg)
    await patched.happened(PathDown)
    await patched.happened(PathUp, 2)
    patched.phones[1].audio.speak(1000)
    await patched.happened(SpeechBegan)
    await patched.media.send_voice(PATCH)
    await until(lambda: len(patched.terminal.heard) >= 10, "speech on the air again")
