"""The voice hold loses nothing unless it says so, keeps the order, and keeps its bound."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.frame import FRAME_SAMPLES, GRAIN_SAMPLES, GRAINS_PER_FRAME, Samples
from bridge.audio.hold import HoldConfig, VoiceHold
from bridge.audio.speech import Voicing

VOICE: Voicing = (True, True, True, True)
PAUSE: Voicing = (False, False, False, False)


class Source:
    """Numbered grains: the n-th holds the value n in all its samples, so that each is known again."""

    def __init__(self) -> None:
        self.next = 1
        self.voiced: set[int] = set()

    def frame(self, voicing: Voicing = VOICE) -> Samples:
        numbers = range(self.next, self.next + GRAINS_PER_FRAME)
        self.next += GRAINS_PER_FRAME
        self.voiced.update(number for number, voiced in zip(numbers, voicing, strict=True) if voiced)
        return np.repeat(np.array(numbers, dtype=np.int16), GRAIN_SAMPLES)


def numbers(frame: Samples) -> list[int]:
    grains = frame.reshape(GRAINS_PER_FRAME, GRAIN_SAMPLES)
    assert (grains == grains[:, :1]).all(), "a grain was torn"
    return [int(number) for number in grains[:, 0]]


def take(hold: VoiceHold) -> list[int]:
    frame = hold.take()
    assert frame is not None
    return numbers(frame)


def drain(hold: VoiceHold) -> list[int]:
    out: list[int] = []
    while (frame := hold.take()) is not None:
        out += numbers(frame)
    return out


def test_what_is_held_comes_out_from_its_first_sample() -> None:
    hold, source = VoiceHold(HoldConfig()), Source()
    for _ in range(100):
        hold.keep(source.frame(), VOICE)
    assert hold.delay_ms == 2000
    assert drain(hold) == list(range(1, 401))


def test_what_was_taken_last_can_be_taken_back_and_no_more_than_that_comes_twice() -> None:
    hold, source = VoiceHold(HoldConfig(resend_ms=40)), Source()
    for _ in range(10):
        hold.keep(source.frame(), VOICE)
    for _ in range(5):
        hold.take()
    hold.take_back()
    hold.rest()
    assert drain(hold) == list(range(13, 41))


def test_what_went_out_before_the_last_pause_in_sending_is_not_taken_back() -> None:
    hold, source = VoiceHold(HoldConfig(resend_ms=40)), Source()
    hold.keep(source.frame(), VOICE)
    hold.take()
    hold.rest()
    hold.keep(source.frame(), VOICE)
    hold.take_back()
    assert drain(hold) == [5, 6, 7, 8]


def test_a_weak_beginning_before_speech_was_declared_is_kept_and_the_silence_before_it_is_not() -> None:
    hold, source = VoiceHold(HoldConfig(preroll_ms=300)), Source()
    for _ in range(30):
        hold.listen(source.frame(PAUSE), PAUSE)
    weak: Voicing = (False, False, True, True)
    hold.listen(source.frame(weak), weak)
    hold.keep(source.frame(), VOICE)
    assert take(hold) == [122, 123, 124, 125]


def test_the_preroll_goes_no_further_back_than_it_says() -> None:
    hold, source = VoiceHold(HoldConfig(preroll_ms=100)), Source()
    for _ in range(50):
        hold.listen(source.frame(), VOICE)
    hold.keep(source.frame(), VOICE)
    assert drain(hold)[0] == 201 - 100 // 5


def test_with_no_delay_everything_passes_as_it_is_pauses_too() -> None:
    hold, source = VoiceHold(HoldConfig()), Source()
    out: list[int] = []
    for index in range(200):
        voicing = VOICE if index % 100 < 30 else PAUSE
        hold.keep_sending(source.frame(voicing), voicing, talking=True)
        frame = hold.take()
        assert frame is not None
        assert hold.delay_ms == 0
        out += numbers(frame)
    assert out == list(range(1, 801))


def test_a_delay_is_caught_up_in_a_pause_and_no_word_is_touched() -> None:
    hold, source = VoiceHold(HoldConfig(kept_pause_ms=120)), Source()
    out: list[int] = []
    for _ in range(25):
        hold.keep(source.frame(), VOICE)
    for index in range(100):
        voicing = VOICE if index < 20 or index >= 70 else PAUSE
        hold.keep_sending(source.frame(voicing), voicing, talking=True)
        out += take(hold)
    assert hold.delay_ms == 0
    assert source.voiced <= set(out)
    pause_ms = 5 * sum(number not in source.voiced for number in out)
    assert pause_ms == 1000 - 500, "shortened by the delay, and no more"


def test_a_pause_is_never_shortened_below_what_is_kept() -> None:
    hold, source = VoiceHold(HoldConfig(kept_pause_ms=120)), Source()
    for voicing, count in ((VOICE, 10), (PAUSE, 100), (VOICE, 10)):
        for _ in range(count):
            hold.keep(source.frame(voicing), voicing)
    kept = [number for number in drain(hold) if number not in source.voiced]
    assert len(kept) * 5 == 120 + 5, "and the grain before the next word"


def test_beyond_the_bound_the_oldest_goes_and_is_counted() -> None:
    hold, source = VoiceHold(HoldConfig(bound_s=1.0)), Source()
    for _ in range(60):
        hold.keep(source.frame(), VOICE)
    assert hold.held_ms == 1000
    assert hold.lost_samples == 10 * FRAME_SAMPLES
    assert drain(hold)[0] == 41


def test_background_that_is_unsent_when_sending_stops_is_not_held() -> None:
    hold, source = VoiceHold(HoldConfig()), Source()
    hold.keep_sending(source.frame(PAUSE), PAUSE, talking=False)
    hold.rest()
    assert hold.held_ms == 0


def test_what_began_just_before_sending_is_sent_too() -> None:
    hold, source = VoiceHold(HoldConfig()), Source()
    hold.listen(source.frame(), VOICE)
    hold.keep_sending(source.frame(), VOICE, talking=True)
    assert drain(hold) == list(range(1, 9))


def test_forgotten_is_forgotten() -> None:
    hold, source = VoiceHold(HoldConfig()), Source()
    hold.listen(source.frame(), VOICE)
    hold.keep(source.frame(), VOICE)
    hold.forget()
    assert not hold.has_voice
    assert hold.take() is None


KEPT_PAUSE_MS = 40
VOICINGS = st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans())


class Modelled:
    """The hold driven as a path drives it, with all that it was given and gave."""

    def __init__(self, bound_s: float) -> None:
        self.hold = VoiceHold(HoldConfig(preroll_ms=100, kept_pause_ms=KEPT_PAUSE_MS, bound_s=bound_s))
        self.source = Source()
        self.sending = False
        self.given: set[int] = set()
        """Of words: voiced, or their ends dying away."""
        self.since_voice = KEPT_PAUSE_MS
        self.out: list[int] = []

    def run(self, action: str, voicing: Voicing) -> None:
        if action == "send":
            self.sending = True
        elif action == "hold":
            self.sending = False
            self.hold.rest()
        else:
            self.frame(voicing, "skip" if action == "stall" else action)

    def frame(self, voicing: Voicing, action: str) -> None:
        first = self.source.next
        frame = self.source.frame(voicing)
        if self.sending:
            self.hold.keep_sending(frame, voicing, talking=True)
        else:
            self.hold.keep(frame, voicing)
        for number in range(first, first + 4):
            self.since_voice = 0 if number in self.source.voiced else self.since_voice + 1
            if self.since_voice <= KEPT_PAUSE_MS // 5:
                self.given.add(number)
        if self.sending and action != "skip" and (taken := self.hold.take()) is not None:
            self.out += numbers(taken)


@settings(max_examples=150, deadline=None)
@given(
    actions=st.lists(st.tuples(st.sampled_from(["frame", "frame", "stall", "send", "hold"]), VOICINGS), max_size=120),
    bound_s=st.sampled_from([0.2, 1.0, 60.0]),
)
@pytest.mark.slow
def test_nothing_is_lost_unless_counted_the_order_is_kept_and_so_is_the_bound(
    actions: list[tuple[str, Voicing]], bound_s: float
) -> None:
    model = Modelled(bound_s)
    for action, voicing in actions:
        model.run(action, voicing)
        assert model.hold.held_ms <= bound_s * 1000
    left_over = model.hold.held_ms // 5
    model.out += drain(model.hold)
    assert model.out == sorted(set(model.out)), "in order, nothing twice"
    missing = model.given - set(model.out)
    assert len(missing) * GRAIN_SAMPLES <= model.hold.lost_samples + left_over % 4 * GRAIN_SAMPLES
