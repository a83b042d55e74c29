"""What is said into a meeting while it goes on: to all over a lasting announcer leg, to one over a snoop channel."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from bridge.ari import model, names
from bridge.ari.client import AriClient
from bridge.ari.errors import AriConflict, AriError, AriNotFound, AriNotInStasis, AriRefused
from bridge.ari.waits import Waits
from bridge.domain.ids import ChannelId, MixId
from bridge.domain.model import Language
from bridge.domain.prompts import Prompt
from bridge.ports import Ids

log = structlog.get_logger(__name__)

Act = Callable[[], Awaitable[None]]

ANNOUNCEMENTS_WAITING: Final = 16
WHISPERS_WAITING: Final = 4
_LONGEST_S: Final = 60.0
"""No announcement is longer; one whose end is not told of in this time is given up."""
_START_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Speech:
    prompts: tuple[Prompt, ...]
    language: Language


class SpeechQueue:
    """What waits to be said, in order. Overflow rule: the oldest waiting one is dropped, and counted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[Speech] = deque()
        self._filled = asyncio.Event()
        self.dropped = 0

    def put(self, speech: Speech) -> None:
        if len(self._waiting) >= self._limit:
            self._waiting.popleft()
            self.dropped += 1
            log.warning("speech_dropped", limit=self._limit, dropped=self.dropped)
        self._waiting.append(speech)
        self._filled.set()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self) -> Speech | None:
        """The next one, or nothing."""
        return self._waiting.popleft() if self._waiting else None

    async def next(self) -> Speech:
        """The next one, waited for."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.popleft()


@dataclass(frozen=True, slots=True)
class Voice:
    """Plays on a channel of ours and waits for the end."""

    client: AriClient
    waits: Waits
    ids: Ids

    async def say(self, channel: str, speech: Speech) -> None:
        playback = self.ids.mint("playback")
        media = [names.sound(prompt) for prompt in speech.prompts]
        with self.waits.expect(model.PlaybackFinished, playback) as finished:
            await self.client.play(channel, playback, media, speech.language.value)
            await asyncio.wait_for(finished, _LONGEST_S)


_FORMAT: Final = "slin"
"""8 kHz, as the mix. Left to itself a Local channel runs at 192 kHz, and takes the audiohooks of the first telephone in
the mix with it: each frame of his would be resampled twice, at half a per cent of a core and 10 ms of delay."""


class Announcer:
    """One mix's announcer: a Local channel whose one end (`ann-…`) is in the mix and whose other end (`ans-…`) speaks.

    Its ids derive from the mix's, so that a new controller goes on with the leg that the old one made. `run` is a task
    that the adapter owns; a leg that has gone is made anew for the next announcement, and the one that failed is said
    once more.
    """

    def __init__(self, voice: Voice, mix: MixId) -> None:
        self._voice = voice
        self._mix = mix
        self._queue = SpeechQueue(ANNOUNCEMENTS_WAITING)
        self._mouth = names.announcer_mouth(mix)
        self._speaker = names.announcer_speaker(mix)

    @property
    def dropped(self) -> int:
        return self._queue.dropped

    def put(self, prompts: Sequence[Prompt], language: Language) -> None:
        """Accepts it for later; see `SpeechQueue` for the bound."""
        self._queue.put(Speech(tuple(prompts), language))

    async def run(self) -> None:
        """Make the leg and say what comes, until cancelled."""
        await self._attempt(self._make_leg)
        while True:
            say = partial(self._voice.say, self._speaker, await self._queue.next())
            if not await self._attempt(say):
                await self._attempt(self.hang_up)
                if await self._attempt(self._make_leg):
                    await self._attempt(say)

    async def hang_up(self) -> None:
        for end in (self._mouth, self._speaker):
            try:
                await self._voice.client.hang_up(end)
            except AriNotFound:
                continue

    async def _make_leg(self) -> None:
        client, waits = self._voice.client, self._voice.waits
        if await self._has_leg():
            return
        with (
            waits.expect(model.StasisStart, self._mouth) as mouth,
            waits.expect(model.StasisStart, self._speaker) as speaker,
        ):
            try:
                await client.originate(
                    self._mouth,
                    endpoint=f"Local/{self._mix}@samband-announcer/n",
                    app_args=names.ANNOUNCER_MOUTH,
                    other_channel=self._speaker,
                    formats=_FORMAT,
                )
            except AriConflict:
                return
            await asyncio.wait_for(mouth, _START_S)
            await client.add_channel(self._mix, self._mouth)
            await asyncio.wait_for(speaker, _START_S)

    async def _has_leg(self) -> bool:
        """Asked first, since a Local channel refused for its id leaves Asterisk unable to stop in order."""
        present = {channel.id for channel in await self._voice.client.channels()}
        return self._mouth in present and self._speaker in present

    async def _attempt(self, act: Act) -> bool:
        try:
            await act()
        except (AriError, TimeoutError) as error:
            log.warning("announcer_failed", mix=self._mix, reason=str(error) or "no answer in time")
            return False
        return True


class Whisperer:
    """What is whispered to one channel, through a snoop channel that lives while there is something to say."""

    def __init__(self, voice: Voice, channel: ChannelId) -> None:
        self._voice = voice
        self._channel = channel
        self._queue = SpeechQueue(WHISPERS_WAITING)
        self.snoop = ""
        """The channel that whispers now."""

    @property
    def dropped(self) -> int:
        return self._queue.dropped

    def put(self, prompts: Sequence[Prompt], language: Language) -> None:
        """Accepts it for later; see `SpeechQueue` for the bound."""
        self._queue.put(Speech(tuple(prompts), language))

    async def run(self) -> None:
        """Say what waits, then end. A channel that has gone takes what was meant for it along."""
        while self._queue.waiting:
            try:
                await self._say_all()
            except (AriNotFound, AriNotInStasis, AriRefused):
                self._queue.clear()
                log.info("whisper_listener_gone", channel=self._channel)
            except (AriError, TimeoutError) as error:
                self._queue.clear()
                log.warning("whisper_failed", channel=self._channel, reason=str(error) or "no answer in time")
            finally:
                await self._hang_up()

    async def _say_all(self) -> None:
        self.snoop = names.snoop(self._voice.ids.mint("channel"))
        with self._voice.waits.expect(model.StasisStart, self.snoop) as started:
            await self._voice.client.snoop(self._channel, self.snoop, names.WHISPER)
            await asyncio.wait_for(started, _START_S)
        while (speech := self._queue.take()) is not None:
            await self._voice.say(self.snoop, speech)

    async def _hang_up(self) -> None:
        try:
            await self._voice.client.hang_up(self.snoop)
        except AriError as error:
            if not isinstance(error, AriNotFound):
                log.warning("whisper_not_hung_up", channel=self.snoop, reason=str(error))
