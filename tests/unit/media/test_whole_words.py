"""A word is whole when its end, dying away, is on the air too. That holds however late it is sent, and whatever cuts
it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ, Samples
from bridge.media.path import Began, Drained
from tests.unit.media.sound import Driven, assert_complete, frames, pause, phrase, plain

LONG_TALK_S = 6.0
"""Without a pause, sound quieter than speech is taken for the line's noise. That noise is learned up to -40 dBFS."""


def word(number: int, duration_s: float, end_s: float, dying_db: float) -> Samples:
    """A phrase at -20 dBFS whose last part dies away."""
    sound = phrase(number, duration_s).astype(np.float64)
    sound[-round(end_s * RATE_HZ) :] *= 10 ** (dying_db / 20)
    return np.asarray(np.rint(sound), np.int16)


class Talkgroup:
    """The path as the domain drives it. The domain asks when speech began, is granted after a while, is cut, lets go
    when all is out. Times are in steps of 20 ms."""

    def __init__(self, grant: int, cut: int, rest: int) -> None:
        self.driven = Driven(plain())
        self._grant, self._cut, self._rest = grant, cut, rest
        self._asked: int | None = None
        self._sent = 0
        self._resting = 0
        self.transmissions = 0

    def step(self, frame: Samples | None, elapsed_samples: int = FRAME_SAMPLES) -> None:
        events = self.driven.step(frame, elapsed_samples)
        self._resting = max(0, self._resting - 1)
        if Began() in events:
            self._asked = 0
        if self.driven.path.sending:
            self._sent += 1
            if Drained() in events or self._sent >= self._cut:
                self.driven.path.hold_voice()
                self._resting = self._rest
        elif self._asked is not None and not self._resting:
            self._asked += 1
            if self._asked > self._grant:
                self._asked, self._sent = None, 0
                self.transmissions += 1
                self.driven.send_voice()

    def says(self, sound: Samples) -> None:
        for frame in frames(sound):
            self.step(frame)

    def is_quiet(self, seconds: float) -> None:
        self.says(pause(seconds, seed=self.driven.steps))


@pytest.mark.parametrize("grant", [0, 20, 100], ids=lambda steps: f"granted after {20 * steps} ms")
@pytest.mark.parametrize("end_s", [0.02, 0.03, 0.06, 0.1])
def test_the_end_of_a_long_talk_is_sent_too_however_late_it_is(grant: int, end_s: float) -> None:
    talkgroup = Talkgroup(grant=grant, cut=10_000, rest=0)
    talkgroup.is_quiet(1.0)
    said = word(3, LONG_TALK_S, end_s, dying_db=-16)
    talkgroup.says(said)
    talkgroup.is_quiet(5.0)
    assert_complete([said], talkgroup.driven.radio)
    assert talkgroup.transmissions == 1
    assert not talkgroup.driven.path.sending, "and nothing keeps the channel after it"


@pytest.mark.parametrize("cut", range(300, 313))
def test_a_cut_in_the_dip_between_two_syllables_costs_nothing_of_it(cut: int) -> None:
    """The delay is caught up in a pause. Nothing is unsent at the cut, and the next sound begins with the dip."""
    talkgroup = Talkgroup(grant=0, cut=cut, rest=0)
    talkgroup.is_quiet(1.0)
    talkgroup.says(phrase(4, 0.5))
    talkgroup.is_quiet(0.3)
    said = phrase(3, 10.0)
    for at in range(0, said.size - 800, round(0.26 * RATE_HZ)):
        dip = said[at + 800 : at + 1440]
        dip[:] = np.rint(dip * 10 ** (-16 / 20))
    talkgroup.says(said)
    talkgroup.is_quiet(3.0)
    assert_complete([said], talkgroup.driven.radio)
    assert talkgroup.transmissions > 1


def test_noise_of_the_line_does_not_keep_the_channel() -> None:
    """A loud moment of it is nobody's word, and has no end to wait for."""
    talkgroup = Talkgroup(grant=0, cut=10_000, rest=0)
    talkgroup.is_quiet(1.0)
    talkgroup.says(phrase(3, 0.5))
    ticks = pause(3.0)
    ticks[:: RATE_HZ // 10] = 300
    talkgroup.says(ticks)
    assert not talkgroup.driven.path.sending


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(
        st.tuples(st.floats(0.2, 1.5), st.floats(0.005, 0.11), st.floats(0.02, 0.9)), min_size=1, max_size=6
    ),
    grant=st.integers(0, 60),
    cut=st.integers(20, 120),
    rest=st.integers(0, 60),
    stalls=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 30)), max_size=4),
    phase=st.integers(0, FRAME_SAMPLES - 1),
)
def test_every_word_reaches_the_air_whole_whatever_cuts_grants_and_stalls_come_between(
    words: list[tuple[float, float, float]],
    grant: int,
    cut: int,
    rest: int,
    stalls: list[tuple[int, int]],
    phase: int,
) -> None:
    """A stall holds the frames up, and they come all at once after it."""
    said = [word(number, duration_s, end_s, dying_db=-42) for number, (duration_s, end_s, _) in enumerate(words)]
    parts = [pause(1.0), pause(0.02)[:phase]]
    for one, (_, _, pause_s) in zip(said, words, strict=True):
        parts += [one, pause(pause_s)]
    talkgroup = Talkgroup(grant, cut, rest)
    held_up = dict(stalls)
    behind = 0
    for number, frame in enumerate(frames(np.concatenate(parts))):
        behind += held_up.get(number, 0)
        if behind:
            talkgroup.step(frame, FRAME_SAMPLES * behind if number in held_up else 0)
            behind -= 1
        else:
            talkgroup.step(frame)
    talkgroup.is_quiet(60.0)
    assert_complete(said, talkgroup.driven.radio)
    assert not talkgroup.driven.path.sending
