"""A leader acts on one function of a call-out. It is rung now, at its next number, or its deputy is."""

import pytest

from bridge.domain.callout.commands import CancelActivation, NewTarget, SteerTarget, TargetAct
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import ACTIVATIONS, TARGETS, ActivationState, Target, TargetState
from bridge.domain.kernel.ids import ActivationId, TargetId
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused, Reply
from tests.harness.story import TRUNK, Story

A, B, C, D = "+46846500401", "+46846500402", "+46846500403", "+46846500404"
BUSY = 17


def function(name: str, *numbers: str, deputies: tuple[NewTarget, ...] = ()) -> NewTarget:
    return NewTarget(TargetId(f"tgt-{name}"), name, "Kommun", numbers, function_id=f"fun-{name}", deputies=deputies)


def called_out(*functions: NewTarget, rounds: int = 1, **more: object) -> Story:
    trunks = (TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100, prefixes=("+46",)),)
    story = Story(Policy(CalloutPolicy(trunks=trunks)))
    story.opens()
    story.activates([], targets=functions, rounds=rounds, **more)
    return story


def row(story: Story, name: str) -> Target:
    return story.node[TARGETS][TargetId(f"tgt-{name}")]


def steers(story: Story, act: TargetAct, name: str = "tib", note: str = "") -> Reply:
    return story.asks(SteerTarget(story.activation.id, TargetId(f"tgt-{name}"), act, note), "leader")


def test_one_who_was_given_up_is_rung_again_from_the_first_number() -> None:
    story = called_out(function("tib", A, B))
    story.call_ends(A, BUSY)
    story.call_ends(B, BUSY)
    assert (row(story, "tib").state, story.activation.state) == (TargetState.UNREACHABLE, ActivationState.DONE)
    assert isinstance(steers(story, TargetAct.RING), Done)
    assert story.dialled() == [A, B, A]
    assert (row(story, "tib").state, story.activation.state) == (TargetState.CALLING, ActivationState.OPEN)
    assert row(story, "tib").reason == CalloutReason.RUNG_BY_ORDER(by="leader")


def test_one_who_waits_for_the_next_round_is_rung_at_once() -> None:
    story = called_out(function("tib", A), rounds=3, round_pause_s=90.0)
    story.call_ends(A, BUSY)
    story.passes(5)
    assert story.dialled() == [A]
    steers(story, TargetAct.RING)
    assert story.dialled() == [A, A]


def test_one_who_is_rung_already_is_left_alone() -> None:
    story = called_out(function("tib", A, B))
    before = row(story, "tib")
    assert isinstance(steers(story, TargetAct.RING), Done)
    assert story.dialled() == [A]
    assert row(story, "tib") == before


def test_the_next_number_is_rung_at_once_and_the_first_call_is_ended() -> None:
    story = called_out(function("tib", A, B))
    line = story.line_to(A)
    steers(story, TargetAct.NEXT_NUMBER)
    assert story.dialled() == [A, B]
    story.hangs_up(line)
    assert row(story, "tib").state is TargetState.CALLING, "the end of the first call tells nothing of the second"
    story.keys(story.answers(B), "1")
    assert row(story, "tib").state is TargetState.JOINED


def test_after_the_last_number_comes_the_first() -> None:
    story = called_out(function("tib", A, B))
    story.call_ends(A, BUSY)
    steers(story, TargetAct.NEXT_NUMBER)
    assert story.dialled() == [A, B, A]


def test_others_who_are_asked_in_the_same_call_are_asked_still() -> None:
    story = called_out(function("tib", A, B), function("chef", A))
    steers(story, TargetAct.NEXT_NUMBER)
    assert story.dialled() == [A, B]
    story.keys(story.answers(A), "1")
    assert (row(story, "chef").state, row(story, "tib").state) == (TargetState.JOINED, TargetState.CALLING)


def test_the_deputy_is_rung_in_its_place() -> None:
    story = called_out(function("tib", A, B, deputies=(function("deputy", C),)))
    steers(story, TargetAct.DEPUTY)
    story.passes(1)
    assert story.dialled() == [A, C]
    assert row(story, "tib").reason == CalloutReason.DEPUTY_BY_ORDER(by="leader")


def test_one_who_was_reached_in_another_way_is_rung_no_more_and_has_not_come() -> None:
    story = called_out(function("tib", A, B), quorum=1)
    steers(story, TargetAct.REACHED, note="i Rakel av RKK")
    story.passes(60)
    assert story.dialled() == [A]
    assert row(story, "tib").state is TargetState.REACHED
    assert row(story, "tib").reason == CalloutReason.MARKED_REACHED(by="leader", note="i Rakel av RKK")
    assert (story.activation.state, story.activation.quorum_at_s) == (ActivationState.DONE, None)


@pytest.mark.parametrize("act", TargetAct)
def test_nobody_is_cut_off_who_has_come_or_answers_now(act: TargetAct) -> None:
    story = called_out(function("tib", A, B, deputies=(function("deputy", C),)))
    line = story.answers(A)
    assert steers(story, act) == Refused("conflict", CalloutReason.IS_ANSWERING())
    story.keys(line, "1")
    assert steers(story, act) == Refused("conflict", CalloutReason.ALREADY_IN())
    assert story.dialled() == [A]


def test_a_refusal_says_what_is_missing() -> None:
    story = called_out(function("tib", A), function("kommun"))
    assert steers(story, TargetAct.NEXT_NUMBER) == Refused("conflict", CalloutReason.NO_OTHER_NUMBER())
    assert steers(story, TargetAct.DEPUTY) == Refused("conflict", CalloutReason.NO_DEPUTY_LEFT())
    assert steers(story, TargetAct.RING, "kommun") == Refused("conflict", CalloutReason.NO_NUMBER())
    assert steers(story, TargetAct.RING, "nobody") == Refused("not_found", CalloutReason.NO_SUCH_TARGET())
    elsewhere = SteerTarget(ActivationId("act-none"), TargetId("tgt-tib"), TargetAct.RING)
    assert story.asks(elsewhere) == Refused("not_found", CalloutReason.NO_SUCH_CALLOUT())


def test_a_call_out_that_was_cancelled_stays_so() -> None:
    story = called_out(function("tib", A))
    story.asks(CancelActivation(story.activation.id))
    assert steers(story, TargetAct.RING) == Refused("conflict", CalloutReason.CANCELLED())
    assert [one.state for one in story.node[ACTIVATIONS].values()] == [ActivationState.CANCELLED]
