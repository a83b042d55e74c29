"""Words for the talkgroup alone go out whole, ahead of the meeting and never mixed with it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio.frame import FRAME_SAMPLES, Samples
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.phrases import Prompt
from bridge.media.notices import MOST_SAID, NoticeQueue, UnsayableError, read_notice
from bridge.media.path import Began, Cut, Drained, Said
from tests.harness import align
from tests.unit.media.sound import Driven, assert_complete, frames, pause, phrase, plain


def notice(number: int, duration_s: float = 1.0) -> Samples:
    return phrase(20 + number, duration_s)


# --- on the path ---


def test_a_notice_is_told_as_speech_and_goes_out_on_the_grant_whole() -> None:
    driven = Driven()
    driven.path.say(notice(1))
    driven.quiet(1.0)
    assert driven.events == [Began()]
    assert driven.to_radio == []
    driven.send_voice()
    driven.quiet(2.0)
    assert driven.events == [Began(), Said(), Drained()]
    assert_complete([notice(1)], driven.radio)


def test_what_the_meeting_says_during_a_notice_follows_it_unmixed() -> None:
    driven = Driven()
    driven.path.say(notice(1, 2.0))
    driven.quiet(0.5)
    driven.send_voice()
    driven.feed(np.concatenate((phrase(1), pause(0.3), phrase(2), pause(0.3), phrase(3))))
    driven.quiet(3.0)
    assert_complete([notice(1, 2.0), phrase(1), phrase(2), phrase(3)], driven.radio)
    assert driven.path.hold.delay_ms == 0, "caught up in the pauses"


def test_a_notice_that_comes_while_somebody_is_on_the_air_goes_first_and_costs_him_no_word() -> None:
    driven = Driven()
    driven.send_voice()
    driven.quiet(0.5)
    long_phrase = phrase(4, 4.0)
    for index, frame in enumerate(frames(long_phrase)):
        if index == 60:
            driven.path.say(notice(1))
        driven.step(frame)
    driven.quiet(3.0)
    assert_complete([notice(1)], driven.radio)
    begins = align.find_exact(notice(1), driven.radio)
    assert begins is not None
    around = np.concatenate((driven.radio[:begins], driven.radio[begins + notice(1).size :]))
    assert_complete([long_phrase], around)


def test_a_notice_held_in_its_middle_goes_on_at_the_sample_where_it_stopped() -> None:
    driven = Driven()
    driven.path.say(notice(1, 3.0))
    for _ in range(3):
        driven.send_voice()
        driven.quiet(0.8)
        driven.path.hold_voice()
        driven.quiet(0.5)
    driven.send_voice()
    driven.quiet(2.0)
    assert_complete([notice(1, 3.0)], driven.radio)
    assert driven.events == [Began()] * 3 + [Said(), Drained()], "the first grant came before anything was told"


def test_dropped_speech_takes_no_notice_with_it() -> None:
    driven = Driven()
    driven.feed(np.concatenate((pause(0.5), phrase(1))))
    driven.path.say(notice(1))
    driven.path.drop_voice()
    driven.quiet(1.0)
    assert driven.events == [Began()], "nothing is drained: there are words yet"
    driven.send_voice()
    driven.quiet(2.0)
    assert_complete([notice(1)], driven.radio)
    assert align.find_exact(phrase(1)[:400], driven.radio) is None


def test_the_worker_s_own_minute_cuts_a_notice_too_and_the_rest_follows() -> None:
    driven = Driven(plain(max_transmission_s=1.0))
    driven.path.say(notice(1, 1.5))
    driven.send_voice()
    driven.quiet(2.0)
    assert driven.events == [Cut(), Began()]
    driven.send_voice()
    driven.quiet(0.9)
    assert_complete([notice(1, 1.5)], driven.radio)


def test_a_notice_goes_out_while_asterisk_sends_nothing() -> None:
    driven = Driven()
    driven.path.say(notice(1))
    driven.step(None)
    driven.send_voice()
    for _ in range(120):
        driven.step(None)
    assert driven.events == [Began(), Said(), Drained()]
    assert_complete([notice(1)], driven.radio)


def test_of_more_than_four_waiting_the_oldest_that_has_not_begun_is_dropped_and_told() -> None:
    queue = NoticeQueue()
    sounds = [notice(number, 0.1) for number in range(MOST_SAID + 2)]
    for sound in sounds[: MOST_SAID + 1]:
        queue.add(sound)
    assert queue.take_ended() == 1
    begun = queue.take()
    assert begun is not None
    assert np.array_equal(begun, sounds[1][:FRAME_SAMPLES]), "the oldest was dropped"
    queue.add(sounds[-1])
    assert queue.take_ended() == 0, "the one that is being said does not count as waiting"
    queue.add(notice(9, 0.1))
    assert queue.take_ended() == 1
    assert queue.dropped == 2
    rest = [begun]
    while (frame := queue.take()) is not None:
        rest.append(frame)
    expected = [sounds[1], *sounds[3:], notice(9, 0.1)]
    assert np.array_equal(np.concatenate(rest), np.concatenate(expected))


@settings(max_examples=40, deadline=None)
@given(commands=st.lists(st.tuples(st.integers(1, 40), st.sampled_from(["send", "hold", "drop", "say"])), max_size=10))
@pytest.mark.slow
def test_whatever_is_commanded_every_notice_goes_out_once_and_whole_or_is_told_as_dropped(
    commands: list[tuple[int, str]],
) -> None:
    driven = Driven()
    said: list[Samples] = []
    for after, command in commands:
        driven.quiet(after * 0.02)
        match command:
            case "send":
                driven.send_voice()
            case "hold":
                driven.path.hold_voice()
            case "drop":
                driven.path.drop_voice()
            case _ if len(said) < MOST_SAID:
                said.append(notice(len(said), 0.4))
                driven.path.say(said[-1])
    driven.send_voice()
    driven.quiet(3.0)
    assert_complete(said, driven.radio)
    assert driven.events.count(Said()) == len(said)


# --- armed and disarmed ---


def test_disarmed_the_meeting_is_not_taken_for_the_air() -> None:
    driven = Driven()
    driven.path.arm(False)
    driven.feed(np.concatenate((pause(0.5), phrase(1), pause(1.0))))
    assert driven.events == []
    driven.send_voice()
    driven.quiet(1.0)
    assert driven.to_radio == []


def test_disarming_keeps_what_was_said_before_and_takes_nothing_new() -> None:
    driven = Driven()
    driven.feed(np.concatenate((pause(0.5), phrase(1))))
    driven.path.arm(False)
    driven.feed(phrase(2))
    assert driven.events == [Began()]
    driven.send_voice()
    driven.quiet(2.0)
    assert_complete([phrase(1)], driven.radio)
    assert align.find_exact(phrase(2)[1600:2000], driven.radio) is None
    assert driven.events == [Began(), Drained()]


def test_disarmed_in_the_middle_of_a_transmission_it_drains_when_what_was_said_before_is_out() -> None:
    driven = Driven()
    driven.feed(np.concatenate((pause(0.5), phrase(1, 2.0))))
    driven.send_voice()
    driven.feed(phrase(2, 0.5))
    driven.path.arm(False)
    driven.feed(phrase(3, 4.0))
    assert_complete([phrase(1, 2.0), phrase(2, 0.5)], driven.radio)
    assert align.find_exact(phrase(3, 4.0)[1600:2000], driven.radio) is None
    assert driven.events == [Began(), Drained()]


@given(at=st.integers(20, 48))
@settings(max_examples=15, deadline=None)
def test_armed_in_the_middle_of_words_they_are_taken_from_the_pre_roll_on(at: int) -> None:
    driven = Driven(plain(preroll_ms=300))
    driven.path.arm(False)
    driven.quiet(0.5)
    said = phrase(1, 1.0)
    for index, frame in enumerate(frames(said)):
        if index == at:
            driven.path.arm(True)
        driven.step(frame)
    driven.send_voice()
    driven.quiet(2.0)
    assert driven.events[0] == Began()
    assert_complete([said[(at - 15) * FRAME_SAMPLES :]], driven.radio)


def test_armed_while_nobody_talks_nothing_is_told_until_somebody_does() -> None:
    driven = Driven()
    driven.path.arm(False)
    driven.feed(np.concatenate((pause(0.5), phrase(1), pause(1.0))))
    driven.path.arm(True)
    driven.quiet(1.0)
    assert driven.events == []
    driven.feed(phrase(2))
    assert driven.events == [Began()]


def test_a_notice_goes_out_though_disarmed_and_the_meeting_with_it_does_not() -> None:
    driven = Driven()
    driven.path.arm(False)
    driven.path.say(notice(1))
    driven.quiet(0.1)
    driven.send_voice()
    driven.feed(phrase(1))
    driven.quiet(1.0)
    assert driven.events == [Began(), Said(), Drained()]
    assert_complete([notice(1)], driven.radio)
    assert align.find_exact(phrase(1)[:400], driven.radio) is None


def test_disarming_leaves_a_waiting_notice_its_demand() -> None:
    driven = Driven()
    driven.path.say(notice(1))
    driven.quiet(0.1)
    driven.path.arm(False)
    driven.quiet(0.5)
    assert driven.events == [Began()]


# --- their sound ---


def make_prompt(sounds: Path, prompt: str, sound: Samples, rate_hz: int = 8000) -> None:
    file = sounds / "sv" / "samband" / f"{prompt}.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(file, sound, rate_hz, subtype="PCM_16")


def test_a_notice_is_its_prompts_in_order_with_100_ms_of_silence_at_both_ends(tmp_path: Path) -> None:
    first, second = phrase(1, 0.5), phrase(2, 0.333)
    make_prompt(tmp_path, "air/opened", first)
    make_prompt(tmp_path, "number/17", second)
    sound = read_notice(tmp_path, [Prompt("air/opened"), Prompt("number/17")], Language.SV)
    assert_complete([first, second], sound)
    assert not sound[:800].any()
    assert not sound[-800:].any()
    assert sound.size % FRAME_SAMPLES == 0


def test_a_prompt_that_cannot_be_said_names_its_file_and_the_fault(tmp_path: Path) -> None:
    make_prompt(tmp_path, "air/opened", phrase(1), rate_hz=16000)
    make_prompt(tmp_path, "air/long", np.zeros(61 * 8000, dtype=np.int16))
    (tmp_path / "sv/samband/air/torn.wav").write_bytes(b"RIFF")
    for prompt, fault in (
        ("opened", "8000 Hz mono is wanted"),
        ("missing", "missing.wav cannot be read"),
        ("long", "too long"),
        ("torn", "torn.wav cannot be read"),
    ):
        with pytest.raises(UnsayableError, match=fault):
            read_notice(tmp_path, [Prompt(f"air/{prompt}")], Language.SV)
    with pytest.raises(UnsayableError, match="no folder"):
        read_notice(None, [Prompt("air/opened")], Language.SV)
