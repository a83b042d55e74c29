"""Somebody missed the call and rings the number that called: told at once why, and offered the meeting."""

from dataclasses import replace

import pytest

from bridge.domain.callout import callback
from bridge.domain.callout import prompts as callout_prompts
from bridge.domain.callout.commands import CancelActivation
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import ActivationState, TargetState
from bridge.domain.conference import prompts as conference_prompts
from bridge.domain.conference.effects import LookUpCode
from bridge.domain.conference.passing import ENTRIES
from bridge.domain.conference.records import CONFERENCES, Door, SeatState, Secrecy
from bridge.domain.kernel import phrases
from bridge.domain.telephony.effects import HangUpLeg, JoinMix
from bridge.domain.telephony.events import MixJoined
from tests.harness.story import CONFERENCE, MIX, Story

A = "+4684650041"
B = "+4684650042"
C = "+4684650043"


def rung(*functions: tuple[str, ...], secrecy: Secrecy = Secrecy.OPEN, calls_back_in: bool = False) -> Story:
    """A call-out under way, in which each first number rings."""
    story = Story()
    story.opens(secrecy=secrecy)
    if calls_back_in:
        opened = replace(story.conference, door=Door(calls_back_in=True))
        story.follows(lambda step: step.put(opened))
    story.activates(functions or [(A, B)])
    for numbers in functions or [(A, B)]:
        story.rings(numbers[0])
    return story


def is_code_looked_up(story: Story) -> bool:
    return bool(story.done(LookUpCode))


def test_a_caller_from_a_number_that_was_rung_hears_at_once_who_was_called_and_to_which_meeting() -> None:
    story = rung()
    line = story.calls("back", A)
    assert story.said_to(line) == [
        callout_prompts.CALLOUT_CALL_BACK,
        callout_prompts.CALLOUT_CALLED_WAS,
        phrases.spoken("TiB 0"),
        callout_prompts.CALLOUT_TO_MEETING,
        phrases.spoken("Övning"),
        callout_prompts.CALLOUT_KEYS,
    ]


@pytest.mark.parametrize("caller", [C, B, "", "anonymous"], ids=["another", "not rung yet", "withheld", "a word"])
def test_any_other_caller_is_greeted_as_ever(caller: str) -> None:
    story = rung()
    line = story.calls("back", caller)
    assert story.said_to(line) == [conference_prompts.ENTRY_WELCOME]
    assert story.target(0).state is TargetState.CALLING


def test_the_ringing_stops_at_once_and_the_board_shows_why() -> None:
    story = rung()
    story.calls("back", A)
    assert HangUpLeg(story.line_to(A)) in story.fresh
    assert (story.target(0).state, story.target(0).reason) == (TargetState.CALLS_BACK, CalloutReason.CALLS_BACK())
    story.call_ends(A, 16)
    story.passes(20)
    assert story.dialled() == [A]


def test_a_call_that_others_are_asked_in_too_rings_on() -> None:
    story = Story()
    story.opens()
    story.activates([(A, B), (B,)], parallel=True)
    story.rings(A)
    story.rings(B)
    story.calls("back", A)
    assert [one.channel for one in story.done(HangUpLeg)] == [story.line_to(A)]
    assert (story.target(0).state, story.target(1).state) == (TargetState.CALLS_BACK, TargetState.CALLING)


def test_one_who_presses_1_is_asked_for_a_code_since_a_number_is_only_a_hint() -> None:
    story = rung()
    line = story.calls("back", A)
    story.keys(line, "1")
    assert story.said_to(line)[-1] == callout_prompts.CALLOUT_KEY_CODE
    assert story.done(JoinMix) == []
    story.keys(line, "12345678#")
    assert is_code_looked_up(story)
    story.code_is(line, CONFERENCE)
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert [one.state for one in story.present()] == [SeatState.PRESENT]
    assert (story.target(0).state, story.target(0).reason) == (TargetState.JOINED, CalloutReason.CALLED_BACK())
    assert story.activation.state is ActivationState.DONE


def test_where_the_forum_lets_them_in_one_key_leads_in_as_the_function() -> None:
    story = rung(calls_back_in=True)
    line = story.calls("back", A)
    story.keys(line, "1")
    assert not is_code_looked_up(story)
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    [there] = story.present()
    assert (there.function, there.target) == ("TiB 0", story.target(0).id)
    assert story.target(0).state is TargetState.JOINED


def test_under_secrecy_a_code_is_keyed_always_and_nothing_of_the_meeting_is_said_before() -> None:
    story = rung(secrecy=Secrecy.SECRET, calls_back_in=True)
    line = story.calls("back", A)
    assert story.said_to(line) == [callout_prompts.CALLOUT_CALL_BACK, callout_prompts.CALLOUT_KEYS]
    story.keys(line, "1")
    assert story.said_to(line)[-1] == callout_prompts.CALLOUT_KEY_CODE
    assert story.done(JoinMix) == []


def test_a_locked_door_asks_for_a_code_too() -> None:
    story = rung(calls_back_in=True)
    story.follows(lambda step: step.put(replace(step.node[CONFERENCES][CONFERENCE], locked=True)))
    line = story.calls("back", A)
    story.keys(line, "1")
    assert story.said_to(line)[-1] == callout_prompts.CALLOUT_KEY_CODE


@pytest.mark.parametrize(("key", "state"), [("3", TargetState.CANNOT), ("4", TargetState.CANNOT)])
def test_3_and_4_count_as_on_the_call_and_the_line_is_put_down(key: str, state: TargetState) -> None:
    story = rung()
    line = story.calls("back", A)
    story.keys(line, key)
    story.prompt_ends(line)
    assert HangUpLeg(line) in story.fresh
    story.hangs_up(line)
    assert story.target(0).state is state
    story.call_ends(A, 16)
    assert story.dialled() == [A]


def test_2_asks_in_how_many_minutes_and_they_are_called_then() -> None:
    story = rung()
    line = story.calls("back", A)
    story.keys(line, "2")
    assert story.said_to(line)[-1] == callout_prompts.CALLOUT_MINUTES
    story.keys(line, "15")
    assert story.target(0).comes_at_s == story.now_s + 15 * 60
    assert story.said_to(line)[-2:] == [callout_prompts.CALLOUT_LATER, callout_prompts.CALLOUT_CALLED_THEN]
    story.prompt_ends(line)
    story.hangs_up(line)
    story.call_ends(A, 16)
    story.passes(15 * 60 + 1)
    assert story.dialled() == [A, A]


def test_one_who_hangs_up_without_a_key_is_rung_again_at_the_same_number() -> None:
    story = rung()
    story.calls("back", A)
    story.call_ends(A, 16)
    story.hangs_up("back")
    assert story.target(0).state is TargetState.WAITING
    story.passes(story.policy[CalloutPolicy].doubt_s + 1)
    assert story.dialled() == [A, A]
    assert story.target(0).round == 0


def test_a_wrong_code_to_the_end_lets_the_ringing_go_on() -> None:
    story = rung()
    line = story.calls("back", A)
    story.call_ends(A, 16)
    story.keys(line, "1")
    for _ in range(3):
        story.keys(line, "99999999#")
        story.code_is(line, None)
    story.prompt_ends(line)
    story.hangs_up(line)
    story.passes(30)
    assert story.dialled() == [A, A]


def test_a_forged_number_delays_the_call_a_few_times_at_most() -> None:
    story = rung()
    for call in range(callback.MOST):
        story.calls(f"forged-{call}", A)
        story.call_ends(A, 16)
        story.hangs_up(f"forged-{call}")
        story.passes(10)
    line = story.calls("forged-last", A)
    assert story.said_to(line) == [conference_prompts.ENTRY_WELCOME]
    assert story.target(0).state is TargetState.CALLING


def test_silence_is_asked_again_and_ends_with_the_number_to_call() -> None:
    story = rung()
    line = story.calls("back", A)
    for _ in range(3):
        story.prompt_ends(line)
        story.passes(4)
    assert callout_prompts.CALLOUT_NO_KEY in story.said_to(line)
    story.prompt_ends(line)
    assert HangUpLeg(line) in story.fresh


def test_one_who_could_not_be_reached_rings_back_and_answers_after_all() -> None:
    story = rung((A,))
    for _ in range(3):
        story.call_ends(A, 19)
        story.passes(91)
    assert story.target(0).state is TargetState.UNREACHABLE
    assert story.activation.state is ActivationState.DONE
    line = story.calls("back", A)
    story.keys(line, "2#")
    assert (story.target(0).state, story.activation.state) == (TargetState.LATER, ActivationState.OPEN)
    story.prompt_ends(line)
    story.hangs_up(line)
    story.passes(1801)
    assert story.dialled()[-1] == A


def test_one_who_could_not_be_reached_and_hangs_up_again_is_as_before() -> None:
    story = rung((A,))
    for _ in range(3):
        story.call_ends(A, 19)
        story.passes(91)
    story.calls("back", A)
    story.hangs_up("back")
    assert story.target(0).state is TargetState.UNREACHABLE


def test_after_a_restart_somebody_who_was_on_the_line_is_told_anew_and_nobody_is_forgotten() -> None:
    story = rung()
    story.calls("back", A)
    story.call_ends(A, 16)
    again = story.restarted()
    assert again.target(0).state is TargetState.WAITING
    again.telephony_comes_up(mixes=[MIX])
    again.passes(10)
    assert again.dialled() == [A]


def test_a_call_out_that_is_taken_back_is_not_offered() -> None:
    story = rung()
    story.asks(CancelActivation(story.activation.id))
    line = story.calls("back", A)
    assert story.said_to(line) == [conference_prompts.ENTRY_WELCOME]


def test_a_call_out_that_is_taken_back_meanwhile_leads_to_the_door() -> None:
    story = rung()
    line = story.calls("back", A)
    story.asks(CancelActivation(story.activation.id))
    story.keys(line, "1")
    assert story.said_to(line)[-1] == callout_prompts.CALLOUT_KEY_CODE
    assert story.target(0).state is TargetState.CANCELLED
    assert line in story.node[ENTRIES]


def test_a_shared_telephone_that_rings_back_is_asked_who_answers() -> None:
    story = rung((A,), (A,), calls_back_in=True)
    line = story.calls("back", A)
    story.keys(line, "1")
    assert story.said_to(line)[-1] == phrases.number(3)
    story.keys(line, "2")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert [one.function for one in story.present()] == ["TiB 1"]
    assert story.target(0).reason == CalloutReason.ANSWERED_BY_OTHER()
