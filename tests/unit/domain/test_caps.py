"""The caps of calls a day, and the second person. A count holds an exercise, and never a live call-out."""

import pytest

from bridge.domain.callout import caps
from bridge.domain.callout.commands import ApproveActivation, NewTarget
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import TARGETS, ActivationState, TargetState
from bridge.domain.kernel.ids import TargetId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.telephony.numbers import range_of
from tests.harness.story import TRUNK, Story

HOME = [f"+4684650{number}" for number in range(401, 405)]
NORWAY, NORWAY_TOO = "+4721555501", "+4721555502"
NEW_RANGE = CalloutReason.NEW_RANGE(range="+47")


def story_with(**policy: object) -> Story:
    trunks = (TrunkPolicy(name=TRUNK, calls_per_s=0, channels=100, prefixes=("+",)),)
    story = Story(Policy(CalloutPolicy(trunks=trunks, **policy)))  # type: ignore[arg-type]
    story.opens()
    return story


def approves(story: Story, who: str) -> object:
    return story.asks(ApproveActivation(story.activation.id), who)


def test_an_exercise_is_held_at_the_cap_of_the_day_and_says_why() -> None:
    story = story_with(calls_per_day=2)
    story.activates([(one,) for one in HOME], exercise=True)
    assert story.dialled() == HOME[:2]
    held = [story.target(index) for index in (2, 3)]
    assert {(one.state, one.reason) for one in held} == {(TargetState.WAITING, CalloutReason.DAY_CAP(most=2))}
    assert caps.alarm(story.node, story.now_s) == CalloutReason.AWAITS_APPROVAL(list="Inriktande", count=2)


def test_a_list_has_a_cap_of_its_own() -> None:
    story = story_with(list_calls_per_day=1)
    story.activates([(one,) for one in HOME[:2]], exercise=True)
    assert story.dialled() == HOME[:1]
    assert story.target(1).reason == CalloutReason.LIST_CAP(most=1)


def test_a_live_call_out_goes_on_beyond_every_cap_and_people_are_told_once() -> None:
    story = story_with(calls_per_day=2, list_calls_per_day=1)
    story.activates([(one,) for one in HOME])
    assert story.dialled() == HOME
    told = [one for one in story.audited if isinstance(one, Audit) and one.action == "activation.over_cap"]
    assert len(told) == 1
    assert caps.alarm(story.node, story.now_s) == CalloutReason.OVER_CAP(calls=4, most=2)


def test_the_day_ends_and_the_exercise_goes_on_by_itself() -> None:
    story = story_with(calls_per_day=1)
    story.activates([(one,) for one in HOME[:2]], exercise=True)
    story.keys(story.answers(HOME[0]), "3")
    story.passes(caps.DAY_S + caps.LOOK_AGAIN_S)
    assert story.dialled()[:2] == HOME[:2]


def test_a_second_person_lets_it_go_on_at_once_and_the_starter_cannot() -> None:
    story = story_with(calls_per_day=1)
    story.activates([(one,) for one in HOME], exercise=True)
    assert approves(story, "test") == Refused("not_allowed", CalloutReason.SECOND_PERSON())
    assert story.dialled() == HOME[:1]
    assert isinstance(approves(story, "another"), Done)
    assert story.dialled() == HOME
    assert story.activation.approved_by == "another"
    assert [one.actor for one in story.audited if isinstance(one, Audit) and one.action == "activation.approve"] == [
        "another"
    ]


@pytest.mark.parametrize("exercise", [False, True])
def test_the_first_call_to_another_country_waits_for_a_second_person_also_live(exercise: bool) -> None:
    story = story_with()
    story.activates([(HOME[0],), (NORWAY,)], exercise=exercise)
    assert story.dialled() == HOME[:1]
    assert (story.target(1).state, story.target(1).reason) == (TargetState.WAITING, NEW_RANGE)
    approves(story, "another")
    assert story.dialled() == [HOME[0], NORWAY]


def test_a_range_that_was_called_once_needs_nobody_also_after_a_restart() -> None:
    story = story_with()
    story.activates([(NORWAY,), (HOME[0],)])
    approves(story, "another")
    assert NORWAY in story.dialled()
    again = story.restarted()
    assert caps.tally(again.node, again.now_s).ranges == ("+47",)


def test_the_other_numbers_of_the_function_are_called_meanwhile() -> None:
    story = story_with()
    story.activates([(NORWAY, HOME[0])])
    assert story.dialled() == [HOME[0]]


def test_a_live_call_out_does_not_wait_all_night_and_calls_the_deputy() -> None:
    story = story_with(approval_wait_s=300.0)
    deputy = NewTarget(TargetId("tgt-dep"), "Ersättare", "Region", (HOME[1],), function_id="dep")
    tib = NewTarget(TargetId("tgt-tib"), "TiB", "Region", (NORWAY,), function_id="tib", deputies=(deputy,))
    story.activates([], targets=(tib,))
    story.passes(290)
    assert story.dialled() == []
    story.passes(60)
    assert story.dialled() == [HOME[1]]
    assert story.node[TARGETS][TargetId("tgt-tib")].reason == NEW_RANGE


def test_one_who_was_passed_over_is_called_when_somebody_approves_after_all() -> None:
    story = story_with(approval_wait_s=60.0)
    story.activates([(NORWAY,)])
    story.passes(120)
    assert (story.target(0).state, story.activation.state) == (TargetState.UNREACHABLE, ActivationState.DONE)
    approves(story, "another")
    assert story.dialled() == [NORWAY]


def test_numbers_called_at_once_are_held_and_passed_over_alike() -> None:
    story = story_with(approval_wait_s=60.0)
    story.activates([(NORWAY, HOME[0]), (NORWAY_TOO,)], parallel=True)
    assert story.dialled() == [HOME[0]]
    story.passes(120)
    assert story.target(1).state is TargetState.UNREACHABLE


@pytest.mark.parametrize(
    ("number", "range_"), [("+46701740605", "+46"), (NORWAY, "+47"), ("+12025550123", "+1"), ("+46900123456", None)]
)
def test_a_range_is_a_country_or_a_kind_of_number_that_costs(number: str, range_: str | None) -> None:
    assert range_of(number) == (range_ or "premium +46900")
