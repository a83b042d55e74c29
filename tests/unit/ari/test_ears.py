"""One voice at a time at one ear: announcements first, then whispers, and what matters least is dropped first."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bridge.ari import ears as product
from bridge.ari import model
from bridge.ari import speech as speeches
from bridge.ari.client import AriClient
from bridge.ari.ears import Ears
from bridge.ari.expected_events import ExpectedEvents
from bridge.ari.speech import Announcer, Speech, SpeechQueue, Voice, Whisperer
from bridge.domain.conference import prompts
from bridge.domain.kernel.ids import ChannelId, MixId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.engine.clock import RandomIds, SteadyClock
from tests.harness import wait

MIX, OTHER = MixId("mix-1"), MixId("mix-2")
ANNA, BO = ChannelId("leg-anna"), ChannelId("leg-bo")
WHERE = {ANNA: MIX, BO: OTHER}
SV = Language.SV


def speech(prompt: Prompt, manner: Manner = Manner.SAID) -> Speech:
    return Speech((prompt,), SV, manner)


# --- the queue ---


def held(queue: SpeechQueue) -> list[tuple[Prompt, ...]]:
    found = []
    while (one := queue.take()) is not None:
        found.append(one.prompts)
    return found


def test_a_full_queue_drops_courtesies_then_what_is_read_out_then_the_oldest_and_the_vital_last() -> None:
    queue = SpeechQueue(3)
    queue.put(speech(prompts.FLOOR_YOURS, Manner.VITAL))
    queue.put(speech(prompts.HELP_STAR_6, Manner.READ_OUT))
    queue.put(speech(prompts.MUTED_TALKING, Manner.COURTESY))
    queue.put(speech(prompts.MUTED))
    queue.put(speech(prompts.UNMUTED))
    assert queue.dropped == 2
    queue.put(speech(prompts.MUTED_ALL))
    assert held(queue) == [(prompts.FLOOR_YOURS,), (prompts.UNMUTED,), (prompts.MUTED_ALL,)]


def test_a_queue_of_vital_words_alone_keeps_its_bound() -> None:
    queue = SpeechQueue(2)
    for prompt in (prompts.FLOOR_YOURS, prompts.FLOOR_TAKEN, prompts.FLOOR_YOURS):
        queue.put(speech(prompt, Manner.VITAL))
    assert held(queue) == [(prompts.FLOOR_TAKEN,), (prompts.FLOOR_YOURS,)]


def test_a_long_speech_gets_the_time_that_it_takes() -> None:
    assert Speech((prompts.MUTED,) * 60, SV).longest_s > 300 > Speech((prompts.MUTED,), SV).longest_s


# --- the ear ---


async def test_an_ear_is_free_when_the_announcements_in_its_mix_are_over() -> None:
    ears = Ears(WHERE.get)
    ears.expect(MIX)
    ears.expect(MIX)
    assert ears.is_free(BO)
    await ears.said(MIX)
    assert not ears.is_free(ANNA)
    await ears.said(MIX)
    assert ears.is_free(ANNA)


class Hours:
    """The loop's clock, which jumps when told to. What was to happen meanwhile happens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        now_s, self._passed_s = loop.time, 0.0
        monkeypatch.setattr(loop, "time", lambda: now_s() + self._passed_s)

    async def passes(self, seconds: float) -> None:
        self._passed_s += seconds
        for _ in range(20):
            await asyncio.sleep(0)


@pytest.fixture
async def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    return Hours(monkeypatch)


async def test_an_announcement_waits_for_the_end_of_the_whispers_in_its_mix_however_long_that_takes(
    hours: Hours,
) -> None:
    ears, order = Ears(WHERE.get), list[str]()

    async def announce() -> None:
        async with ears.announcing(MIX):
            order.append("announced")

    async with ears.whispering(BO, ignored), ears.whispering(ANNA, ignored):
        task = asyncio.create_task(announce())
        await hours.passes(0)
        await hours.passes(50)
        order.append("whispered")
    await task
    assert order == ["whispered", "announced"]
    async with ears.whispering(BO, ignored):
        await asyncio.wait_for(announce(), 1)


def ignored() -> None:
    """Nobody ends this whisper."""


# --- the voices themselves ---


class Heard:
    """In place of Asterisk: what is begun and ended on which channel, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: list[tuple[str, str]] = []
        self.hold: dict[Prompt, asyncio.Event] = {}
        self.stopped: list[str] = []
        self._playing: dict[str, Prompt] = {}
        ids = RandomIds(SteadyClock())
        self.ears = Ears(WHERE.get)
        client = AriClient("http://127.0.0.1:9/ari", "samband", "none", "samband")
        self.voice = Voice(client, ExpectedEvents(), ids, self.ears)

        async def say(_voice: Voice, channel: str, one: Speech, playback: str | None = None) -> None:
            self._playing[playback or ""] = one.prompts[0]
            self.lines.append(("begins", one.prompts[0]))
            if one.prompts[0] in self.hold:
                await self.hold[one.prompts[0]].wait()
            self.lines.append(("ends", one.prompts[0]))

        async def say_all(whisperer: Whisperer) -> None:
            while (one := whisperer._queue.take()) is not None:
                await whisperer._say(one)

        async def stop_playback(playback: str) -> None:
            self.stopped.append(playback)
            self.hold[self._playing[playback]].set()

        async def nothing(_self: object) -> None:
            return None

        monkeypatch.setattr(Voice, "say", say)
        monkeypatch.setattr(Whisperer, "_say_all", say_all)
        monkeypatch.setattr(Whisperer, "_hang_up", nothing)
        monkeypatch.setattr(Announcer, "_make_leg", nothing)
        monkeypatch.setattr(client, "stop_playback", stop_playback)

    def holds(self, *held_back: Prompt) -> None:
        self.hold.update({prompt: asyncio.Event() for prompt in held_back})

    async def until(self, *line: str) -> None:
        await wait.until(lambda: line in self.lines, 5, what=str(line))


def whispers(heard: Heard, *said: Speech) -> tuple[Whisperer, asyncio.Task[None]]:
    whisperer = Whisperer(heard.voice, ANNA)
    for one in said:
        whisperer.put(one)
    return whisperer, asyncio.create_task(whisperer.run())


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    return Heard(monkeypatch)


async def announcer_of(heard: Heard, said: Sequence[Prompt]) -> tuple[Announcer, asyncio.Task[None]]:
    announcer = Announcer(heard.voice, MIX)
    for prompt in said:
        announcer.put([prompt], SV)
    return announcer, asyncio.create_task(announcer.run())


async def test_a_whisper_begins_when_the_announcement_has_ended(heard: Heard) -> None:
    heard.holds(prompts.MEETING_LOCKED)
    _, announcing = await announcer_of(heard, [prompts.MEETING_LOCKED])
    await heard.until("begins", prompts.MEETING_LOCKED)
    _, whispering = whispers(heard, speech(prompts.FLOOR_YOURS, Manner.VITAL))
    await asyncio.sleep(0.02)
    assert ("begins", prompts.FLOOR_YOURS) not in heard.lines
    heard.hold[prompts.MEETING_LOCKED].set()
    await whispering
    announcing.cancel()
    assert heard.lines == [
        ("begins", prompts.MEETING_LOCKED),
        ("ends", prompts.MEETING_LOCKED),
        ("begins", prompts.FLOOR_YOURS),
        ("ends", prompts.FLOOR_YOURS),
    ]


async def test_a_whisper_begins_in_no_announcement_however_long_it_lasts_and_comes_before_the_next(
    heard: Heard, hours: Hours
) -> None:
    first, second = prompts.MEETING_LOCKED, prompts.MEETING_UNLOCKED
    heard.holds(first, second, prompts.FLOOR_YOURS)
    _, announcing = await announcer_of(heard, [first, second])
    await heard.until("begins", first)
    _, whispering = whispers(heard, speech(prompts.FLOOR_YOURS, Manner.VITAL), speech(prompts.MUTED))
    await hours.passes(0)
    await hours.passes(product.WHISPER_WAITS_S + 1)
    assert heard.lines == [("begins", first)]
    heard.hold[first].set()
    await heard.until("begins", prompts.FLOOR_YOURS)
    await hours.passes(0)
    await hours.passes(50)
    assert heard.lines == [("begins", first), ("ends", first), ("begins", prompts.FLOOR_YOURS)]
    heard.hold[prompts.FLOOR_YOURS].set()
    await heard.until("begins", second)
    await hours.passes(0)
    assert ("begins", prompts.MUTED) not in heard.lines, "the next whisper has a wait of its own"
    heard.hold[second].set()
    await whispering
    announcing.cancel()


async def test_whispers_whose_time_comes_one_after_the_other_do_not_keep_an_announcement_waiting(
    hours: Hours,
) -> None:
    """Each listener's overdue whisper is let in once, before the announcement; a later one comes after it."""
    ears = Ears(lambda _: MIX)
    order: list[str] = []
    spoken, whispered = asyncio.Event(), asyncio.Event()

    async def announce(name: str, until: asyncio.Event) -> None:
        ears.expect(MIX)
        async with ears.announcing(MIX):
            order.append(name)
            await until.wait()
        await ears.said(MIX)

    async def whisper(channel: ChannelId, until: asyncio.Event) -> None:
        async with ears.whispering(channel, ignored):
            order.append(channel)
            await until.wait()

    first = asyncio.create_task(announce("first", spoken))
    await hours.passes(0)
    one = asyncio.create_task(whisper(ANNA, whispered))
    await hours.passes(0)
    await hours.passes(product.WHISPER_WAITS_S / 2)
    ears.expect(MIX)
    other = asyncio.create_task(whisper(BO, whispered))
    await hours.passes(0)
    await hours.passes(product.WHISPER_WAITS_S / 2 + 1)
    spoken.set()
    second = asyncio.create_task(announce("second", spoken))
    await hours.passes(0)
    await hours.passes(product.WHISPER_WAITS_S)
    assert order == ["first", ANNA]
    whispered.set()
    await asyncio.gather(first, second, one, other)
    assert order == ["first", ANNA, "second", BO]


async def test_a_listener_who_is_moved_out_of_a_mix_of_announcements_hears_the_whisper_there(hours: Hours) -> None:
    where = {ANNA: MIX}
    ears, said = Ears(where.get), asyncio.Event()
    ears.expect(MIX)

    async def whisper() -> None:
        async with ears.whispering(ANNA, ignored):
            said.set()

    task = asyncio.create_task(whisper())
    await hours.passes(0)
    where[ANNA] = OTHER
    await hours.passes(product.LOOK_S)
    await asyncio.wait_for(said.wait(), 1)
    await task


async def test_the_farewell_comes_before_an_announcement_that_still_waits_for_a_whisper(heard: Heard) -> None:
    heard.holds(prompts.FLOOR_YOURS)
    _, whispering = whispers(heard, speech(prompts.FLOOR_YOURS))
    await heard.until("begins", prompts.FLOOR_YOURS)
    announcer, announcing = await announcer_of(heard, [prompts.MEETING_LOCKED])
    await wait.until(lambda: announcer._queue.waiting == 0, 5, what="it is in hand")
    announcer.put([prompts.MEETING_ENDED], SV, Manner.VITAL)
    await heard.until("ends", prompts.MEETING_ENDED)
    await whispering
    announcing.cancel()
    assert ("begins", prompts.MEETING_LOCKED) not in heard.lines


async def test_a_courtesy_that_comes_too_late_is_not_said_and_other_whispers_are(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speeches, "COURTESY_S", 0.01)
    heard.ears.expect(MIX)
    said = (speech(prompts.MUTED_TALKING, Manner.COURTESY), speech(prompts.MUTED))
    _, whispering = whispers(heard, *said)
    await asyncio.sleep(0.05)
    await heard.ears.said(MIX)
    await whispering
    assert heard.lines == [("begins", prompts.MUTED), ("ends", prompts.MUTED)]


async def test_what_is_read_out_ends_at_the_listeners_next_key(heard: Heard) -> None:
    heard.holds(prompts.HELP_STAR_6)
    whisperer, whispering = whispers(heard, speech(prompts.HELP_STAR_6, Manner.READ_OUT))
    await heard.until("begins", prompts.HELP_STAR_6)
    whisperer.put(Speech((), SV, Manner.READ_OUT))
    whisperer.put(speech(prompts.MUTED))
    await whispering
    assert len(heard.stopped) == 1
    assert heard.lines[-1] == ("ends", prompts.MUTED)


async def test_what_is_read_out_ends_for_an_announcement(heard: Heard) -> None:
    heard.holds(prompts.HELP_STAR_6)
    _, whispering = whispers(heard, speech(prompts.HELP_STAR_6, Manner.READ_OUT))
    await heard.until("begins", prompts.HELP_STAR_6)
    _, announcing = await announcer_of(heard, [prompts.MEETING_LOCKED])
    await heard.until("ends", prompts.MEETING_LOCKED)
    await whispering
    announcing.cancel()
    assert heard.lines.index(("ends", prompts.HELP_STAR_6)) < heard.lines.index(("begins", prompts.MEETING_LOCKED))


async def test_the_farewell_waits_for_nothing_and_ends_what_is_said(heard: Heard) -> None:
    """The lines are hung up some seconds later: a farewell that waits would not be heard to its end."""
    heard.holds(prompts.MEETING_ALONE, prompts.MEETING_LOCKED)
    _, whispering = whispers(heard, speech(prompts.MEETING_ALONE))
    await heard.until("begins", prompts.MEETING_ALONE)
    announcer, announcing = await announcer_of(heard, [])
    announcer.put([prompts.MEETING_ENDED], SV, Manner.VITAL)
    await heard.until("ends", prompts.MEETING_ENDED)
    await whispering
    announcer.put([prompts.MEETING_LOCKED], SV)
    await heard.until("begins", prompts.MEETING_LOCKED)
    announcer.put([prompts.MEETING_UNLOCKED], SV)
    announcer.put([prompts.MEETING_ENDED], SV, Manner.VITAL)
    await wait.until(lambda: heard.lines[-1] == ("ends", prompts.MEETING_ENDED), 5, what="the farewell")
    await wait.until(lambda: heard.ears.is_free(ANNA), 5, what="nothing is left to be said")
    announcing.cancel()
    assert ("begins", prompts.MEETING_UNLOCKED) not in heard.lines


async def test_a_short_whisper_is_ended_by_no_key(heard: Heard) -> None:
    heard.holds(prompts.FLOOR_YOURS)
    whisperer, whispering = whispers(heard, speech(prompts.FLOOR_YOURS, Manner.VITAL))
    await heard.until("begins", prompts.FLOOR_YOURS)
    whisperer.put(Speech((), SV, Manner.READ_OUT))
    heard.hold[prompts.FLOOR_YOURS].set()
    await whispering
    assert heard.stopped == []


async def test_an_announcer_that_is_stopped_leaves_no_ear_closed(heard: Heard) -> None:
    heard.holds(prompts.MEETING_LOCKED)
    announcer, announcing = await announcer_of(heard, [prompts.MEETING_LOCKED, prompts.MEETING_UNLOCKED])
    await heard.until("begins", prompts.MEETING_LOCKED)
    announcing.cancel()
    await asyncio.gather(announcing, return_exceptions=True)
    await announcer.forget()
    assert heard.ears.is_free(ANNA)


async def test_a_whisper_tells_that_it_was_heard_to_its_end(heard: Heard) -> None:
    told: list[str] = []
    _, whispering = whispers(heard, replace(speech(prompts.MUTED), said=lambda: told.append("said")))
    await whispering
    assert told == ["said"]


async def test_a_whisper_that_was_broken_off_does_not_count_as_heard(heard: Heard) -> None:
    told: list[str] = []
    heard.holds(prompts.MUTED)
    read = replace(speech(prompts.MUTED, Manner.READ_OUT), said=lambda: told.append("said"))
    whisperer, whispering = whispers(heard, read)
    await heard.until("begins", prompts.MUTED)
    whisperer.put(Speech((), SV, Manner.READ_OUT))
    await whispering
    assert told == []


# --- the end of a playback ---


class Line:
    """In place of Asterisk: the requests that it is given, and its word that a playback has ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.waits = ExpectedEvents()
        self.hushed_on_the_way = False
        client = AriClient("http://127.0.0.1:9/ari", "samband", "none", "samband")
        self.voice = Voice(client, self.waits, RandomIds(SteadyClock()), Ears(WHERE.get))
        monkeypatch.setattr(client, "play", self._play)
        monkeypatch.setattr(client, "stop_playback", self._stop)

    async def _play(self, _channel: str, playback: str, _media: Sequence[str], _lang: str) -> None:
        if self.hushed_on_the_way:
            self.voice.hush(playback)
            await wait.until(lambda: self.asked == ["stop"], 5, what="the order to stop is there first")
        self.asked.append("play")

    async def _stop(self, playback: str) -> None:
        self.asked.append("stop")
        if "play" in self.asked:
            self.waits.note(model.PlaybackFinished(model.Playback(playback)))


async def test_a_playback_whose_end_is_never_told_of_is_stopped_before_the_next_may_speak(
    monkeypatch: pytest.MonkeyPatch, hours: Hours
) -> None:
    line = Line(monkeypatch)
    saying = asyncio.create_task(line.voice.say(ANNA, speech(prompts.MUTED)))
    await hours.passes(0)
    await hours.passes(speech(prompts.MUTED).longest_s + 1)
    with pytest.raises(TimeoutError):
        await saying
    assert line.asked == ["play", "stop"]


async def test_an_order_to_stop_that_overtakes_its_playback_stops_it_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = Line(monkeypatch)
    line.hushed_on_the_way = True
    await asyncio.wait_for(line.voice.say(ANNA, speech(prompts.MUTED)), 5)
    assert line.asked == ["stop", "play", "stop"]
