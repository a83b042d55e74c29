"""The outlook of a running call-out: how many will have answered by when, and whether its quorum comes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.callout.commands import CancelActivation
from bridge.domain.callout.outlook import Outlook, Quorum, at_least, outlook
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import TARGETS, Attempt
from bridge.domain.kernel.policy import Policy
from tests.harness.story import TRUNK, Story

BUSY, UNALLOCATED = 17, 1


def called_out(functions: int, *, calls_per_s: float = 0, channels: int = 100, **more: object) -> Story:
    trunks = (TrunkPolicy(name=TRUNK, calls_per_s=calls_per_s, channels=channels),)
    story = Story(Policy(CalloutPolicy(trunks=trunks)))
    story.opens()
    story.activates([(number(index),) for index in range(functions)], **{"rounds": 1, **more})
    return story


def number(index: int) -> str:
    return f"+46846500{index:03d}"


def told(story: Story) -> Outlook:
    calls = {one.id: one for one in story.records if isinstance(one, Attempt)}
    targets = list(story.node[TARGETS].values())
    return outlook(story.node, story.activation, targets, list(calls.values()), story.now_s)


def comes(story: Story, index: int) -> None:
    story.keys(story.answers(number(index)), "1")


def test_without_a_quorum_none_is_told_and_the_answers_are() -> None:
    found = told(called_out(6))
    assert (found.quorum, found.quorum_chance, found.needed) == (Quorum.NONE, None, 0)
    assert found.answered == 0
    assert [round(answered, 2) for _, answered in found.points] == [3.0] * 4, "one call each, by the chance of a half"


def test_a_quorum_that_is_reached_is_certain() -> None:
    story = called_out(3, quorum=1)
    comes(story, 0)
    found = told(story)
    assert (found.quorum, found.quorum_chance, found.came, found.needed) == (Quorum.REACHED, 1.0, 1, 1)


def test_a_quorum_that_too_few_numbers_are_left_for_cannot_be_reached() -> None:
    story = called_out(4, quorum=2)
    for index in range(3):
        story.call_ends(number(index), BUSY)
    found = told(story)
    assert (found.quorum, found.quorum_chance) == (Quorum.IMPOSSIBLE, 0.0)
    again = called_out(4, quorum=2, rounds=2)
    for index in range(3):
        again.call_ends(number(index), BUSY)
    assert told(again).quorum is Quorum.OPEN, "they are called once more"


def test_no_chance_is_told_before_there_are_calls_to_judge_by() -> None:
    story = called_out(6, quorum=3)
    assert (told(story).quorum, told(story).quorum_chance) == (Quorum.OPEN, None)
    for index in range(3):
        story.call_ends(number(index), BUSY)
    assert told(story).quorum_chance is not None


def test_one_who_comes_makes_the_quorum_likelier_and_one_who_is_busy_does_not() -> None:
    def chance(*, last_comes: bool) -> float:
        story = called_out(8, quorum=4)
        comes(story, 0)
        comes(story, 1)
        story.call_ends(number(2), BUSY)
        before = told(story).quorum_chance
        if last_comes:
            comes(story, 3)
        else:
            story.call_ends(number(3), BUSY)
        after = told(story).quorum_chance
        assert before is not None
        assert after is not None
        return after - before

    assert chance(last_comes=True) > 0 > chance(last_comes=False)


def test_the_chance_is_that_of_the_calls_that_are_left() -> None:
    story = called_out(4, quorum=2)
    comes(story, 0)
    story.call_ends(number(1), BUSY)
    story.call_ends(number(2), BUSY)
    found = told(story)
    answer, come = (1 + 1) / (3 + 2), (1 + 1) / (1 + 2)
    assert found.chance == pytest.approx(answer)
    assert found.quorum_chance == pytest.approx(answer * come)


def test_those_who_are_called_later_answer_later() -> None:
    found = told(called_out(60, calls_per_s=0.1))
    answered = [answered for _, answered in found.points]
    assert answered == sorted(answered)
    assert answered[0] < answered[1] < answered[2]


def test_more_trunks_make_no_answer_later() -> None:
    slow, quick = told(called_out(40, calls_per_s=0.2)), told(called_out(40, calls_per_s=2))
    pairs = zip(slow.points, quick.points, strict=True)
    assert all(one[1] <= other[1] for one, other in pairs)


def test_while_telephony_is_away_no_more_answers_come_and_the_quorum_is_not_given_up() -> None:
    story = called_out(20, channels=2, quorum=5)
    story.telephony_goes_down()
    found = told(story)
    assert found.points[-1][1] <= 2
    assert found.quorum is Quorum.OPEN


def test_a_call_out_that_was_cancelled_has_no_more_answers() -> None:
    story = called_out(5)
    story.asks(CancelActivation(story.activation.id))
    assert {answered for _, answered in told(story).points} == {0}


@given(st.lists(st.floats(0, 1), max_size=7), st.integers(-1, 9))
def test_the_chance_of_so_many_is_the_sum_over_all_outcomes(chances: list[float], count: int) -> None:
    every = 0.0
    for outcome in itertools.product((False, True), repeat=len(chances)):
        if sum(outcome) >= count:
            part = 1.0
            for happens, chance in zip(outcome, chances, strict=True):
                part *= chance if happens else 1.0 - chance
            every += part
    assert at_least(count, chances) == pytest.approx(every, abs=1e-9)
