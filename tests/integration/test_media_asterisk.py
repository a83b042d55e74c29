"""Between telephones in a real Asterisk and a terminal's audio: heard both ways, held until the grant, found again."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
import pytest_asyncio

from bridge.audio import tones
from bridge.audio.frame import to_samples
from bridge.domain.events import Event, PathDown, PathUp, SpeechBegan, SpeechDrained
from bridge.domain.ids import MixId, PatchId
from bridge.engine.clock import SteadyClock
from bridge.media.client import MediaWorker
from bridge.media.settings import MediaSettings
from tests.harness.ari_line import Line, line_to, loopback_asterisk
from tests.harness.ari_phone import Phone
from tests.harness.asterisk import AsteriskWorld
from tests.unit.media.sound import frames
from tests.unit.media.world import Terminal, until

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
PATCH = PatchId("pat-00000000000000000000000001")


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
async def patched(asterisk: AsteriskWorld) -> AsyncGenerator[Patched]:
    async with line_to(asterisk) as line:
        terminal, events = Terminal(), list[Event]()
        await terminal.start()
        media = MediaWorker(line.telephony, line.ids, SteadyClock(), events.append, MediaSettings())
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
