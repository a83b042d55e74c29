"""A function of a running call-out that nothing will be done about is found, told, and taken up again."""

import pytest

from bridge.domain.callout import watchdog
from bridge.domain.callout.commands import CancelActivation
from bridge.domain.callout.events import TargetsIdle
from bridge.domain.callout.passing import AWAITED, PUMP, PUMP_AT_S, QUESTIONS, TRUNKS, TrunkUse
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.pump import RING_GRACE_S
from bridge.domain.callout.records import ATTEMPTS, ActivationState, AttemptResult, TargetState
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.kernel.ids import AttemptId, TargetId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.step import Step
from bridge.domain.kernel.timers import TimerKey
from bridge.domain.telephony.effects import HangUpLeg
from tests.harness.story import TRUNK, Story

A = "+4684650041"
B = "+4684650042"


def story_with_trunk(channels: int = 100, calls_per_s: float = 0) -> Story:
    story = Story(Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=calls_per_s, channels=channels),))))
    story.opens()
    return story


def idle(story: Story) -> tuple[TargetId, ...]:
    return watchdog.idle(story.node, story.now_s)


def watched(story: Story) -> None:
    """The watch has found what is idle."""
    story.happens(TargetsIdle(story.now_s, idle(story)))


def pump_is_lost(story: Story) -> None:
    story.timers.pop(TimerKey(CalloutTimer.CALLOUT_PUMP, PUMP))


def audited(story: Story) -> list[str]:
    return [one.object for one in story.audited if isinstance(one, Audit) and one.action == "activation.idle_target"]


def test_a_call_out_that_runs_as_it_should_has_nobody_idle_at_any_moment() -> None:
    story = story_with_trunk(channels=1, calls_per_s=2)
    story.activates([(A, B), (B,), ()], rounds=2, round_pause_s=60)
    for _ in range(2400):
        assert idle(story) == ()
        story.passes(0.5)
    assert story.activation.state is ActivationState.DONE


def test_a_function_whose_pump_is_lost_is_idle_and_is_called_by_the_watchdog() -> None:
    story = story_with_trunk()
    story.activates([(A,)], rounds=2, round_pause_s=60)
    story.call_ends(A, 19)
    pump_is_lost(story)
    story.passes(60)
    assert idle(story) == ()
    story.passes(1)
    assert idle(story) == (story.target(0).id,)
    watched(story)
    assert story.dialled() == [A, A]
    assert audited(story) == [story.target(0).id]
    assert idle(story) == ()


def test_a_pump_that_never_had_an_instant_is_seen_at_once() -> None:
    story = story_with_trunk(calls_per_s=1)
    story.activates([(A,), (B,)])
    story.follows(lambda step: step.know(PUMP_AT_S, None))
    pump_is_lost(story)
    assert idle(story) == (story.target(1).id,)
    story.passes(2)
    watched(story)
    assert story.dialled() == [A, B]


def test_a_function_in_a_call_that_is_gone_is_called_again() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    attempt = story.node[ATTEMPTS][story.live_attempts()[0]]

    def forgotten(step: Step) -> None:
        step.forget(attempt)
        step.drop_from(AWAITED, attempt.id)

    story.follows(forgotten)
    story.timers.clear()
    assert idle(story) == (story.target(0).id,)
    watched(story)
    assert (story.dialled(), story.target(0).state) == ([A, A], TargetState.CALLING)


def test_a_call_whose_end_nobody_waits_for_is_ended_and_in_doubt() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    line = story.line_to(A)
    story.timers.clear()
    story.passes(30 + RING_GRACE_S)
    assert idle(story) == ()
    story.passes(0.1)
    watched(story)
    assert HangUpLeg(line) in story.effects
    assert story.target(0).called_before
    story.passes(5)
    assert story.dialled() == [A, A]


def test_a_person_who_answered_and_whose_question_is_lost_is_called_again() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    line = story.answers(A)
    assert idle(story) == ()
    story.follows(lambda step: step.drop_from(QUESTIONS, line))
    story.timers.clear()
    watched(story)
    ended = [one for one in story.records if getattr(one, "result", None) is AttemptResult.IN_DOUBT]
    assert ended
    story.passes(5)
    assert story.dialled() == [A, A]


def test_a_function_that_is_called_at_the_end_of_anothers_lost_call_keeps_its_own() -> None:
    story = story_with_trunk(channels=1)
    story.activates([(A,), (B,)])
    story.follows(lambda step: step.set_in(TRUNKS, TRUNK, TrunkUse(busy=frozenset({AttemptId("leg-of-long-ago")}))))
    story.timers.clear()
    story.passes(31 + RING_GRACE_S)
    assert len(idle(story)) == 2
    watched(story)
    assert story.dialled() == [A, B]
    assert [one.number for one in story.node[ATTEMPTS].values()] == [B]
    assert len(audited(story)) == 2


def test_a_trunk_that_is_thought_full_of_calls_that_are_over_places_calls_again() -> None:
    story = story_with_trunk(channels=1)
    story.activates([(A,), (B,)], rounds=1)
    assert idle(story) == (), "the second waits for the end of the first call"
    gone = TrunkUse(busy=frozenset({AttemptId("leg-of-long-ago")}))
    story.follows(lambda step: step.set_in(TRUNKS, TRUNK, gone))
    story.call_ends(A, 21)
    story.follows(lambda step: step.set_in(TRUNKS, TRUNK, gone))
    assert idle(story) == (story.target(1).id,)
    watched(story)
    assert story.dialled() == [A, B]


def test_what_has_gone_on_meanwhile_is_left_alone() -> None:
    story = story_with_trunk()
    story.activates([(A,)])
    story.happens(TargetsIdle(story.now_s, (story.target(0).id, TargetId("tgt-nobody"))))
    assert (story.dialled(), audited(story)) == ([A], [])


@pytest.mark.parametrize("how", ["cancelled", "away"])
def test_nobody_is_idle_in_a_call_out_that_is_over_or_while_telephony_is_away(how: str) -> None:
    story = story_with_trunk(calls_per_s=1)
    story.activates([(A,), (B,)])
    pump_is_lost(story)
    story.follows(lambda step: step.know(PUMP_AT_S, None))
    assert idle(story) != ()
    if how == "cancelled":
        story.asks(CancelActivation(story.activation.id))
    else:
        story.telephony_goes_down()
    assert idle(story) == ()
    story.is_over = True
