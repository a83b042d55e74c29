"""By when a call-out's functions shall have come, and how many of them are enough."""

import pytest

from bridge.domain.callout import deadline
from bridge.domain.callout.commands import CancelActivation
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import ActivationState, AnswerLevel, TargetState
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.policy import Policy
from bridge.domain.telephony.effects import Dial, HangUpLeg
from bridge.domain.telephony.events import MixJoined
from tests.harness.story import TRUNK, Story

A, B, C = "+46701740605", "+46701740606", "+46701740607"


def told() -> Story:
    story = Story(Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=0, channels=10),), direct_s=600.0)))
    story.opens()
    return story


def called_out(*functions: tuple[str, ...], **more: object) -> Story:
    story = told()
    story.activates(functions, **{"rounds": 10, "round_pause_s": 600.0, **more})
    return story


def presses(story: Story, number: str, key: str = "1") -> None:
    line = story.answers(number)
    story.keys(line, key)
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, story.who(line).room))


def audited(story: Story, act: str) -> list[dict[str, object]]:
    return [dict(one.detail) for one in story.audited if isinstance(one, Audit) and one.action == act]


@pytest.mark.parametrize(
    ("level", "within_s"), [(AnswerLevel.DIRECT, 600.0), (AnswerLevel.HOUR, 3600.0), (AnswerLevel.TWO_HOURS, 7200.0)]
)
def test_the_deadline_is_an_instant_after_the_start(level: AnswerLevel, within_s: float) -> None:
    story = told()
    began_s = story.now_s
    story.activates([(A,)], level=level)
    assert story.activation.due_at_s == began_s + within_s


def test_a_deadline_that_passes_is_noted_once_and_those_who_are_late_are_still_called() -> None:
    story = called_out((A,), (B,), level=AnswerLevel.DIRECT)
    presses(story, A)
    story.passes(599)
    assert not story.activation.missed
    story.passes(2)
    assert story.activation.missed
    assert [one.came for one in deadline.late(story.node, story.activation)] == [1]
    assert story.target(1).state is not TargetState.CANCELLED
    assert audited(story, "activation.late") == [{"came": 1, "needed": 2}]


def test_the_quorum_is_there_with_the_last_function_that_it_needs_and_the_deadline_is_met() -> None:
    story = called_out((A,), (B,), (C,), level=AnswerLevel.DIRECT, quorum=2)
    presses(story, A)
    assert story.activation.quorum_at_s is None
    story.passes(5)
    presses(story, B)
    assert story.activation.quorum_at_s == story.now_s
    assert audited(story, "activation.quorum") == [{"came": 2, "needed": 2}]
    story.passes(1200)
    assert not story.activation.missed


def test_without_a_number_of_its_own_the_quorum_is_all_functions_and_deputies_count_for_theirs() -> None:
    story = called_out((A,), (B,), level=AnswerLevel.HOUR)
    assert deadline.needed(story.node, story.activation) == 2
    presses(story, A)
    presses(story, B)
    assert story.activation.quorum_at_s is not None


def test_a_quorum_never_asks_for_more_functions_than_are_called() -> None:
    story = called_out((A,), quorum=5)
    presses(story, A)
    assert story.activation.quorum_at_s is not None


def test_with_its_quorum_a_call_out_stops_where_that_is_wanted() -> None:
    story = called_out((A,), (B,), (C,), quorum=1, stops_at_quorum=True)
    ringing = {one.channel for one in story.done(Dial)}
    presses(story, A)
    assert [story.target(at).state for at in range(3)] == [
        TargetState.JOINED, TargetState.CANCELLED, TargetState.CANCELLED,
    ]  # fmt: skip
    assert story.target(1).reason == CalloutReason.ENOUGH_CAME()
    assert {one.channel for one in story.done(HangUpLeg)} < ringing
    assert len(story.done(HangUpLeg)) == 2
    for call in story.done(HangUpLeg):
        story.hangs_up(call.channel)
    assert story.activation.state is ActivationState.DONE


def test_with_its_quorum_a_call_out_goes_on_where_all_are_wanted() -> None:
    story = called_out((A,), (B,), quorum=1)
    presses(story, A)
    assert story.target(1).state is TargetState.CALLING
    assert not story.done(HangUpLeg)


def test_a_deadline_that_passed_while_no_controller_was_there_is_noted_at_its_return() -> None:
    story = called_out((A,), level=AnswerLevel.DIRECT)
    story.now_s += 3600
    again = story.restarted()
    again.passes(1)
    assert again.activation.missed


def test_a_call_out_without_a_deadline_has_none() -> None:
    story = called_out((A,))
    story.passes(10_000)
    assert (story.activation.due_at_s, story.activation.missed, story.activation.quorum_at_s) == (None, False, None)


def test_a_cancelled_call_out_is_late_for_nothing() -> None:
    story = called_out((A,), level=AnswerLevel.DIRECT)
    story.asks(CancelActivation(story.activation.id))
    story.passes(1000)
    assert not story.activation.missed
