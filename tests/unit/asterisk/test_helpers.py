"""No helper dies unseen while something waits to be said by it."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import structlog

from bridge.ari import helper_channels as product
from bridge.ari.client import AriClient
from bridge.ari.expected_events import ExpectedEvents
from bridge.ari.helper_channels import HelperChannels
from bridge.ari.speech import Announcer, Speech, Whisperer
from bridge.domain.conference import prompts
from bridge.domain.kernel.ids import ChannelId, MixId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from bridge.engine.clock import RandomIds, SteadyClock
from tests.harness import wait

MIX = MixId("mix-1")
CHANNEL = ChannelId("leg-1")


class Said:
    """What was said in the end; the first speech of each kind fails as no code foresees."""

    def __init__(self) -> None:
        self.speeches: list[Sequence[Prompt]] = []
        self.failed: set[str] = set()

    async def announcer(self, announcer: Announcer) -> None:
        while True:
            self._say("announcer", await announcer._queue.next())

    async def whisperer(self, whisperer: Whisperer) -> None:
        while (speech := whisperer._queue.take()) is not None:
            self._say("whisperer", speech)

    def _say(self, kind: str, speech: Speech) -> None:
        if kind not in self.failed:
            self.failed.add(kind)
            raise KeyError(kind)
        self.speeches.append(speech.prompts)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    told = Said()
    monkeypatch.setattr(product, "REST_S", 0.01)
    monkeypatch.setattr(Announcer, "run", lambda self: told.announcer(self))
    monkeypatch.setattr(Whisperer, "run", lambda self: told.whisperer(self))
    return told


@pytest.fixture
async def helpers() -> AsyncIterator[HelperChannels]:
    client = AriClient("http://127.0.0.1:9/ari", "samband", "none", "samband")
    async with HelperChannels(client, ExpectedEvents(), RandomIds(SteadyClock())) as made:
        yield made


async def test_what_waits_behind_a_failed_announcement_is_said(helpers: HelperChannels, said: Said) -> None:
    announcer = helpers.announcer(MIX)
    with structlog.testing.capture_logs() as logged:
        for prompt in (prompts.MEETING_LOCKED, prompts.MEETING_UNLOCKED):
            announcer.put([prompt], Language.SV)
        await wait.until(lambda: said.speeches, 5, what="the second announcement is said")
    assert said.speeches == [(prompts.MEETING_UNLOCKED,)]
    assert helpers.announcer(MIX) is announcer
    assert helpers.failed == 1
    assert [one["helper"] for one in logged if one["event"] == "helper_failed"]


async def test_what_waits_behind_a_failed_whisper_is_said(helpers: HelperChannels, said: Said) -> None:
    for prompt in (prompts.MEETING_LOCKED, prompts.MEETING_UNLOCKED):
        helpers.whisper(CHANNEL, Speech((prompt,), Language.SV))
    await wait.until(lambda: said.speeches, 5, what="the second whisper is said")
    await asyncio.sleep(0)
    helpers.whisper(CHANNEL, Speech((prompts.MEETING_LOCKED,), Language.SV))
    await wait.until(lambda: len(said.speeches) == 2, 5, what="a later whisper is said")
