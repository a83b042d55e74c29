"""Deputies: called in the place of a function that cannot be reached or cannot come, and not before."""

from collections.abc import Sequence

import pytest

from bridge.domain.callout.commands import CancelActivation, NewTarget
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import TARGETS, ActivationState, Target, TargetState
from bridge.domain.kernel.ids import TargetId
from bridge.domain.kernel.policy import Policy
from tests.harness.story import TRUNK, Story

A, B, C, D = "+46846500401", "+46846500402", "+46846500403", "+46846500404"
NORWAY = "+4723456789"


def function(name: str, *numbers: str, deputies: Sequence[NewTarget] = ()) -> NewTarget:
    return NewTarget(
        TargetId(f"tgt-{name}"), name, "Kommun", numbers, function_id=f"fun-{name}", deputies=tuple(deputies)
    )


def called_out(*functions: NewTarget, **more: object) -> Story:
    trunks = (TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100, prefixes=("+46",)),)
    story = Story(Policy(CalloutPolicy(trunks=trunks)))
    story.opens()
    story.activates([], targets=functions, rounds=1, **more)
    return story


def row(story: Story, name: str) -> Target:
    return story.node[TARGETS][TargetId(f"tgt-{name}")]


def test_a_deputy_stands_by_while_the_function_itself_may_come() -> None:
    story = called_out(function("tib", A, B, deputies=[function("deputy", C)]))
    story.call_ends(A, 17)
    story.passes(5)
    assert story.dialled() == [A, B]
    assert row(story, "deputy").state is TargetState.STANDBY
    story.keys(story.answers(B), "1")
    assert story.activation.state is ActivationState.DONE, "nobody waits for a deputy who is not needed"
    story.passes(5)
    assert story.dialled() == [A, B]


def test_the_deputy_is_called_when_the_function_cannot_be_reached() -> None:
    story = called_out(function("tib", A, deputies=[function("deputy", C)]))
    story.call_ends(A, 17)
    story.passes(1)
    assert story.dialled() == [A, C]
    assert row(story, "deputy").deputy_for == "tgt-tib"
    assert story.activation.state is ActivationState.OPEN
    story.keys(story.answers(C), "1")
    assert story.activation.state is ActivationState.DONE
    assert row(story, "tib").state is TargetState.UNREACHABLE, "the board still says who did not come"


def test_the_deputy_is_called_at_once_when_the_function_cannot_come() -> None:
    story = called_out(function("tib", A, deputies=[function("deputy", C)]))
    story.keys(story.answers(A), "3")
    story.passes(1)
    assert story.dialled() == [A, C]


def test_who_comes_later_needs_no_deputy() -> None:
    story = called_out(function("tib", A, deputies=[function("deputy", C)]))
    story.keys(story.answers(A), "2")
    story.passes(600)
    assert story.dialled() == [A]


def test_deputies_are_called_one_after_the_other() -> None:
    story = called_out(function("tib", A, deputies=[function("first", C), function("second", D)]))
    story.call_ends(A, 17)
    story.passes(1)
    assert story.dialled() == [A, C]
    story.call_ends(C, 17)
    story.passes(1)
    assert story.dialled() == [A, C, D]
    story.call_ends(D, 17)
    story.passes(1)
    assert story.activation.state is ActivationState.DONE


def test_a_deputy_of_two_functions_is_called_once() -> None:
    shared = [NewTarget(TargetId(f"tgt-{one}"), "deputy", "Kommun", (C,), function_id="fun-deputy") for one in "xy"]
    story = called_out(function("tib", A, deputies=shared[:1]), function("chief", B, deputies=shared[1:]))
    story.call_ends(A, 17)
    story.call_ends(B, 17)
    story.passes(1)
    story.keys(story.answers(C), "1")
    assert story.activation.state is ActivationState.DONE
    story.passes(5)
    assert story.dialled() == [A, B, C]


@pytest.mark.parametrize("numbers", [(), (NORWAY,)], ids=["no number", "a number that no trunk may call"])
def test_a_function_that_cannot_be_called_at_all_has_its_deputy_called_at_once(numbers: tuple[str, ...]) -> None:
    story = called_out(function("tib", *numbers, deputies=[function("deputy", C)]), function("other", A))
    story.passes(1)
    assert sorted(story.dialled()) == [A, C]


def test_a_deputy_without_a_number_is_passed_over() -> None:
    story = called_out(function("tib", A, deputies=[function("first"), function("second", D)]))
    story.call_ends(A, 17)
    story.passes(1)
    assert story.dialled() == [A, D]


def test_no_deputy_is_called_when_the_call_out_is_cancelled() -> None:
    story = called_out(function("tib", A, deputies=[function("deputy", C)]))
    story.asks(CancelActivation(story.activation.id))
    story.call_ends(A, 16)
    story.passes(600)
    assert story.dialled() == [A]


def test_a_restart_keeps_the_deputies() -> None:
    story = called_out(function("tib", A, deputies=[function("deputy", C)]))
    line = story.line_to(A)
    fresh = story.restarted()
    fresh.telephony_comes_up(ended=((line, 17),))
    fresh.passes(1)
    assert fresh.dialled() == [C]
