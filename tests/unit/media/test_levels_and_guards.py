"""One level for all talkers both ways, noise kept off the air, and our own transmission never heard back."""

import numpy as np
import pytest
from pydantic import ValidationError

from bridge.audio import tones
from bridge.audio.align import locate
from bridge.audio.frame import FRAME_SAMPLES, SILENCE, Samples, to_samples
from bridge.audio.levels import rms_dbfs
from bridge.media.path import Began, Drained, Stuck
from bridge.media.settings import MediaSettings
from tests.harness import align
from tests.harness.audio import voice
from tests.unit.media.sound import Driven, assert_complete, frames, pause, phrase, plain


def talk(number: int, level_dbfs: float, duration_s: float) -> Samples:
    return to_samples(voice(number, level_dbfs).lasting(duration_s))


def from_radio(driven: Driven, sound: Samples) -> None:
    for frame in frames(sound):
        driven.path.from_radio(frame)
        driven.step(pause(0.02))


# --- one level ---


@pytest.mark.parametrize("level_dbfs", [-30, -25, -14])
def test_quiet_and_loud_phones_come_out_on_the_air_alike(level_dbfs: float) -> None:
    driven = Driven(MediaSettings())
    driven.quiet(0.5)
    driven.send_voice()
    driven.feed(talk(1, level_dbfs, 6.0))
    assert rms_dbfs(driven.radio[-8000:]) == pytest.approx(-20, abs=2)


@pytest.mark.parametrize("level_dbfs", [-30, -25, -14])
def test_quiet_and_loud_radio_users_are_heard_alike(level_dbfs: float) -> None:
    driven = Driven(MediaSettings())
    driven.path.radio.heard = True
    from_radio(driven, talk(1, level_dbfs, 6.0))
    assert rms_dbfs(driven.meeting[-8000:]) == pytest.approx(-20, abs=2)


def test_each_radio_user_begins_at_his_own_level() -> None:
    driven = Driven(MediaSettings())
    driven.path.radio.heard = True
    from_radio(driven, talk(1, -30, 5.0))
    assert driven.path.radio.gain_db > 6
    driven.path.radio.heard = False
    driven.quiet(0.5)
    driven.path.radio.heard = True
    assert driven.path.radio.gain_db == 0


def test_the_automatic_level_costs_no_sample_and_no_time() -> None:
    quiet_phrase = phrase(1, 4.0) // 4
    offsets = []
    for settings in (plain(), MediaSettings(stuck_s=0)):
        driven = Driven(settings)
        driven.quiet(0.5)
        driven.send_voice()
        driven.feed(np.concatenate((quiet_phrase, pause(0.5))))
        assert align.slips(quiet_phrase, driven.radio) == []
        offsets.append(locate(quiet_phrase, driven.radio).offset)
    assert offsets[0] == offsets[1]


def test_a_notice_goes_out_as_it_was_made() -> None:
    driven = Driven(MediaSettings())
    driven.feed(talk(1, -30, 4.0))
    driven.path.say(phrase(3))
    driven.send_voice()
    driven.quiet(8.0)
    assert_complete([phrase(3)], driven.radio)


# --- noise ---


def test_a_noise_that_keys_the_radio_is_told_and_drains_after_ten_seconds() -> None:
    driven = Driven(MediaSettings(stuck_s=10))
    driven.quiet(0.5)
    noise = to_samples(tones.noise(15.0, -20, seed=1))
    driven.feed(noise[: 8000 * 2])
    driven.send_voice()
    driven.feed(noise[8000 * 2 :])
    assert driven.events == [Began(), Stuck(True), Drained()]
    driven.path.hold_voice()
    driven.feed(noise)
    assert driven.events == [Began(), Stuck(True), Drained()], "it keys no more"
    driven.quiet(1.0)
    assert driven.events[-1] == Stuck(False)


def test_a_noise_that_waits_for_the_radio_is_told_and_what_was_taken_for_speech_goes_out_once() -> None:
    driven = Driven(MediaSettings(stuck_s=10))
    driven.quiet(0.5)
    driven.feed(to_samples(tones.noise(15.0, -20, seed=1)))
    assert driven.events == [Began(), Stuck(True)]
    driven.send_voice()
    driven.quiet(15.0)
    assert driven.events == [Began(), Stuck(True), Stuck(False), Drained()]


@pytest.mark.slow
def test_ten_minutes_of_somebody_s_talk_are_never_stuck() -> None:
    driven = Driven(MediaSettings(stuck_s=10))
    driven.quiet(0.5)
    driven.send_voice()
    spoken = talk(2, -20, 60.0)
    for _ in range(10):
        driven.feed(spoken)
        driven.path.hold_voice()
        driven.send_voice()
    assert Stuck(True) not in driven.events
    assert driven.path.noise_dbfs <= -40


def test_a_knock_keys_no_radio_where_that_is_set() -> None:
    for least_ms, keys in ((30, True), (150, False)):
        driven = Driven(plain(speech_min_ms=least_ms))
        driven.quiet(0.5)
        driven.feed(phrase(1, 0.08))
        driven.quiet(1.0)
        assert (Began() in driven.events) is keys


def test_words_longer_than_the_least_go_out_from_their_first_sample() -> None:
    driven = Driven(plain(speech_min_ms=200))
    driven.quiet(0.5)
    driven.send_voice()
    driven.path.hold_voice()
    driven.feed(phrase(1))
    driven.send_voice()
    driven.quiet(2.0)
    assert_complete([phrase(1)], driven.radio)


def test_a_least_speech_longer_than_the_pre_roll_is_refused_as_a_setting() -> None:
    with pytest.raises(ValidationError, match="setting_short_preroll"):
        MediaSettings(speech_min_ms=200, preroll_ms=200)


# --- our own transmission, heard back ---


def test_what_the_terminal_gives_back_while_we_send_is_never_heard() -> None:
    driven = Driven()
    driven.path.radio.heard = True
    driven.send_voice()
    for frame in frames(phrase(1, 2.0)):
        driven.step(frame)
        driven.path.from_radio(driven.to_radio[-1])
    assert not driven.meeting.any()


def test_what_is_still_on_its_way_back_when_we_stop_is_not_heard_and_the_next_talker_is() -> None:
    driven = Driven()
    driven.path.radio.heard = True
    driven.send_voice()
    late = [SILENCE, SILENCE]
    for frame in frames(phrase(1)):
        driven.step(frame)
        late.append(driven.to_radio[-1])
        driven.path.from_radio(late.pop(0))
    driven.path.hold_voice()
    for frame in late:
        driven.path.from_radio(frame)
        driven.step(SILENCE)
    assert not driven.meeting.any()
    from_radio(driven, phrase(2))
    driven.quiet(0.2)
    assert locate(phrase(2)[2 * FRAME_SAMPLES :], driven.meeting).score > 0.99
