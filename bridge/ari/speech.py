"""Speech into a meeting while it goes on. Everybody hears it over a lasting announcer leg, one person over a snoop
channel."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog

from bridge.ari import clips, model, names
from bridge.ari.client import AriClient
from bridge.ari.ears import Ears
from bridge.ari.errors import AriConflict, AriError, AriNotFound, AriNotInStasis, AriRefused
from bridge.ari.expected_events import ExpectedEvents
from bridge.domain.kernel.ids import ChannelId, MixId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.ports import Ids

log = structlog.get_logger(__name__)

Act = Callable[[], Awaitable[None]]

ANNOUNCEMENTS_WAITING: Final = 16
WHISPERS_WAITING: Final = 8
COURTESY_S: Final = 6.0
"""A courtesy that could not be said in this time is not said."""
_LONGEST_S: Final = 60.0
"""A speech whose end is not told of in this time is given up. One of many phrases gets `_PHRASE_S` for each."""
_PHRASE_S: Final = 6.0
_START_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Speech:
    prompts: tuple[Prompt, ...]
    language: Language
    manner: Manner = Manner.SAID
    said: Callable[[], None] | None = None
    """Called when it has been whispered to its end."""

    @property
    def longest_s(self) -> float:
        longest_clips_s = sum(clips.LONGEST_S for one in self.prompts if clips.is_one(one))
        return max(_LONGEST_S, _PHRASE_S * len(self.prompts)) + longest_clips_s


_ONCE_ONLY: Final = frozenset({Manner.COURTESY, Manner.READ_OUT})
"""Later they would say nothing of use."""
_DROPPED_FIRST: Final = (Manner.COURTESY, Manner.READ_OUT, Manner.SAID, Manner.VITAL)


class SpeechQueue:
    """Phrases that wait to be said, in order. Overflow rule: the oldest of those that matter least is dropped, and
    counted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[Speech] = deque()
        self._filled = asyncio.Event()
        self.dropped = 0

    def put(self, speech: Speech) -> None:
        if len(self._waiting) >= self._limit:
            least = min(self._waiting, key=lambda one: _DROPPED_FIRST.index(one.manner))
            self._waiting.remove(least)
            self.dropped += 1
            if self.dropped.bit_count() == 1:  # 1, 2, 4, 8 …: a room that fills would write a line for each
                log.warning("speech_dropped", limit=self._limit, dropped=self.dropped)
        self._waiting.append(speech)
        self._filled.set()

    def put_back(self, speech: Speech) -> None:
        """It is the next one again, above the bound by one at most."""
        self._waiting.appendleft(speech)
        self._filled.set()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()

    def take_out(self, manner: Manner) -> None:
        """Those of one manner will not be said."""
        self._waiting = deque(one for one in self._waiting if one.manner is not manner)

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
    waits: ExpectedEvents
    ids: Ids
    ears: Ears
    _stopping: set[asyncio.Task[None]] = field(default_factory=set)
    _hushed: dict[str, bool] = field(default_factory=dict)
    """Playbacks under way → whether they are to be said no further."""

    async def say(self, channel: str, speech: Speech, playback: str | None = None) -> None:
        """Until its end, as Asterisk tells of it.

        Raises:
            AriError: It cannot be said, or events were lost, and with them its end perhaps.
            TimeoutError: No end was told of in `longest_s`; it is stopped.
        """
        playback = playback or self.ids.mint("playback")
        media = [names.sound(prompt) for prompt in speech.prompts]
        self._hushed[playback] = False
        try:
            with self.waits.expect(model.PlaybackFinished, playback) as finished:
                await self.client.play(channel, playback, media, speech.language.value)
                if self._hushed[playback]:  # the order to stop may have come to Asterisk before the playback did
                    await self._stop(playback)
                await asyncio.wait_for(finished, speech.longest_s)
        except TimeoutError:
            await self._stop(playback)
            raise
        finally:
            del self._hushed[playback]

    def hush(self, playback: str) -> None:
        """It is said no further; whoever waits for its end finds it."""
        if playback in self._hushed:
            self._hushed[playback] = True
        task = asyncio.create_task(self._stop(playback), name=f"ari-hush-{playback}")
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _stop(self, playback: str) -> None:
        """One that has ended is no error."""
        try:
            await self.client.stop_playback(playback)
        except AriError as error:
            log.info("speech_not_stopped", playback=playback, reason=str(error))


_FORMAT: Final = "slin"
"""8 kHz, as the mix. Left to itself a Local channel runs at 192 kHz. It takes the audiohooks of the first telephone in
the mix with it. Each frame of that telephone would be resampled twice. That costs half a per cent of a core and 10 ms
of delay."""


class Announcer:
    """One mix's announcer: a Local channel. One end (`ann-…`) is in the mix, the other (`ans-…`) speaks.

    Its ids derive from the mix's, so that a new controller goes on with the old controller's leg. The adapter owns the
    task of `run`. A leg that has gone is made anew for the next announcement, and a failed announcement is said once
    more.
    """

    def __init__(self, voice: Voice, mix: MixId) -> None:
        self._voice = voice
        self._mix = mix
        self._queue = SpeechQueue(ANNOUNCEMENTS_WAITING)
        self._mouth = names.announcer_mouth(mix)
        self._speaker = names.announcer_speaker(mix)
        self._playback: str | None = None
        """The one that is said now."""
        self._is_void = False
        """Something vital has come before the one in hand."""

    @property
    def dropped(self) -> int:
        return self._queue.dropped

    def put(self, prompts: Sequence[Prompt], language: Language, manner: Manner = Manner.SAID) -> None:
        """Accepts it for later; see `SpeechQueue` for the bound. The vital is said at once, and nothing before it."""
        before, is_vital = self._queue.waiting, manner is Manner.VITAL
        if is_vital:
            self._queue.clear()
            self._is_void = True
            if self._playback is not None:
                self._voice.hush(self._playback)
        self._queue.put(Speech(tuple(prompts), language, manner))
        self._voice.ears.expect(self._mix, self._queue.waiting - before, at_once=is_vital)

    async def run(self) -> None:
        """Make the leg and say what comes, until cancelled."""
        await self._attempt(self._make_leg)
        while True:
            speech = await self._queue.next()
            self._is_void = False
            try:
                await self._announce(speech)
            finally:
                await self._voice.ears.said(self._mix)

    async def forget(self) -> None:
        """Nothing more is said: no whisper waits for what was still to come."""
        await self._voice.ears.said(self._mix, self._queue.waiting)
        self._queue.clear()

    async def _announce(self, speech: Speech) -> None:
        say = partial(self._say, speech)
        async with self._voice.ears.announcing(self._mix):
            if self._is_void or await self._attempt(say):
                return
            await self._attempt(self.hang_up)
            if await self._attempt(self._make_leg) and not self._is_void:
                await self._attempt(say)

    async def _say(self, speech: Speech) -> None:
        self._playback = self._voice.ids.mint("playback")
        try:
            await self._voice.say(self._speaker, speech, self._playback)
        finally:
            self._playback = None

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
    """Whispers to one channel, through a snoop channel that lives while there is something to say.

    A failed whisper is said once more, and what waits behind it is kept. Two failures one after another end all: the
    line is out of reach. A courtesy and what is read out are not said again.
    """

    def __init__(self, voice: Voice, channel: ChannelId) -> None:
        self._voice = voice
        self._channel = channel
        self._queue = SpeechQueue(WHISPERS_WAITING)
        self.snoop = ""
        """The channel that whispers now."""
        self._playback: str | None = None
        """The one that is said now."""
        self._is_read = False
        """Whether it is read out, and ends for the next."""
        self._in_hand: Speech | None = None
        self._failures = 0
        """One after another."""

    @property
    def dropped(self) -> int:
        return self._queue.dropped

    def put(self, speech: Speech) -> None:
        """Accepts it for later; see `SpeechQueue` for the bound."""
        if speech.manner is Manner.READ_OUT:
            self._queue.take_out(Manner.READ_OUT)
            if self._is_read:
                self._hush()
        if speech.prompts:
            self._queue.put(speech)

    def _hush(self) -> None:
        if self._playback is not None:
            self._voice.hush(self._playback)
            self._playback = None

    async def run(self) -> None:
        """Say what waits, then end. A channel that has gone takes what was meant for it along."""
        while self._queue.waiting:
            try:
                await self._say_all()
            except (AriNotFound, AriNotInStasis, AriRefused):
                self._queue.clear()
                log.info("whisper_listener_gone", channel=self._channel)
            except (AriError, TimeoutError) as error:
                again = self._keep_for_another_try()
                reason = str(error) or "no answer in time"
                log.warning("whisper_failed", channel=self._channel, reason=reason, again=again)
            finally:
                await self._hang_up()

    def _keep_for_another_try(self) -> bool:
        """Whether there is one."""
        self._failures += 1
        if self._failures > 1:
            self._queue.clear()
            return False
        if self._in_hand is not None and self._in_hand.manner not in _ONCE_ONLY:
            self._queue.put_back(self._in_hand)
        self._in_hand = None
        return self._queue.waiting > 0

    async def _say_all(self) -> None:
        self.snoop = names.snoop(self._voice.ids.mint("channel"))
        with self._voice.waits.expect(model.StasisStart, self.snoop) as started:
            await self._voice.client.snoop(self._channel, self.snoop, names.WHISPER)
            await asyncio.wait_for(started, _START_S)
        while (speech := self._queue.take()) is not None:
            self._in_hand = speech
            await self._say(speech)
            self._in_hand, self._failures = None, 0

    async def _say(self, speech: Speech) -> None:
        """At the ear's next free moment. A courtesy that comes too late is not said."""
        within_s = COURTESY_S if speech.manner is Manner.COURTESY else None
        is_read = speech.manner is Manner.READ_OUT
        turn = self._voice.ears.whispering(self._channel, self._hush, is_long=is_read, within_s=within_s)
        async with turn as may_be_said:
            if not may_be_said:
                log.info("courtesy_not_said", channel=self._channel)
                return
            self._playback = playback = self._voice.ids.mint("playback")
            self._is_read = is_read
            try:
                await self._voice.say(self.snoop, speech, playback)
            except (AriError, TimeoutError):
                await self._hang_up()  # while it still has the turn: it may go on in Asterisk
                raise
        is_whole, self._playback = self._playback == playback, None
        if is_whole and speech.said is not None:
            speech.said()

    async def _hang_up(self) -> None:
        try:
            await self._voice.client.hang_up(self.snoop)
        except AriError as error:
            if not isinstance(error, AriNotFound):
                log.warning("whisper_not_hung_up", channel=self.snoop, reason=str(error))
