"""A whisper that fails is said once more: Asterisk may have been busy, or the connection to it made anew."""

from collections.abc import Sequence

import pytest

from bridge.ari import model, names
from bridge.ari.ears import Ears
from bridge.ari.errors import AriError, AriNotFound, AriUnavailable
from bridge.ari.expected_events import ExpectedEvents
from bridge.ari.speech import Speech, Voice, Whisperer
from bridge.domain.kernel.ids import ChannelId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Manner, Prompt
from bridge.engine.clock import RandomIds, SteadyClock

ONE, TWO = Prompt("waiting/together-asked"), Prompt("waiting/together")
LINE = ChannelId("ch-1")


class Line:
    """The requests of a whisper. Those that are listed fail, by their place among all of their kind."""

    def __init__(
        self, *, snoops: Sequence[type[AriError] | None] = (), plays: Sequence[type[AriError] | None] = ()
    ) -> None:
        self._fails = {"snoop": list(snoops), "play": list(plays)}
        self.said: list[str] = []
        self.waits = ExpectedEvents()

    def _may_fail(self, act: str) -> None:
        kind = self._fails[act].pop(0) if self._fails[act] else None
        if kind is not None:
            raise kind(f"POST /{act}", 0, "it was busy")

    async def snoop(self, channel: str, snoop: str, direction: str) -> None:
        self._may_fail("snoop")
        self.waits.note(model.StasisStart(model.Channel(snoop)))

    async def play(self, channel: str, playback: str, media: Sequence[str], language: str) -> None:
        self._may_fail("play")
        self.said += media
        self.waits.note(model.PlaybackFinished(model.Playback(playback)))

    async def stop_playback(self, playback: str) -> None: ...

    async def hang_up(self, channel: str) -> None: ...


async def whispered(line: Line, *speeches: Speech) -> list[str]:
    whisperer = Whisperer(Voice(line, line.waits, RandomIds(SteadyClock()), Ears(lambda channel: None)), LINE)  # type: ignore[arg-type]
    for one in speeches:
        whisperer.put(one)
    await whisperer.run()
    return line.said


def heard(*prompts: Prompt) -> list[str]:
    return [names.sound(one) for one in prompts]


def speech(prompt: Prompt, manner: Manner = Manner.SAID) -> Speech:
    return Speech((prompt,), Language.SV, manner)


async def test_a_whisper_is_said_once_where_all_is_well() -> None:
    assert await whispered(Line(), speech(ONE), speech(TWO)) == heard(ONE, TWO)


@pytest.mark.parametrize("line", [Line(snoops=[AriUnavailable]), Line(plays=[AriUnavailable])])
async def test_one_that_fails_is_said_in_the_second_try_and_those_behind_it_in_their_order(line: Line) -> None:
    assert await whispered(line, speech(ONE), speech(TWO)) == heard(ONE, TWO)


async def test_two_failures_one_after_another_end_all_that_waits() -> None:
    line = Line(plays=[AriUnavailable, AriUnavailable])
    assert await whispered(line, speech(ONE), speech(TWO)) == []


async def test_each_one_has_a_second_try_of_its_own() -> None:
    line = Line(plays=[AriUnavailable, None, AriUnavailable])
    assert await whispered(line, speech(ONE), speech(TWO)) == heard(ONE, TWO)


@pytest.mark.parametrize("manner", [Manner.COURTESY, Manner.READ_OUT])
async def test_a_courtesy_and_what_is_read_out_are_not_said_later(manner: Manner) -> None:
    line = Line(plays=[AriUnavailable])
    assert await whispered(line, speech(ONE, manner), speech(TWO)) == heard(TWO)


async def test_a_line_that_has_gone_takes_what_was_meant_for_it_along() -> None:
    line = Line(snoops=[AriNotFound])
    assert await whispered(line, speech(ONE), speech(TWO)) == []
