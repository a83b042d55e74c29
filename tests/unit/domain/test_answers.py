"""What a called person answers by key: in so many minutes, my deputy, and the question once more."""

import pytest

from bridge.domain.callout import prompts as callout_prompts
from bridge.domain.callout.commands import CancelActivation, NewTarget, StartActivation
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.questions import HANDED_OVER_S, MINUTES_S, REPEATS, longest_s
from bridge.domain.callout.records import ACTIVATIONS, ATTEMPTS, TARGETS, ActivationState, Target, TargetState
from bridge.domain.conference.events import CodeResolved
from bridge.domain.conference.records import Holder
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ActivationId, TargetId
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done
from bridge.domain.telephony.effects import Dial, HangUpLeg
from bridge.domain.telephony.events import LaterPressed, LiveChannel
from tests.harness.reasons import english
from tests.harness.story import CONFERENCE, TRUNK, Story

A, B, C = "+46846500401", "+46846500402", "+46846500403"


def function(name: str, *numbers: str, deputies: tuple[NewTarget, ...] = ()) -> NewTarget:
    return NewTarget(TargetId(f"tgt-{name}"), name, "Kommun", numbers, function_id=f"fun-{name}", deputies=deputies)


def called_out(*functions: NewTarget, **more: object) -> Story:
    trunks = (TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100),)
    story = Story(Policy(CalloutPolicy(trunks=trunks)))
    story.opens()
    story.activates([], targets=functions, rounds=1, **more)
    return story


def row(story: Story, name: str) -> Target:
    return story.node[TARGETS][TargetId(f"tgt-{name}")]


# --- once more ---


def test_the_question_is_said_again_by_asterisk_itself_and_so_often_at_most() -> None:
    story = called_out(function("tib", A))
    [call] = story.done(Dial)
    assert call.question is not None
    assert (call.question.repeats, call.question.wait_s) == (REPEATS, 30.0)


def test_one_who_hears_the_question_again_is_not_taken_off_the_line_meanwhile() -> None:
    story = called_out(function("tib", A))
    line = story.answers(A)
    story.passes(30.0 * (1 + REPEATS))
    assert row(story, "tib").state is TargetState.ASKED
    story.keys(line, "1")
    assert row(story, "tib").state is TargetState.JOINED


# --- in so many minutes ---


def test_one_who_comes_in_ten_minutes_is_shown_as_coming_then_and_called_then() -> None:
    story = called_out(function("tib", A, B))
    asked_at_s = story.now_s
    story.call_ends(A, 17)
    story.comes_in(story.answers(B), "10")
    assert (row(story, "tib").state, row(story, "tib").comes_at_s) == (TargetState.LATER, asked_at_s + 600.0)
    story.call_ends(B, 16)
    assert story.activation.state is ActivationState.OPEN
    story.passes(599.0)
    assert story.dialled() == [A, B]
    story.passes(2.0)
    assert story.dialled() == [A, B, B], "at the number at which they were reached"
    line = story.answers(B)
    assert callout_prompts.CALLOUT_PROMISED in story.said_to(line)
    story.keys(line, "1")
    assert row(story, "tib").comes_at_s is None
    assert story.activation.state is ActivationState.DONE


@pytest.mark.parametrize("minutes", ["", "0", "00", "1000", "x"])
def test_one_who_keys_no_minutes_is_called_after_the_time_in_the_settings(minutes: str) -> None:
    story = called_out(function("tib", A))
    story.comes_in(story.answers(A), minutes)
    assert row(story, "tib").comes_at_s == story.now_s + story.policy[CalloutPolicy].later_s


def test_one_who_has_pressed_2_and_hangs_up_while_the_minutes_are_asked_for_is_not_called_at_once() -> None:
    story = called_out(function("tib", A, B))
    line = story.answers(A)
    story.happens(LaterPressed(story.now_s, line))
    story.call_ends(A, 16)
    assert row(story, "tib").state is TargetState.LATER
    story.passes(60)
    assert story.dialled() == [A]


def test_one_who_has_pressed_2_is_not_told_that_nothing_was_pressed_if_the_line_is_not_handed_over() -> None:
    story = called_out(function("tib", A))
    line = story.answers(A)
    story.happens(LaterPressed(story.now_s, line))
    story.passes(MINUTES_S + HANDED_OVER_S)
    assert callout_prompts.CALLOUT_LATER in story.said_to(line)
    assert callout_prompts.CALLOUT_NO_KEY not in story.said_to(line)


def test_the_receipt_of_a_2_says_that_they_are_called_then() -> None:
    story = called_out(function("tib", A))
    line = story.answers(A)
    story.comes_in(line, "10")
    assert story.said_to(line)[-2:] == [callout_prompts.CALLOUT_LATER, callout_prompts.CALLOUT_CALLED_THEN]


def test_one_who_has_dialled_in_by_then_is_not_called() -> None:
    story = called_out(function("tib", A))
    story.comes_in(story.answers(A), "10")
    story.call_ends(A, 16)
    caller = story.calls("leg-caller", caller=B)
    story.keys(caller, "12345678#")
    story.happens(CodeResolved(story.now_s, caller, CONFERENCE, holder=Holder("tib", "Kommun")))
    assert row(story, "tib").state is TargetState.JOINED
    assert english(row(story, "tib").reason) == "has called in, as promised"
    assert story.activation.state is ActivationState.DONE
    story.prompt_ends(caller)
    story.passes(700)
    assert story.dialled() == [A]


def test_one_who_is_called_then_and_does_not_answer_has_the_deputy_called() -> None:
    story = called_out(function("tib", A, deputies=(function("deputy", C),)))
    story.comes_in(story.answers(A), "10")
    story.call_ends(A, 16)
    story.passes(601)
    assert story.dialled() == [A, A]
    story.call_ends(A, 19)
    story.passes(1)
    assert story.dialled() == [A, A, C]


def test_a_cancelled_call_out_calls_nobody_who_was_to_come_later() -> None:
    story = called_out(function("tib", A))
    story.comes_in(story.answers(A), "10")
    story.call_ends(A, 16)
    story.asks(CancelActivation(story.activation.id))
    story.passes(700)
    assert story.dialled() == [A]


def test_a_restart_keeps_when_they_come() -> None:
    story = called_out(function("tib", A))
    story.comes_in(story.answers(A), "10")
    story.call_ends(A, 16)
    fresh = story.restarted()
    fresh.telephony_comes_up()
    fresh.passes(590)
    assert fresh.dialled() == []
    fresh.passes(11)
    assert fresh.dialled() == [A]


def test_the_minutes_count_that_asterisk_took_while_no_controller_was_there() -> None:
    story = called_out(function("tib", A), function("chief", B))
    story.rings(A)
    story.rings(B)
    fresh = story.restarted()
    here = LiveChannel(story.line_to(B), answered=True, key="220")
    fresh.telephony_comes_up(here, ended=((story.line_to(A), 16),), keyed=((story.line_to(A), "210"),))
    assert [row(fresh, one).comes_at_s for one in ("tib", "chief")] == [fresh.now_s + 600, fresh.now_s + 1200]


def test_one_who_is_asked_for_the_minutes_while_the_controller_comes_back_is_neither_hung_up_nor_called_again() -> None:
    story = called_out(function("tib", A, B))
    line = story.answers(A)
    story.happens(LaterPressed(story.now_s, line))
    fresh = story.restarted()
    fresh.telephony_comes_up(LiveChannel(line, answered=False, asked=True))
    assert HangUpLeg(line) not in fresh.effects
    fresh.hangs_up(line)
    fresh.passes(60)
    assert fresh.dialled() == []
    assert row(fresh, "tib").state is TargetState.LATER


def test_one_who_pressed_2_while_no_controller_was_there_and_hangs_up_before_the_minutes_comes_later() -> None:
    story = called_out(function("tib", A, B))
    line = story.answers(A)
    fresh = story.restarted()
    fresh.telephony_comes_up(LiveChannel(line, answered=False, asked=True, key="2"))
    fresh.hangs_up(line)
    fresh.passes(60)
    assert (row(fresh, "tib").state, fresh.dialled()) == (TargetState.LATER, [])


# --- nobody presses anything ---


def test_a_voicemail_is_left_what_it_was_about_and_the_number_to_call_and_no_code() -> None:
    story = called_out(function("tib", A))
    line = story.answers(A)
    story.presses_nothing(line)
    number = [phrases.number(int(one)) for one in "085555555"]
    message = [callout_prompts.CALLOUT_NO_KEY, callout_prompts.CALLOUT_RING_IN, *number]
    assert list(story.said_to(line))[-len(message) :] == message
    (call,) = story.done(Dial)
    assert call.question is not None
    assert dict(call.question.receipts)[""] == tuple(message), "Asterisk says the same where no controller is there"


def test_the_same_list_may_be_called_out_again_while_only_those_who_come_later_are_awaited() -> None:
    story = called_out(function("tib", A), function("chief", B), list_id="list-1")
    story.comes_in(story.answers(A), "10")
    story.call_ends(A, 16)
    story.call_ends(B, 17)
    again = NewTarget(TargetId("tgt-again"), "tib", "Kommun", (A,))
    second = StartActivation(ActivationId("act-2"), "k2", CONFERENCE, "L", (again,), list_id="list-1", rounds=1)
    assert story.asks(second) == Done("act-2")
    story.call_ends(A, 17)
    story.passes(700)
    assert story.dialled() == [A, B, A], "the second call-out has called them instead"
    assert ActivationId("act-1") not in story.node[ACTIVATIONS]


# --- my deputy ---


def test_by_4_the_deputy_is_called_at_once_and_the_receipt_says_so() -> None:
    story = called_out(function("tib", A, deputies=(function("deputy", C),)))
    line = story.answers(A)
    story.keys(line, "4")
    assert callout_prompts.CALLOUT_DEPUTY in story.said_to(line)
    story.passes(1)
    assert story.dialled() == [A, C]
    assert english(row(story, "tib").reason) == "the deputy is to come instead"
    [attempt] = [one for one in story.node[ATTEMPTS].values() if one.number == A]
    assert attempt.result == "deputy"


def test_one_who_asks_for_a_deputy_and_has_none_hears_so_and_the_board_says_so() -> None:
    story = called_out(function("tib", A, deputies=(function("numberless"),)))
    line = story.answers(A)
    story.keys(line, "4")
    assert callout_prompts.CALLOUT_NO_DEPUTY in story.said_to(line)
    assert callout_prompts.CALLOUT_DEPUTY not in story.said_to(line)
    assert row(story, "tib").state is TargetState.CANNOT
    assert english(row(story, "tib").reason) == "asks for the deputy, and there is none to call"


def test_one_who_cannot_come_hears_of_a_deputy_only_if_there_is_one() -> None:
    story = called_out(function("tib", A, deputies=(function("deputy", C),)), function("chief", B))
    first, second = story.answers(A), story.answers(B)
    story.keys(first, "3")
    story.keys(second, "3")
    assert story.said_to(first)[-2:] == [callout_prompts.CALLOUT_CANNOT, callout_prompts.CALLOUT_DEPUTY]
    assert story.said_to(second)[-1:] == [callout_prompts.CALLOUT_CANNOT]


def test_a_deputy_passes_the_call_on_to_the_next() -> None:
    story = called_out(function("tib", A, deputies=(function("first", B), function("second", C))))
    story.keys(story.answers(A), "4")
    story.passes(1)
    line = story.answers(B)
    story.keys(line, "4")
    assert callout_prompts.CALLOUT_DEPUTY in story.said_to(line)
    story.passes(1)
    assert story.dialled() == [A, B, C]


def test_a_4_counts_that_asterisk_took_while_no_controller_was_there() -> None:
    story = called_out(function("tib", A, deputies=(function("deputy", C),)))
    story.rings(A)
    fresh = story.restarted()
    fresh.telephony_comes_up(ended=((story.line_to(A), 16),), keyed=((story.line_to(A), "4"),))
    fresh.passes(1)
    assert fresh.dialled() == [C]


def test_asterisk_has_the_receipts_for_when_no_controller_is_there() -> None:
    story = called_out(function("tib", A, deputies=(function("deputy", C),)), function("chief", B))
    receipts = [dict(call.question.receipts) for call in story.done(Dial) if call.question is not None]
    assert [one["4"] for one in receipts] == [(callout_prompts.CALLOUT_DEPUTY,), (callout_prompts.CALLOUT_NO_DEPUTY,)]


def test_a_line_that_is_not_handed_over_is_fetched_when_every_repeat_could_be_over() -> None:
    story = called_out(function("tib", A))
    line = story.answers(A)
    story.passes(longest_s(story.policy[CalloutPolicy]))
    assert callout_prompts.CALLOUT_NO_KEY in story.said_to(line)
