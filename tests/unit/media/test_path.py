"""No lost syllable: what the meeting says reaches the air whole, whenever the radio's grant comes and goes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.audio import tones
from bridge.audio.align import locate
from bridge.audio.frame import FRAME_SAMPLES, RATE_HZ, to_samples
from bridge.audio.levels import rms_dbfs
from bridge.media.path import Began, Cut, Drained, Lost
from tests.harness import align
from tests.unit.media.sound import Driven, assert_complete, frames, pause, phrase, plain, speech

# --- from the meeting to the radio ---


def test_nothing_goes_out_before_the_grant() -> None:
    driven = Driven()
    driven.feed(speech(3)[0])
    assert driven.to_radio == []
    assert driven.events == [Began()]


@given(phase=st.integers(0, FRAME_SAMPLES - 1), grant_frames=st.integers(0, 60))
@settings(max_examples=40, deadline=None)
@pytest.mark.slow
def test_speech_before_the_grant_goes_out_from_its_first_sample(phase: int, grant_frames: int) -> None:
    driven = Driven()
    sound = np.concatenate((pause(0.5), pause(0.02)[:phase], phrase(1), pause(1.0)))
    granted_at: int | None = None
    for index, frame in enumerate(frames(sound)):
        if granted_at == index:
            driven.send_voice()
        if Began() in driven.step(frame):
            granted_at = index + 1 + grant_frames
    driven.quiet(1.0)
    assert_complete([phrase(1)], driven.radio)


@given(phase=st.integers(0, FRAME_SAMPLES - 1))
@pytest.mark.slow
def test_beyond_the_grant_speech_is_at_most_45_ms_late_on_the_air(phase: int) -> None:
    driven = Driven()
    onset = 4000 + phase
    driven_sound = np.concatenate((pause(0.5), pause(0.02)[:phase], phrase(1)))
    known_at = 0
    for index, frame in enumerate(frames(driven_sound)):
        if Began() in driven.step(frame):
            driven.send_voice()
            known_at = (index + 1) * FRAME_SAMPLES
    first = align.find_exact(phrase(1)[:800], driven.radio)
    assert known_at > onset
    assert first is not None
    assert known_at - onset + first <= 0.045 * RATE_HZ


def test_a_phrase_survives_three_cuts_with_pauses_without_losing_or_doubling_a_sample() -> None:
    driven = Driven()
    long_phrase = phrase(5, 8.0)
    driven.quiet(1.0)
    cuts = {50: "send", 130: "hold", 155: "send", 220: "hold", 250: "send", 330: "hold", 360: "send"}
    for index, frame in enumerate(frames(long_phrase)):
        match cuts.get(index):
            case "send":
                driven.send_voice()
            case "hold":
                driven.path.hold_voice()
        driven.step(frame)
    driven.quiet(3.0)
    assert_complete([long_phrase], driven.radio)
    assert driven.events == [Began()] * 4 + [Drained()]


def test_what_went_out_in_the_last_moment_before_the_channel_was_taken_away_is_said_again() -> None:
    driven = Driven(plain(resend_ms=100))
    driven.quiet(0.5)
    said = phrase(5, 4.0)
    driven.feed(said[:8000])
    driven.send_voice()
    driven.feed(said[8000:16000])
    on_air = len(driven.to_radio)
    reached_the_air = driven.radio[: -4 * FRAME_SAMPLES]
    driven.path.hold_voice(withdrawn=True)
    driven.feed(said[16000:])
    driven.send_voice()
    driven.quiet(4.0)
    again = np.concatenate(driven.to_radio[on_air:])
    whole = np.concatenate((reached_the_air, again[FRAME_SAMPLES:]))
    assert_complete([said], whole)


def test_stop_is_at_once() -> None:
    driven = Driven()
    driven.send_voice()
    driven.feed(phrase(1))
    sent = len(driven.to_radio)
    driven.path.hold_voice()
    driven.feed(phrase(2))
    assert len(driven.to_radio) == sent


def test_after_a_denial_and_a_retry_everything_said_meanwhile_goes_out() -> None:
    driven = Driven()
    sound, phrases = speech(4)
    driven.feed(sound)
    driven.path.hold_voice()
    driven.quiet(5.0)
    driven.send_voice()
    driven.quiet(6.0)
    assert_complete(phrases, driven.radio)
    assert driven.events == [Began(), Drained()]


def test_a_transmission_of_a_minute_stops_itself_and_the_rest_follows_in_the_next() -> None:
    driven = Driven(plain(max_transmission_s=59.5))
    long_phrase = phrase(7, 70.0)
    driven.quiet(1.0)
    driven.send_voice()
    driven.events.clear()
    sent_samples = 0
    for frame in frames(long_phrase):
        if Cut() in driven.step(frame):
            sent_samples = driven.radio.size
    assert 59 * RATE_HZ < sent_samples <= 59.5 * RATE_HZ
    assert driven.events == [Cut(), Began()]
    driven.send_voice()
    driven.quiet(15.0)
    assert_complete([long_phrase], driven.radio)


def test_the_guard_counts_the_minute_also_while_nothing_comes_from_asterisk() -> None:
    driven = Driven(plain(max_transmission_s=1.0))
    driven.send_voice()
    for _ in range(51):
        driven.step(None)
    assert Cut() in driven.events


def test_a_delay_from_a_slow_grant_is_caught_up_in_the_pauses() -> None:
    driven = Driven()
    sound, phrases = speech(8, phrase_s=1.0, pause_s=0.3)
    for index, frame in enumerate(frames(sound)):
        if index == 50 + 40:
            driven.send_voice()
        driven.step(frame)
        if index == 50 + 60:
            assert driven.path.hold.delay_ms >= 750
    assert driven.path.hold.delay_ms == 0
    driven.quiet(1.0)
    assert_complete(phrases, driven.radio)


def test_with_no_delay_the_frame_goes_out_in_the_tick_it_came_in() -> None:
    driven = Driven()
    driven.send_voice()
    for frame in frames(speech(2)[0]):
        driven.step(frame)
        assert np.array_equal(driven.to_radio[-1], frame)


def test_drained_comes_when_all_is_sent_and_it_has_been_quiet_for_the_hang_time() -> None:
    driven = Driven(plain(hang_ms=400))
    driven.quiet(0.5)
    driven.feed(phrase(1))
    driven.send_voice()
    driven.quiet(0.38)
    assert Drained() not in driven.events
    driven.quiet(2.0)
    assert driven.events == [Began(), Drained()]


@given(phase=st.integers(0, FRAME_SAMPLES - 1))
@settings(max_examples=20, deadline=None)
def test_speech_after_which_no_frame_comes_any_more_goes_out_whole_and_drains(phase: int) -> None:
    driven = Driven()
    sound = np.concatenate((pause(0.5), pause(0.02)[:phase], phrase(1)))
    driven.feed(np.pad(sound, (0, -sound.size % FRAME_SAMPLES)))
    driven.send_voice()
    for _ in range(150):
        driven.step(None)
    assert_complete([phrase(1)], driven.radio)
    assert driven.events == [Began(), Drained()]


def test_sending_with_nothing_to_say_is_told_as_drained_at_once() -> None:
    driven = Driven()
    driven.quiet(0.2)
    driven.send_voice()
    driven.quiet(0.02)
    assert driven.events == [Drained()]


def test_a_second_utterance_in_the_same_transmission_drains_again() -> None:
    driven = Driven()
    driven.send_voice()
    driven.feed(speech(1, pause_s=1.0)[0])
    driven.feed(speech(1, pause_s=1.0)[0])
    assert driven.events == [Drained()] * 3, "one for the empty start, one for each utterance"


def test_speech_held_over_a_cut_is_announced_once_in_the_new_holding_period() -> None:
    driven = Driven()
    driven.feed(np.concatenate((pause(0.5), phrase(1))))
    driven.send_voice()
    driven.feed(phrase(2, 0.4))
    driven.path.hold_voice()
    driven.path.hold_voice()
    driven.feed(phrase(3, 0.4))
    assert driven.events == [Began(), Began()]


def test_nothing_is_announced_after_a_transmission_in_which_all_was_said() -> None:
    driven = Driven()
    driven.feed(np.concatenate((pause(0.5), phrase(1))))
    driven.send_voice()
    driven.quiet(3.0)
    driven.path.hold_voice()
    driven.quiet(3.0)
    assert driven.events == [Began(), Drained()]


def test_a_rebuilt_path_announces_what_it_holds_again() -> None:
    driven = Driven()
    driven.feed(np.concatenate((pause(0.5), phrase(1))))
    driven.path.announce_again()
    driven.quiet(0.1)
    assert driven.events == [Began(), Began()]


def test_dropped_speech_is_not_sent_and_is_told_as_drained() -> None:
    driven = Driven()
    driven.feed(np.concatenate((pause(0.5), phrase(1))))
    driven.path.drop_voice()
    driven.feed(phrase(2))
    driven.quiet(1.0)
    assert driven.events == [Began(), Drained()]
    driven.send_voice()
    driven.quiet(1.0)
    assert align.find_exact(phrase(1)[:400], driven.radio) is None
    assert align.find_exact(phrase(2)[:400], driven.radio) is None


def test_a_terminal_of_another_kind_is_heard_as_its_kind_needs() -> None:
    """A card gives 20 ms at a time by its own clock, and needs more in hand than the network."""
    heard = {}
    for target_ms in (50, 200):
        driven = Driven(plain(radio_target_ms=50))
        driven.path.renew_radio(plain(radio_target_ms=target_ms))
        driven.path.radio.heard = True
        driven.path.from_radio(phrase(1)[: int(0.1 * RATE_HZ)])
        output = driven.path.step(None, FRAME_SAMPLES)
        heard[target_ms] = output.to_meeting is not None and bool(output.to_meeting.any())
    assert heard == {50: True, 200: False}


def test_only_what_is_too_old_is_dropped_and_told_as_lost() -> None:
    driven = Driven()
    driven.feed(np.concatenate((pause(0.5), phrase(1))))
    driven.quiet(6.0)
    driven.feed(phrase(2))
    driven.path.drop_voice(5000)
    driven.quiet(0.5)
    assert [type(event) for event in driven.events] == [Began, Lost]
    driven.send_voice()
    driven.quiet(3.0)
    assert align.find_exact(phrase(1)[:400], driven.radio) is None
    assert_complete([phrase(2)], driven.radio)


def test_what_grows_too_old_with_nothing_after_it_is_told_as_drained() -> None:
    driven = Driven()
    driven.feed(np.concatenate((pause(0.5), phrase(1))))
    driven.quiet(8.0)
    driven.path.drop_voice(5000)
    driven.quiet(0.5)
    assert [type(event) for event in driven.events] == [Began, Lost, Drained]


def test_dropping_by_age_leaves_alone_what_is_young_and_what_is_being_said() -> None:
    driven = Driven()
    driven.feed(np.concatenate((pause(0.5), phrase(1)[:4000])))
    driven.path.drop_voice(5000)
    driven.feed(phrase(1)[4000:])
    driven.quiet(1.0)
    assert driven.events == [Began()]
    driven.send_voice()
    driven.quiet(3.0)
    assert_complete([phrase(1)], driven.radio)


def test_speech_after_dropped_speech_is_announced_as_new() -> None:
    driven = Driven()
    driven.feed(np.concatenate((pause(0.5), phrase(1))))
    driven.path.drop_voice()
    driven.quiet(1.0)
    driven.feed(phrase(2))
    driven.send_voice()
    driven.quiet(2.0)
    assert driven.events == [Began(), Drained(), Began(), Drained()]
    assert_complete([phrase(2)], driven.radio)


def test_more_than_the_bound_is_told_as_lost_and_the_newest_is_kept() -> None:
    driven = Driven(plain(hold_bound_s=5.0))
    long_phrase = phrase(9, 20.0)
    driven.quiet(0.5)
    driven.feed(long_phrase)
    driven.send_voice()
    driven.quiet(8.0)
    lost = [event.lost_ms for event in driven.events if isinstance(event, Lost)]
    assert len(lost) <= 5, "told in portions"
    assert 15_000 <= sum(lost) <= 15_400
    assert align.find_exact(long_phrase[-int(4.9 * RATE_HZ) :], driven.radio) is not None


def test_a_stall_of_half_a_second_while_sending_loses_nothing_and_leaves_no_delay() -> None:
    """The worker's process stood still: 25 frames are read at once when it goes on."""
    driven = Driven()
    sound, phrases = speech(8)
    driven.send_voice()
    all_frames = list(frames(sound))
    for frame in all_frames[:90]:
        driven.step(frame)
    for index, frame in enumerate(all_frames[90:115]):
        driven.step(frame, elapsed_samples=25 * FRAME_SAMPLES if index == 0 else 0)
    assert driven.path.hold.delay_ms >= 400
    for frame in all_frames[115:]:
        driven.step(frame)
    assert driven.path.hold.delay_ms == 0
    driven.quiet(0.5)
    assert_complete(phrases, driven.radio)


def test_asterisk_standing_still_for_half_a_second_leaves_no_delay() -> None:
    driven = Driven()
    sound, phrases = speech(8)
    driven.send_voice()
    all_frames = list(frames(sound))
    for frame in all_frames[:90]:
        driven.step(frame)
    for _ in range(25):
        driven.step(None)
    for frame in all_frames[90:115]:
        driven.step(frame, elapsed_samples=0)
    for frame in all_frames[115:]:
        driven.step(frame)
    driven.quiet(1.0)
    assert driven.path.hold.delay_ms == 0
    assert_complete(phrases, driven.radio)


def test_a_terminal_that_takes_nothing_for_half_a_second_costs_no_word() -> None:
    driven = Driven()
    sound, phrases = speech(8)
    driven.send_voice()
    for index, frame in enumerate(frames(sound)):
        driven.step(frame, terminal_ready=not 90 <= index < 115)
    driven.quiet(1.0)
    assert driven.path.hold.delay_ms == 0
    assert_complete(phrases, driven.radio)


def test_frames_that_come_a_little_early_or_late_do_not_wait() -> None:
    driven = Driven()
    driven.send_voice()
    random = np.random.default_rng(2)
    last = 0
    for index, frame in enumerate(frames(speech(10)[0])):
        now = max(last, index * FRAME_SAMPLES + int(random.uniform(-40, 40)))
        driven.step(frame, elapsed_samples=now - last)
        last = now
        assert driven.path.hold.delay_ms == 0


COMMANDS = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from(["send", "hold", "stall", "not ready", "again"])), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(commands=COMMANDS)
@pytest.mark.slow
def test_whatever_is_commanded_every_phrase_arrives_once_and_whole(commands: list[tuple[int, str]]) -> None:
    driven = Driven()
    sound, phrases = speech(4, phrase_s=0.8, pause_s=0.3)
    script: dict[int, str] = {}
    at = 0
    for after, command in commands:
        at += after
        script[at] = command
    skip = 0
    for index, frame in enumerate(frames(sound)):
        match script.get(index):
            case "send":
                driven.send_voice()
            case "hold":
                driven.path.hold_voice()
            case "again":
                driven.path.announce_again()
            case "stall":
                skip = 10
            case "not ready":
                driven.step(None, terminal_ready=False)
        skip -= skip > 0
        driven.step(frame, elapsed_samples=0 if skip else FRAME_SAMPLES)
    driven.send_voice()
    driven.quiet(8.0)
    assert_complete(phrases, driven.radio)
    assert driven.events[-1] == Drained()


# --- from the radio to the meeting ---


def from_radio(driven: Driven, sound: np.ndarray[tuple[int], np.dtype[np.int16]]) -> None:
    for frame in frames(sound):
        driven.path.from_radio(frame)
        driven.step(pause(0.02))


def test_the_radio_is_not_heard_until_its_gate_is_opened() -> None:
    driven = Driven()
    from_radio(driven, phrase(1))
    assert not driven.meeting.any()
    assert len(driven.to_meeting) == 50, "silence is sent all the same: it is the leg's sign of life"


def test_the_opened_radio_is_heard_whole_and_at_its_own_level() -> None:
    driven = Driven()
    driven.path.radio.heard = True
    quiet_phrase = phrase(1) // 4
    from_radio(driven, quiet_phrase)
    driven.quiet(0.2)
    match = locate(quiet_phrase[160:], driven.meeting)
    assert match.score > 0.999
    heard = driven.meeting[match.offset : match.offset + quiet_phrase.size]
    assert rms_dbfs(heard) == pytest.approx(rms_dbfs(quiet_phrase), abs=0.2)
    assert align.slips(quiet_phrase, driven.meeting) == []


@pytest.mark.parametrize("late_ms", [20, 100, 200])
def test_a_radio_users_first_words_are_heard_though_the_gate_opens_after_they_were_said(late_ms: int) -> None:
    driven = Driven()
    driven.quiet(0.3)
    said, late = phrase(1), late_ms * RATE_HZ // 1000
    from_radio(driven, said[:late])
    driven.path.radio.heard = True
    from_radio(driven, said[late:])
    driven.path.radio.heard = False
    driven.quiet(0.4)
    assert align.slips(said, driven.meeting) == []
    match = locate(said, driven.meeting)
    assert match.score > 0.999


def test_the_delay_of_words_from_before_the_gate_is_caught_up_in_the_first_pause() -> None:
    driven = Driven()
    from_radio(driven, phrase(1)[:1600])
    driven.path.radio.heard = True
    from_radio(driven, phrase(1)[1600:])
    assert driven.path.radio.jitter.delay_ms >= 200
    from_radio(driven, pause(0.4))
    assert driven.path.radio.jitter.delay_ms <= 100


def test_speech_that_ended_before_the_gate_opens_is_not_heard() -> None:
    """A pause parts it from what comes: it was somebody else's, or not for us."""
    driven = Driven()
    from_radio(driven, phrase(1))
    from_radio(driven, pause(0.08))
    driven.path.radio.heard = True
    from_radio(driven, phrase(2))
    driven.quiet(0.3)
    assert locate(phrase(1)[-3000:-1000], driven.meeting).score < 0.3


def test_nothing_of_our_own_transmission_is_kept_for_the_talker_after_it() -> None:
    driven = Driven()
    echo = phrase(1)
    driven.path.send_voice()
    from_radio(driven, echo)
    driven.path.hold_voice()
    driven.path.radio.heard = True
    from_radio(driven, phrase(2))
    driven.quiet(0.3)
    assert locate(echo[-1600:], driven.meeting).score < 0.3


def test_the_last_of_a_radio_users_words_is_heard_though_his_stop_is_told_before_it() -> None:
    driven = Driven()
    driven.path.radio.heard = True
    from_radio(driven, phrase(1))
    driven.path.radio.heard = False
    driven.quiet(0.2)
    assert locate(phrase(1)[-800:], driven.meeting).score > 0.99


def test_a_closed_gate_is_silent_after_100_ms_at_the_most() -> None:
    driven = Driven()
    driven.path.radio.heard = True
    from_radio(driven, phrase(1)[:4000])
    driven.path.radio.heard = False
    closed_at = driven.meeting.size
    from_radio(driven, phrase(1)[4000:])
    assert not driven.meeting[closed_at + 816 :].any()


def test_the_radio_reaches_the_meeting_within_its_jitter_buffer() -> None:
    driven = Driven()
    driven.path.radio.heard = True
    from_radio(driven, phrase(1))
    delay_samples = locate(phrase(1)[160:4000], driven.meeting).offset - 160
    assert delay_samples <= 0.06 * RATE_HZ


def test_a_shouting_radio_is_limited() -> None:
    driven = Driven(plain(radio_ceiling_dbfs=-12, radio_gain_db=20))
    driven.path.radio.heard = True
    from_radio(driven, to_samples(tones.noise(1.0, -10)))
    assert np.abs(driven.meeting).max() <= 32768 * 10 ** (-12 / 20) + 1


def test_a_closed_gate_keeps_no_old_sound_for_the_next_talker() -> None:
    driven = Driven()
    for frame in frames(phrase(1)):
        driven.path.from_radio(frame)
    driven.quiet(0.1)
    driven.path.radio.heard = True
    from_radio(driven, phrase(2))
    driven.quiet(0.3)
    assert locate(phrase(1)[-3000:-1000], driven.meeting).score < 0.3
    assert driven.path.radio.jitter.delay_ms <= 100


def test_after_a_stall_the_meeting_gets_the_radio_in_step_not_in_a_burst() -> None:
    driven = Driven()
    driven.path.radio.heard = True
    sound, _ = speech(4)
    for index, frame in enumerate(frames(sound)):
        driven.path.from_radio(frame)
        before = len(driven.to_meeting)
        stalled = 90 <= index < 115
        driven.step(pause(0.02), elapsed_samples=0 if stalled else FRAME_SAMPLES)
        assert len(driven.to_meeting) - before <= 1
    assert driven.path.radio.jitter.delay_ms <= 100
