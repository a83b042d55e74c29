"""One call to several functions behind one number, and several calls to one function at once."""

from dataclasses import replace

import pytest

from bridge.domain.callout import prompts as callout_prompts
from bridge.domain.callout.commands import CancelActivation, NewTarget
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import ATTEMPTS, TARGETS, ActivationState, AttemptResult, Target, TargetState
from bridge.domain.conference.records import PARTICIPANTS, Seat
from bridge.domain.kernel import phrases
from bridge.domain.kernel.ids import ChannelId, TargetId
from bridge.domain.kernel.policy import Policy
from bridge.domain.telephony.effects import Dial, HangUpLeg, JoinMix
from bridge.domain.telephony.events import KeyTaken, LaterPressed, LiveChannel, MixJoined
from tests.harness.reasons import english
from tests.harness.story import MIX, TRUNK, Story

A, B, C, D = "+46846500401", "+46846500402", "+46846500403", "+46846500404"


def function(name: str, *numbers: str, deputies: tuple[NewTarget, ...] = ()) -> NewTarget:
    return NewTarget(TargetId(f"tgt-{name}"), name, "Kommun", numbers, function_id=f"fun-{name}", deputies=deputies)


def called_out(
    *functions: NewTarget, calls_per_s: float = 0, channels: int = 100, rounds: int = 1, **more: object
) -> Story:
    trunks = (TrunkPolicy(name=TRUNK, calls_per_s=calls_per_s, channels=channels),)
    story = Story(Policy(CalloutPolicy(trunks=trunks)))
    story.opens()
    story.activates([], targets=functions, rounds=rounds, **more)
    return story


def row(story: Story, name: str) -> Target:
    return story.node[TARGETS][TargetId(f"tgt-{name}")]


def states(story: Story, *names: str) -> list[TargetState]:
    return [row(story, one).state for one in names]


# --- functions behind one number ---


def who_answers(story: Story, key: str) -> ChannelId:
    """Somebody on the shared telephone presses 1, and then the key that tells who they are."""
    line = story.answers(A)
    story.happens(KeyTaken(story.now_s, line, f"1{key}"))
    return line


def comes_in(story: Story, line: ChannelId) -> Seat:
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    [there] = story.present()
    return there


def test_after_a_1_the_shared_telephone_is_asked_who_answers_and_both_is_the_last_choice() -> None:
    story = called_out(function("tib", A), function("chief", A))
    [call] = story.done(Dial)
    assert call.question is not None
    assert call.question.choices == 3
    assert call.question.who == (
        callout_prompts.CALLOUT_WHO,
        *(callout_prompts.CALLOUT_WHO_FOR, phrases.spoken("tib"), callout_prompts.CALLOUT_WHO_PRESS, phrases.number(1)),
        *(callout_prompts.CALLOUT_WHO_FOR, phrases.spoken("chief")),
        *(callout_prompts.CALLOUT_WHO_PRESS, phrases.number(2)),
        *(callout_prompts.CALLOUT_WHO_BOTH, callout_prompts.CALLOUT_WHO_PRESS, phrases.number(3)),
    )


def test_one_function_alone_is_not_asked_who_it_is() -> None:
    [call] = called_out(function("tib", A)).done(Dial)
    assert call.question is not None
    assert (call.question.who, call.question.choices) == ((), 0)


def test_functions_of_one_name_are_told_apart_by_their_organisations() -> None:
    one = function("a", A)
    called = [replace(one, function="TiB"), replace(one, id=TargetId("tgt-b"), function="TiB", organisation="Region")]
    [call] = called_out(*called).done(Dial)
    assert call.question is not None
    assert {phrases.spoken("Kommun TiB"), phrases.spoken("Region TiB")} <= set(call.question.who)


def test_one_who_answers_for_one_function_is_in_for_that_alone_and_the_other_is_called_on() -> None:
    story = called_out(function("tib", A, B), function("chief", A, C))
    there = comes_in(story, who_answers(story, "1"))
    story.passes(1)
    assert states(story, "tib", "chief") == [TargetState.JOINED, TargetState.CALLING]
    assert story.dialled() == [A, C]
    assert (there.function, there.also, there.name) == ("tib", (), "Kommun tib")


def test_the_other_whose_only_telephone_is_taken_has_its_deputy_called() -> None:
    story = called_out(function("tib", A), function("chief", A, deputies=(function("dep", D),)), rounds=3)
    comes_in(story, who_answers(story, "1"))
    story.passes(1)
    assert english(row(story, "chief").reason) == "another function answered the shared telephone"
    assert states(story, "tib", "chief", "dep") == [TargetState.JOINED, TargetState.UNREACHABLE, TargetState.CALLING]


def test_the_call_that_is_up_tells_nothing_more_of_a_function_that_it_does_not_answer_for() -> None:
    story = called_out(function("tib", A), function("chief", A, C))
    line = who_answers(story, "1")
    comes_in(story, line)
    story.passes(1)
    story.hangs_up(line)
    assert states(story, "tib", "chief") == [TargetState.JOINED, TargetState.CALLING]


def test_one_who_answers_for_both_sits_for_both() -> None:
    story = called_out(function("tib", A), function("chief", A))
    there = comes_in(story, who_answers(story, "3"))
    assert states(story, "tib", "chief") == [TargetState.JOINED, TargetState.JOINED]
    assert row(story, "chief").reason is None
    assert there.is_of("tib", "Kommun")
    assert there.is_of("chief", "Kommun")
    assert not there.is_of("tib", "Region")


@pytest.mark.parametrize("key", ["", "4", "9"])
def test_one_who_does_not_say_who_comes_in_and_the_board_shows_it(key: str) -> None:
    story = called_out(function("tib", A), function("chief", A))
    comes_in(story, who_answers(story, key))
    assert states(story, "tib", "chief") == [TargetState.JOINED, TargetState.JOINED]
    assert english(row(story, "tib").reason) == "takes part; did not say who answers"


def test_the_answer_that_came_while_no_controller_was_there_tells_who_too() -> None:
    story = called_out(function("tib", A), function("chief", A, C))
    line = story.answers(A)
    again = story.restarted()
    again.telephony_comes_up(LiveChannel(line, answered=True, key="12"))
    comes_in(again, line)
    again.passes(1)
    assert (row(again, "tib").state, row(again, "chief").state) == (TargetState.UNREACHABLE, TargetState.JOINED)


def test_a_restart_keeps_for_whom_a_call_does_not_answer() -> None:
    story = called_out(function("tib", A), function("chief", A, C))
    line = who_answers(story, "1")
    comes_in(story, line)
    story.passes(1)
    again = story.restarted()
    [call] = [one for one in again.node[ATTEMPTS].values() if one.number == A]
    assert call.released == ("tgt-chief",)
    assert [one.also for one in again.node[PARTICIPANTS].values()] == [()]


def test_two_functions_behind_one_number_are_asked_in_one_call_that_names_both() -> None:
    story = called_out(function("tib", A), function("chief", A))
    assert story.dialled() == [A]
    said = story.said_to(story.answers(A))
    assert said[1:4] == [callout_prompts.CALLOUT_FOR_THESE, phrases.spoken("tib"), phrases.spoken("chief")]
    assert states(story, "tib", "chief") == [TargetState.ASKED, TargetState.ASKED]


@pytest.mark.parametrize(
    ("key", "state"),
    [("1", TargetState.JOINED), ("2", TargetState.LATER), ("3", TargetState.CANNOT), ("4", TargetState.CANNOT)],
)
def test_the_answer_counts_for_both(key: str, state: TargetState) -> None:
    story = called_out(function("tib", A), function("chief", A))
    story.keys(story.answers(A), key)
    assert states(story, "tib", "chief") == [state, state]
    [attempt] = story.node[ATTEMPTS].values()
    assert (attempt.target, attempt.also) == ("tgt-tib", ("tgt-chief",))


def test_one_who_joins_for_two_functions_is_one_participant_with_both_names() -> None:
    story = called_out(function("tib", A), function("chief", A))
    line = story.answers(A)
    story.keys(line, "1")
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, MIX))
    assert [one.name for one in story.present()] == ["Kommun tib, Kommun chief"]


def test_a_busy_number_that_two_share_sends_each_to_its_own_next_number() -> None:
    story = called_out(function("tib", A, B), function("chief", A, C))
    story.call_ends(A, 17)
    assert story.dialled() == [A, B, C]
    assert [row(story, one).attempts_made for one in ("tib", "chief")] == [2, 2]


def test_the_deputies_of_both_are_called_after_a_4() -> None:
    story = called_out(
        function("tib", A, deputies=(function("first", B),)), function("chief", A, deputies=(function("second", C),))
    )
    story.keys(story.answers(A), "4")
    story.passes(1)
    assert story.dialled() == [A, B, C]


def test_a_restart_keeps_whom_a_call_is_to() -> None:
    story = called_out(function("tib", A), function("chief", A))
    fresh = story.restarted()
    fresh.telephony_comes_up(LiveChannel(story.line_to(A), answered=True, key="3"))
    assert states(fresh, "tib", "chief") == [TargetState.CANNOT, TargetState.CANNOT]
    assert fresh.dialled() == []


def test_a_cancelled_call_out_ends_the_call_to_both_once() -> None:
    story = called_out(function("tib", A), function("chief", A))
    story.rings(A)
    story.asks(CancelActivation(story.activation.id))
    assert story.done(HangUpLeg) == [HangUpLeg(story.line_to(A))]


# --- numbers at once ---


def test_all_numbers_of_a_function_ring_at_once() -> None:
    story = called_out(function("tib", A, B, C), parallel=True)
    assert story.dialled() == [A, B, C]
    assert row(story, "tib").attempts_made == 3


@pytest.mark.parametrize("key", ["1", "2", "3", "4"])
def test_the_first_key_stops_the_others(key: str) -> None:
    story = called_out(function("tib", A, B, C), parallel=True)
    story.rings(A)
    story.rings(C)
    line = story.answers(B)
    assert story.done(HangUpLeg) == [], "answered is not confirmed"
    story.keys(line, key)
    assert story.done(HangUpLeg) == [HangUpLeg(story.line_to(A)), HangUpLeg(story.line_to(C))]


def test_a_2_stops_the_others_before_the_minutes_are_keyed() -> None:
    story = called_out(function("tib", A, B), parallel=True)
    story.happens(LaterPressed(story.now_s, story.answers(B)))
    assert story.done(HangUpLeg) == [HangUpLeg(story.line_to(A))]


def test_another_who_has_answered_hears_that_nothing_need_be_done_and_is_never_bridged() -> None:
    story = called_out(function("tib", A, B), parallel=True)
    first, second = story.answers(A), story.answers(B)
    story.keys(first, "1")
    story.keys(second, "1")
    assert story.said_to(second)[-1] == callout_prompts.CALLOUT_CANCELLED
    story.prompt_ends(first)
    story.prompt_ends(second)
    assert [one.channel for one in story.done(JoinMix)] == [first]
    assert HangUpLeg(second) in story.effects


def test_one_who_answers_in_the_moment_in_which_another_presses_1_is_told_so_too() -> None:
    story = called_out(function("tib", A, B), parallel=True)
    story.keys(story.answers(A), "1")
    second = story.answers(B)
    assert story.said_to(second)[-1] == callout_prompts.CALLOUT_CANCELLED


def test_a_voicemail_does_not_stop_the_telephone_beside_it() -> None:
    story = called_out(function("tib", A, B), parallel=True)
    machine = story.answers(A)
    story.presses_nothing(machine)
    story.prompt_ends(machine)
    story.call_ends(A, 16)
    assert row(story, "tib").state is TargetState.CALLING
    story.keys(story.answers(B), "1")
    assert row(story, "tib").state is TargetState.JOINED


def test_the_next_round_begins_when_all_have_ended_in_vain_and_leaves_out_numbers_that_do_not_exist() -> None:
    story = called_out(function("tib", A, B), parallel=True, rounds=2, round_pause_s=60.0)
    story.call_ends(A, 1)
    assert row(story, "tib").state is TargetState.CALLING
    story.call_ends(B, 17)
    story.passes(61)
    assert story.dialled() == [A, B, B]
    story.call_ends(B, 17)
    assert row(story, "tib").state is TargetState.UNREACHABLE
    assert english(row(story, "tib").reason) == "busy"
    assert story.activation.state is ActivationState.DONE


def test_each_of_the_calls_counts_against_the_pace_and_the_channels() -> None:
    story = called_out(function("tib", A, B, C), parallel=True, channels=2)
    assert story.dialled() == [A, B]
    story.call_ends(A, 17)
    assert story.dialled() == [A, B, C]
    paced = called_out(function("tib", A, B, C), parallel=True, calls_per_s=1)
    assert paced.dialled() == [A]
    paced.passes(1.0)
    assert paced.dialled() == [A, B]
    paced.passes(1.0)
    assert paced.dialled() == [A, B, C]


def test_congestion_costs_a_number_called_beside_others_nothing() -> None:
    story = called_out(function("tib", A, B), parallel=True)
    story.call_ends(A, 34)
    story.passes(5)
    assert story.dialled() == [A, B, A]
    assert row(story, "tib").attempts_made == 2


def test_a_number_that_no_trunk_may_call_is_passed_over_beside_others() -> None:
    story = called_out(function("tib", "+88211111", A), function("abroad", "+88222222"), parallel=True)
    assert story.dialled() == [A]
    assert english(row(story, "abroad").reason) == "no trunk may call this number"
    assert row(story, "abroad").state is TargetState.UNREACHABLE


def test_two_keys_that_asterisk_took_while_no_controller_was_there_bridge_one() -> None:
    story = called_out(function("tib", A, B), parallel=True)
    lines = [story.line_to(A), story.line_to(B)]
    fresh = story.restarted()
    fresh.telephony_comes_up(*(LiveChannel(one, answered=True, key="1") for one in lines))
    fresh.prompt_ends(lines[0])
    assert [one.channel for one in fresh.done(JoinMix)] == lines[:1]
    assert HangUpLeg(lines[1]) in fresh.effects or callout_prompts.CALLOUT_CANCELLED in fresh.said_to(lines[1])


def test_a_shared_number_and_numbers_at_once_go_together() -> None:
    story = called_out(function("tib", A, B), function("chief", A, C), parallel=True)
    assert story.dialled() == [A, B, C]
    story.keys(story.answers(A), "3")
    assert story.done(HangUpLeg) == [HangUpLeg(story.line_to(B)), HangUpLeg(story.line_to(C))]
    assert [one.result for one in story.node[ATTEMPTS].values()].count(AttemptResult.CANCELLED) == 2
    assert len(story.done(Dial)) == 3
