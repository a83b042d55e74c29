"""The call-out: in order, within the trunk's limits, answered is not confirmed, nobody twice at once."""

import pytest

from bridge.domain.callout import prompts as callout_prompts
from bridge.domain.callout.calls import GAVE_UP
from bridge.domain.callout.commands import CancelActivation, NewTarget, StartActivation
from bridge.domain.callout.pacing import AHEAD_S
from bridge.domain.callout.passing import QUESTIONS
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.pump import RING_GRACE_S
from bridge.domain.callout.questions import HANDED_OVER_S, REPEATS, longest_s
from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    TARGETS,
    ActivationState,
    Attempt,
    AttemptResult,
    TargetState,
)
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.commands import EndConference, MuteAll
from bridge.domain.conference.policy import EntryPolicy
from bridge.domain.conference.records import CONFERENCES, Conference
from bridge.domain.joint.failures import DIAL_TRIES, JOIN_TRIES
from bridge.domain.kernel import phrases
from bridge.domain.kernel.effects import StartTimer, StopTimer
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ActivationId, ChannelId, ConferenceId, TargetId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.telephony.effects import (
    CreateMix,
    DestroyMix,
    Dial,
    HangUpLeg,
    JoinMix,
    Play,
    SetHeard,
    SpokenQuestion,
)
from bridge.domain.telephony.events import KeyTaken, LegAnswered, LiveChannel, MixJoined, TelephonyUp
from tests.harness.reasons import english
from tests.harness.story import CONFERENCE, MIX, TRUNK, Story

A = "+4684650041"
B = "+4684650042"
C = "+4684650043"


def story_with_trunk(calls_per_s: float = 0, channels: int = 100) -> Story:
    story = Story(Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=calls_per_s, channels=channels),))))
    story.opens()
    return story


def test_everybody_is_called_in_parallel_by_the_first_number() -> None:
    story = story_with_trunk()
    story.activates([(A, B), (C,)])
    assert story.dialled() == [A, C]


def test_the_intent_is_committed_with_the_very_id_of_the_channel() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    intents = [record for record in story.records if isinstance(record, Attempt)]
    assert [intent.id for intent in intents] == [dial.channel for dial in story.done(Dial)]


def test_one_lands_in_the_conference() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    line = story.answers(A)
    assert story.said_to(line)[:2] == [callout_prompts.CALLOUT_INTRO, callout_prompts.CALLOUT_KEYS]
    assert story.done(JoinMix) == []
    story.keys(line, "1")
    assert story.target(0).state is TargetState.JOINED
    story.prompt_ends(line)
    assert story.done(JoinMix) == [JoinMix(line, MIX, heard=True)]
    story.happens(MixJoined(story.now_s, line, MIX))
    assert [one.function for one in story.present()] == ["TiB 0"]
    assert story.activation.state is ActivationState.DONE


@pytest.mark.parametrize(("key", "state"), [("2", TargetState.LATER), ("3", TargetState.CANNOT)])
def test_two_and_three_are_noted_and_never_bridged(key: str, state: TargetState) -> None:
    story = story_with_trunk()
    story.activates([(A, B)])
    line = story.answers(A)
    story.keys(line, key)
    story.prompt_ends(line)
    assert HangUpLeg(line) in story.effects
    story.call_ends(A, 16)
    assert story.target(0).state is state
    assert story.done(JoinMix) == []
    assert story.dialled() == [A]


def test_no_key_is_never_bridged_and_the_next_number_is_called() -> None:
    story = story_with_trunk()
    story.activates([(A, B)])
    line = story.answers(A)
    story.keys(line, "79#*0")
    story.presses_nothing(line)
    story.prompt_ends(line)
    story.call_ends(A, 16)
    assert story.done(JoinMix) == []
    assert story.dialled() == [A, B]
    assert english(story.target(0).reason) == "answered, no key pressed"


@pytest.mark.parametrize("cause", [17, 19, 18, 21, 1, 27, 127, 0])
def test_busy_no_answer_and_failure_go_to_the_next_number(cause: int) -> None:
    story = story_with_trunk()
    story.activates([(A, B)])
    story.call_ends(A, cause)
    assert story.dialled() == [A, B]


def test_a_number_that_does_not_exist_is_not_called_again() -> None:
    story = story_with_trunk()
    story.activates([(A, B)], rounds=2, round_pause_s=60.0)
    story.call_ends(A, 1)
    story.call_ends(B, 17)
    story.passes(61)
    assert story.dialled() == [A, B, B]
    assert story.target(0).bad_numbers == {A}


def test_after_the_last_round_the_function_is_unreachable_with_the_reason() -> None:
    story = story_with_trunk()
    story.activates([(A,)], rounds=2, round_pause_s=60.0)
    story.call_ends(A, 17)
    assert story.target(0).state is TargetState.WAITING
    story.passes(61)
    story.call_ends(A, 19)
    assert story.dialled() == [A, A]
    assert story.target(0).state is TargetState.UNREACHABLE
    assert english(story.target(0).reason) == "no answer"
    assert story.activation.state is ActivationState.DONE


def test_the_trunks_congestion_costs_nobody_an_attempt() -> None:
    story = story_with_trunk()
    story.activates([(A, B)], rounds=1)
    for _ in range(4):
        story.call_ends(A, 34)
        story.passes(31)
    assert set(story.dialled()) == {A}
    assert story.target(0).attempts_made == 1


def test_a_trunk_rests_for_a_second_after_a_new_connection_as_the_gate_at_the_wire_does() -> None:
    """Nobody knows of the calls before. One decided meanwhile would wait at the gate, and be in doubt after a crash."""
    story = story_with_trunk(calls_per_s=10)
    story.telephony_goes_down()
    story.telephony_comes_up()
    story.activates([(f"+4684650040{number}",) for number in range(5)])
    assert story.dialled() == []
    story.passes(1.0 - AHEAD_S - 0.01)
    assert story.dialled() == []
    story.passes(0.01 + AHEAD_S)
    assert 1 <= len(story.dialled()) <= 1 + 10 * AHEAD_S


def test_calls_per_second_of_the_trunk_are_kept() -> None:
    story = story_with_trunk(calls_per_s=2)
    story.activates([(f"+468465004{index:02d}",) for index in range(10)])
    assert len(story.dialled()) == 1
    story.passes(2.0)
    assert len(story.dialled()) == 5
    story.passes(10.0)
    assert len(story.dialled()) == 10


def test_calls_are_decided_a_quarter_of_a_second_ahead_of_the_pace_and_no_more() -> None:
    story = story_with_trunk(calls_per_s=100, channels=1000)
    story.activates([(f"+46846500{index:03d}",) for index in range(300)])
    assert 25 <= len(story.dialled()) <= 26
    story.passes(1.0)
    assert 125 <= len(story.dialled()) <= 126


def test_the_trunks_channels_are_kept_also_by_those_who_stay_in_the_conference() -> None:
    story = story_with_trunk(channels=2)
    story.activates([(A,), (B,), (C,)])
    assert story.dialled() == [A, B]
    line = story.answers(A)
    story.keys(line, "1")
    story.prompt_ends(line)
    assert story.dialled() == [A, B]
    story.call_ends(B, 17)
    assert story.dialled() == [A, B, C]


def test_a_number_that_no_trunk_may_call_is_said_so() -> None:
    story = story_with_trunk()
    story.activates([("+88112345678",)])
    assert story.dialled() == []
    assert story.target(0).state is TargetState.UNREACHABLE
    assert english(story.target(0).reason) == "no trunk may call this number"


def test_never_two_live_calls_to_one_number_even_from_two_lists() -> None:
    story = story_with_trunk()
    story.activates([(A,)])

    second = StartActivation(
        ActivationId("act-2"), "key-2", CONFERENCE, "Andra", (NewTarget(TargetId("tgt-x"), "TiB", "K", (A,)),)
    )
    story.asks(second)
    assert story.dialled() == [A]
    story.call_ends(A, 17)
    assert story.dialled() == [A, A]


def test_the_same_key_is_the_same_activation() -> None:
    story = story_with_trunk()
    first = story.activates([(A,)])
    again = story.asks(
        StartActivation(first, "key-1", CONFERENCE, "Another name", (NewTarget(None, "x", "y", (B,)),))  # type: ignore[arg-type]
    )
    assert again == Done(first)
    assert story.dialled() == [A]


def test_cancel_stops_the_ringing_tells_the_asked_and_leaves_the_joined() -> None:
    story = story_with_trunk()
    activation = story.activates([(A,), (B,), (C,)])
    joined = story.answers(A)
    story.keys(joined, "1")
    asked = story.answers(B)
    story.rings(C)
    story.asks(CancelActivation(activation))
    assert HangUpLeg(story.line_to(C)) in story.effects
    assert callout_prompts.CALLOUT_CANCELLED in story.said_to(asked)
    assert HangUpLeg(joined) not in story.effects
    assert [story.target(index).state for index in range(3)] == [
        TargetState.JOINED,
        TargetState.CANCELLED,
        TargetState.CANCELLED,
    ]


def test_ending_the_conference_ends_its_call_out() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    story.asks(EndConference(CONFERENCE))
    assert HangUpLeg(story.line_to(A)) in story.effects
    story.passes(10)
    story.call_ends(A, 16)
    assert not story.node[ACTIVATIONS]
    assert not story.node[TARGETS]


def test_an_activation_to_nobody_or_to_no_conference_is_refused() -> None:
    story = story_with_trunk()

    empty = story.asks(StartActivation(ActivationId("a"), "k", CONFERENCE, "L", ()))
    lost = story.asks(
        StartActivation(ActivationId("b"), "k2", ConferenceId("x"), "L", (NewTarget(TargetId("t"), "f", "o", (A,)),))
    )
    assert isinstance(empty, Refused)
    assert isinstance(lost, Refused)


def restarted(story: Story, up: TelephonyUp) -> Story:
    """The controller died and came up again with what SQLite kept."""
    fresh = story.restarted()
    fresh.happens(up)
    fresh.records = fresh.records[len(story.records) :]
    return fresh


def up(
    *channels: LiveChannel,
    ended: tuple[tuple[ChannelId, int], ...] = (),
    keyed: tuple[tuple[ChannelId, str], ...] = (),
) -> TelephonyUp:
    return TelephonyUp(1_800_000_100.0, channels, frozenset({MIX}), frozenset(), ended, keyed)


def test_after_a_kill_live_calls_are_adopted_and_not_placed_again() -> None:
    story = story_with_trunk()
    story.activates([(A,), (B,)])
    answered = LiveChannel(story.line_to(A), answered=False, asked=True)
    ringing = LiveChannel(story.line_to(B), answered=False)
    fresh = restarted(story, up(answered, ringing))
    assert fresh.dialled() == []
    assert fresh.target(0).state is TargetState.ASKED
    assert fresh.done(Play) == [], "Asterisk goes on asking"
    fresh.keys(answered.id, "1")
    assert fresh.target(0).state is TargetState.JOINED


def test_after_a_kill_a_call_that_ended_is_judged_by_its_call_record() -> None:
    story = story_with_trunk()
    story.activates([(A, B)])
    fresh = restarted(story, up(ended=((story.line_to(A), 17),)))
    assert fresh.dialled() == [B]


def test_a_key_that_asterisk_took_while_no_controller_was_there_counts_when_one_is_back() -> None:
    story = story_with_trunk()
    story.activates([(A,), (B,)])
    joins = LiveChannel(story.line_to(A), answered=True, key="1")
    later = LiveChannel(story.line_to(B), answered=True, key="2")
    fresh = restarted(story, up(joins, later))
    assert fresh.dialled() == []
    assert [fresh.target(one).state for one in (0, 1)] == [TargetState.JOINED, TargetState.LATER]
    assert callout_prompts.CALLOUT_LATER in fresh.said_to(later.id)


@pytest.mark.parametrize(
    ("key", "state"), [("1", TargetState.JOINED), ("2", TargetState.LATER), ("3", TargetState.CANNOT)]
)
def test_nobody_who_pressed_a_key_and_hung_up_before_a_controller_was_back_is_rung_again(
    key: str, state: TargetState
) -> None:
    story = story_with_trunk()
    story.activates([(A, B)])
    story.rings(A)
    fresh = restarted(story, up(ended=((story.line_to(A), 16),), keyed=((story.line_to(A), key),)))
    fresh.passes(600)
    assert fresh.dialled() == []
    assert fresh.target(0).state is state
    assert (fresh.activation.state is ActivationState.DONE) is (key != "2"), "one who comes later is called then"


def test_who_pressed_nothing_while_no_controller_was_there_has_been_asked_and_the_next_number_is_called() -> None:
    story = story_with_trunk()
    story.activates([(A, B)])
    story.rings(A)
    fresh = restarted(story, up(ended=((story.line_to(A), 16),)))
    assert fresh.dialled() == [B]
    assert english(fresh.target(0).reason) == "answered, no key pressed"


def test_who_pressed_1_and_waited_in_vain_for_a_controller_is_called_again_and_told_so() -> None:
    """Asterisk put the line down after a while, and says so in the call's record."""
    story = story_with_trunk()
    story.activates([(A, B)])
    story.rings(A)
    fresh = restarted(story, up(ended=((story.line_to(A), 16),), keyed=((story.line_to(A), GAVE_UP),)))
    fresh.now_s = 1_800_000_100.0
    fresh.passes(6)
    assert fresh.dialled() == [A]
    assert callout_prompts.CALLOUT_AGAIN in fresh.said_to(fresh.answers(A))


def test_after_a_kill_only_what_left_no_trace_is_called_again_and_told_so() -> None:
    story = story_with_trunk()
    story.activates([(A, B)])
    fresh = restarted(story, up())
    doubted = [one for one in fresh.records if isinstance(one, Attempt)]
    assert [one.result for one in doubted] == [AttemptResult.IN_DOUBT]
    fresh.now_s = 1_800_000_100.0
    fresh.passes(6)
    assert fresh.dialled() == [A]
    line = fresh.answers(A)
    assert callout_prompts.CALLOUT_AGAIN in fresh.said_to(line)


def test_after_a_kill_those_in_the_meeting_stay_and_hear_nothing() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    line = story.answers(A)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    fresh = restarted(story, up(LiveChannel(line, answered=True, mix=MIX)))
    assert [type(effect) for effect in fresh.effects if not isinstance(effect, StartTimer | StopTimer)] == [
        CreateMix,
        SetHeard,
    ]
    assert isinstance(fresh.conference, Conference)
    assert len(fresh.present()) == 1


# --- nobody is skipped, nobody waits in silence ---


def test_a_number_that_no_trunk_may_call_goes_on_to_the_next_at_once() -> None:
    story = story_with_trunk()
    story.activates([("+88211111", "+88222222", A)])
    assert story.dialled() == [A]


def test_two_functions_of_one_name_are_both_rung() -> None:
    story = story_with_trunk()
    for key, number in (("k1", A), ("k2", B)):
        target = NewTarget(TargetId(f"t-{key}"), "TiB", "Kommun", (number,))
        command = StartActivation(ActivationId(f"act-{key}"), key, CONFERENCE, "TiB", (target,))
        assert story.asks(command) == Done(f"act-{key}")
    assert story.dialled() == [A, B]


def test_the_same_list_called_out_again_joins_what_runs() -> None:
    story = story_with_trunk()
    first = story.activates([(A,)], list_id="list-1")
    other = NewTarget(TargetId("t-2"), "TiB", "Kommun", (B,))
    again = StartActivation(ActivationId("act-2"), "k2", CONFERENCE, "Another name", (other,), list_id="list-1")
    assert story.asks(again) == Done(first)
    assert story.dialled() == [A]


def test_asterisk_dies_while_somebody_is_asked_and_the_call_out_goes_on() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    story.answers(A)
    story.telephony_goes_down()
    story.telephony_comes_up()
    assert not story.node[QUESTIONS]
    story.passes(40)
    assert story.dialled() == [A, A]
    assert callout_prompts.CALLOUT_AGAIN in story.said_to(story.answers(A))


def test_a_phone_that_is_answered_after_the_conference_has_ended_is_told_and_hung_up() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    story.rings(A)
    story.asks(EndConference(CONFERENCE))
    story.passes(10)
    line = story.answers(A)
    assert [one.prompts for one in story.done(Play)] == [(callout_prompts.CALLOUT_CANCELLED,)]
    story.prompt_ends(line)
    assert HangUpLeg(line) in story.fresh
    story.call_ends(A, 16)
    assert not story.node[CONFERENCES]
    assert not story.node[ATTEMPTS]


def test_a_cancelled_function_that_answers_all_the_same_is_told() -> None:
    story = story_with_trunk()
    activation = story.activates([(A,)])
    story.rings(A)
    story.asks(CancelActivation(activation))
    story.fails(HangUpLeg(story.line_to(A)), Fate.UNKNOWN)
    story.answers(A)
    assert [one.prompts for one in story.done(Play)] == [(callout_prompts.CALLOUT_CANCELLED,)]


def test_a_call_that_nobody_knows_is_not_answered_by_silence() -> None:
    story = story_with_trunk()
    story.happens(LegAnswered(story.now_s, ChannelId("leg-unknown")))
    assert story.fresh == [HangUpLeg(ChannelId("leg-unknown"))]


@pytest.mark.slow
def test_a_thousand_congestions_in_a_row_only_rest_the_trunk() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    for _ in range(1100):
        story.call_ends(A, 34)
        story.passes(story.policy[CalloutPolicy].congestion_longest_s + 1)
    assert story.target(0).attempts_made == 1
    assert story.target(0).state is TargetState.CALLING


def test_an_unknown_outcome_is_asked_again_under_the_same_id_and_never_as_a_new_call() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    [dial] = story.done(Dial)
    story.fails(dial, Fate.UNKNOWN, "asterisk: no answer in time")
    story.passes(1.1)
    assert story.done(Dial) == [dial, dial]
    story.rings(A)
    story.passes(60)
    assert {one.channel for one in story.done(Dial)} == {dial.channel}


def test_a_call_whose_outcome_stays_unknown_is_hung_up_before_another_is_placed() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    [dial] = story.done(Dial)
    for _ in range(DIAL_TRIES):
        story.fails(story.done(Dial)[-1], Fate.UNKNOWN)
        story.passes(8.1)
    placed = [one for one in story.effects if isinstance(one, Dial | HangUpLeg)]
    assert placed.index(HangUpLeg(dial.channel)) == DIAL_TRIES
    assert story.target(0).called_before
    story.happens(LegAnswered(story.now_s, dial.channel))
    assert HangUpLeg(dial.channel) in story.fresh


def test_a_number_that_asterisk_will_never_dial_costs_only_that_number_and_says_why() -> None:
    story = story_with_trunk()
    story.activates([(A, B)], rounds=1)
    story.fails(story.done(Dial)[-1], reason="asterisk: a number is dialled as digits", retry=False)
    assert story.dialled() == [A, B]


def test_a_call_of_which_no_end_is_reported_is_ended_and_made_again() -> None:
    story = story_with_trunk()
    story.activates([(A,)], ring_s=30.0)
    first = story.line_to(A)
    story.passes(30 + RING_GRACE_S + 1)
    assert HangUpLeg(first) in story.effects
    story.passes(6)
    assert story.dialled() == [A, A]


def test_nothing_is_dialled_while_asterisk_is_away_and_all_when_it_is_back() -> None:
    story = story_with_trunk()
    story.telephony_goes_down()
    story.activates([(A,), (B,)])
    story.passes(60)
    assert story.dialled() == []
    story.telephony_comes_up()
    assert story.dialled() == [A, B]


def test_one_who_pressed_one_and_cannot_be_put_into_the_conference_hears_words_and_is_called_again() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    line = story.answers(A)
    story.keys(line, "1")
    story.prompt_ends(line)
    for _ in range(JOIN_TRIES):
        story.fails(story.done(JoinMix)[-1], Fate.UNKNOWN)
        story.passes(3.1)
    assert conference_prompts.ENTRY_WAIT in story.said_to(line)
    assert story.said_to(line)[-1] == conference_prompts.ENTRY_FAULT
    story.prompt_ends(line)
    assert HangUpLeg(line) in story.fresh
    story.call_ends(A, 16)
    story.passes(6)
    assert story.dialled() == [A, A]
    assert story.activation.state is ActivationState.OPEN


def test_calls_of_a_finished_call_out_still_count_on_their_trunk_after_a_restart() -> None:
    story = story_with_trunk(channels=1)
    story.activates([(A,)])
    line = story.answers(A)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert story.activation.state is ActivationState.DONE
    fresh = story.restarted()
    fresh.telephony_comes_up(LiveChannel(line, answered=True, mix=MIX))
    target = NewTarget(TargetId("t-2"), "RSIB", "Region", (B,))
    fresh.asks(StartActivation(ActivationId("act-2"), "k2", CONFERENCE, "L", (target,)))
    assert fresh.dialled() == []
    fresh.hangs_up(line)
    assert fresh.dialled() == [B]


def test_a_called_person_whose_time_is_up_is_told_so() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    line = story.answers(A)
    story.presses_nothing(line)
    assert callout_prompts.CALLOUT_NO_KEY in story.said_to(line)


def test_a_line_that_asterisk_does_not_hand_over_in_time_is_fetched_and_told_goodbye() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    line = story.answers(A)
    story.passes(longest_s(story.policy[CalloutPolicy]) - HANDED_OVER_S)
    assert story.said_to(line)[-1] == callout_prompts.CALLOUT_KEYS
    story.passes(HANDED_OVER_S)
    assert callout_prompts.CALLOUT_NO_KEY in story.said_to(line)


def test_a_key_counts_also_when_the_news_of_the_answer_was_lost() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    story.happens(KeyTaken(story.now_s, story.line_to(A), "1"))
    assert story.target(0).state is TargetState.JOINED


def test_asterisk_is_told_the_whole_question_with_the_call() -> None:
    story = story_with_trunk()
    story.activates([(A,)], exercise=True)
    [dial] = story.done(Dial)
    digits = tuple(phrases.number(int(one)) for one in "085555555")
    assert dial.question == SpokenQuestion(
        (conference_prompts.ENTRY_EXERCISE, callout_prompts.CALLOUT_INTRO, callout_prompts.CALLOUT_KEYS),
        (callout_prompts.CALLOUT_KEYS,),
        Language.SV,
        30.0,
        REPEATS,
        (callout_prompts.CALLOUT_MINUTES,),
        (
            ("2", (callout_prompts.CALLOUT_LATER, callout_prompts.CALLOUT_CALLED_THEN)),
            ("3", (callout_prompts.CALLOUT_CANNOT,)),
            ("4", (callout_prompts.CALLOUT_NO_DEPUTY,)),
            ("", (callout_prompts.CALLOUT_NO_KEY, callout_prompts.CALLOUT_RING_IN, *digits)),
        ),
    )


@pytest.mark.parametrize(
    ("causes", "result"),
    [
        ([1, 22, 28], AttemptResult.INVALID),
        ([17], AttemptResult.BUSY),
        ([21], AttemptResult.REJECTED),
        ([23], AttemptResult.FORWARDED),
        ([34, 38, 41, 42, 44], AttemptResult.CONGESTION),
        ([0, 16, 18, 19, 20], AttemptResult.NO_ANSWER),
        ([2, 3, 27, 31, 50, 57, 79, 88, 95, 102, 111, 127], AttemptResult.FAILED),
    ],
    ids=lambda value: value.value if isinstance(value, AttemptResult) else "",
)
def test_each_cause_that_operators_give_means_what_the_recommendation_says(
    causes: list[int], result: AttemptResult
) -> None:
    """Q.850, as operators use it: whose fault it is decides who is called next, and when."""
    for cause in causes:
        story = story_with_trunk()
        story.activates([(A, B)])
        [call] = story.live_attempts()
        story.call_ends(A, cause)
        ended = [one for one in story.records if isinstance(one, Attempt) and one.id == call][-1]
        assert (ended.result, ended.cause) == (result, cause)


def test_a_goodbye_whose_end_is_never_reported_ends_the_call_all_the_same() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    line = story.answers(A)
    story.keys(line, "3")
    assert HangUpLeg(line) not in story.effects
    story.passes(story.policy[EntryPolicy].prompt_longest_s + 1)
    assert HangUpLeg(line) in story.effects


def test_a_goodbye_that_cannot_be_played_ends_the_call_at_once() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    line = story.answers(A)
    story.keys(line, "3")
    story.fails(story.done(Play)[-1])
    assert HangUpLeg(line) in story.effects


def test_nobody_is_rung_for_ever_because_the_end_of_their_calls_is_never_told() -> None:
    story = story_with_trunk()
    story.activates([(A,)], rounds=2)
    story.passes(24 * 3600)
    assert len(story.dialled()) == 3
    assert story.target(0).state is TargetState.UNREACHABLE
    assert english(story.target(0).reason) == "the call was lost in a restart"


def test_a_standing_conferences_finished_call_outs_go_when_the_next_begins() -> None:
    story = story_with_trunk()
    for week in range(5):
        story.activates([(A,)], activation=ActivationId(f"act-{week}"), key=f"key-{week}")
        story.call_ends(A, 1)
    assert list(story.node[ACTIVATIONS]) == [ActivationId("act-4")]
    assert len(story.node[TARGETS]) == 1


def test_a_finished_call_out_stays_while_a_call_of_it_is_up_or_somebody_it_brought_is_rung_back() -> None:
    story = story_with_trunk()
    first = story.activates([(A,)])
    line = story.answers(A)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    targets = (NewTarget(TargetId("tgt-b"), "TiB", "K", (B,)),)
    story.asks(StartActivation(ActivationId("act-2"), "key-2", CONFERENCE, "L", targets))
    assert first in story.node[ACTIVATIONS]
    story.telephony_goes_down()
    story.telephony_comes_up()
    targets = (NewTarget(TargetId("tgt-c"), "TiB", "K", (C,)),)
    story.asks(StartActivation(ActivationId("act-3"), "key-3", CONFERENCE, "L", targets))
    assert story.target(0).state is TargetState.LOST


def test_a_call_of_unknown_outcome_is_not_placed_again_while_asterisk_is_out_of_sight() -> None:
    """It may have been placed and have ended meanwhile: then the same order would ring its phone a second time."""
    story = story_with_trunk()
    story.activates([(A,)])
    [order] = story.done(Dial)
    story.fails(order, Fate.UNKNOWN)
    story.telephony_goes_down()
    story.passes(5)
    assert story.dialled() == [A]
    story.telephony_comes_up(ended=((order.channel, 17),))
    assert english(story.target(0).reason) == "busy"


def test_a_refusal_after_an_order_without_an_answer_does_not_ring_the_phone_twice() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    [order] = story.done(Dial)
    story.fails(order, Fate.UNKNOWN)
    story.passes(1.1)
    story.fails(order, Fate.REFUSED)
    assert HangUpLeg(order.channel) in story.effects
    assert story.dialled() == [A, A]
    story.passes(6)
    assert [one.channel == order.channel for one in story.done(Dial)] == [True, True, False]


def test_an_empty_conference_that_is_ended_while_a_phone_rings_leaves_no_mix_standing() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    story.asks(EndConference(CONFERENCE))
    story.call_ends(A, 16)
    assert DestroyMix(MIX) in story.effects
    assert CONFERENCE not in story.node[CONFERENCES]


@pytest.mark.parametrize("numbers", [(), (A,)], ids=["nobody was called", "a call was up"])
def test_a_call_out_whose_conference_has_ended_is_settled_at_a_restart_and_not_by_the_next_order(
    numbers: tuple[str, ...],
) -> None:
    story = story_with_trunk()
    story.activates([numbers])
    story.asks(EndConference(CONFERENCE))
    fresh = story.restarted()
    assert isinstance(fresh.asks(MuteAll(CONFERENCE)), Refused)
    assert all(one.activation in fresh.node[ACTIVATIONS] for one in fresh.node[ATTEMPTS].values())
    fresh.telephony_comes_up()
    fresh.passes(60)
    assert (dict(fresh.node[ACTIVATIONS]), dict(fresh.node[ATTEMPTS])) == ({}, {})
