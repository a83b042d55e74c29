"""A call-out of several lists: some functions shall come at once, others within an hour or two."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.callout import deadline
from bridge.domain.callout.commands import CancelActivation, NewTarget, SteerTarget, TargetAct
from bridge.domain.callout.forecast import forecast
from bridge.domain.callout.outlook import Quorum, outlook
from bridge.domain.callout.pacing import AHEAD_S
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import (
    ATTEMPTS,
    TARGETS,
    ActivationState,
    AnswerLevel,
    Attempt,
    AttemptState,
    Goal,
    Target,
    TargetState,
)
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.conference.commands import EndConference
from bridge.domain.joint.alarmed import Facts, conditions
from bridge.domain.kernel.ids import ActivationId, AttemptId, TargetId
from bridge.domain.kernel.journal import Audit
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.step import Result
from bridge.domain.telephony.effects import Dial, HangUpLeg
from bridge.domain.telephony.events import MixJoined
from tests.harness.reasons import english
from tests.harness.story import CONFERENCE, TRUNK, Story

DIRECT, HOUR, TWO_HOURS = AnswerLevel.DIRECT, AnswerLevel.HOUR, AnswerLevel.TWO_HOURS
WINDOW_S = 1.0
DIRECT_S, HOUR_S, TWO_HOURS_S = 600.0, 3600.0, 7200.0
URGENCY: Mapping[AnswerLevel | None, int] = {DIRECT: 0, HOUR: 1, TWO_HOURS: 2, None: 3}


def number(index: int, which: int = 0) -> str:
    return f"+468465{which}{index:04d}"


def told(calls_per_s: float = 0, channels: int = 10) -> Story:
    trunk = TrunkPolicy(name=TRUNK, calls_per_s=calls_per_s, channels=channels)
    story = Story(Policy(CalloutPolicy(trunks=(trunk,), direct_s=DIRECT_S)))
    story.opens()
    return story


def function(index: int, level: AnswerLevel | None, *, numbers: int = 1, deputy: bool = False) -> NewTarget:
    """The function of one place, with its numbers; its deputy has numbers of their own."""

    def made(name: str, numbers: Sequence[str], *deputies: NewTarget) -> NewTarget:
        return NewTarget(TargetId(name), name, f"Kommun {index}", tuple(numbers), level=level, deputies=deputies)

    stand_in = (made(f"dep-{index}", (number(index, 9),)),) if deputy else ()
    return made(f"tgt-{index:026d}", [number(index, which) for which in range(numbers)], *stand_in)


def called_out(story: Story, levels: Sequence[AnswerLevel | None], *goals: Goal, **more: object) -> Story:
    targets = tuple(function(index, level) for index, level in enumerate(levels))
    known = goals or tuple(Goal(one) for one in dict.fromkeys(levels))
    story.activates((), **{"rounds": 10, "round_pause_s": 600.0, "targets": targets, "goals": known, **more})
    return story


def presses(story: Story, number: str, key: str = "1") -> None:
    line = story.answers(number)
    story.keys(line, key)
    story.prompt_ends(line)
    story.happens(MixJoined(story.now_s, line, story.who(line).room))


def audited(story: Story, act: str) -> list[dict[str, object]]:
    return [dict(one.detail) for one in story.audited if isinstance(one, Audit) and one.action == act]


def standing(story: Story, level: AnswerLevel) -> deadline.Standing:
    return next(one for one in deadline.standings_in(story.node, story.activation) if one.goal.level is level)


def test_each_function_keeps_its_own_deadline_as_an_instant_and_a_deputy_has_that_of_the_function() -> None:
    story = told()
    began_s = story.now_s
    targets = (function(0, TWO_HOURS), function(1, DIRECT, deputy=True), function(2, None))
    story.activates((), targets=targets, goals=(Goal(TWO_HOURS), Goal(DIRECT)))
    due = {one.id: one.due_at_s for one in story.node[TARGETS].values()}
    assert due == {
        targets[0].id: began_s + TWO_HOURS_S,
        targets[1].id: began_s + DIRECT_S,
        "dep-1": began_s + DIRECT_S,
        targets[2].id: None,
    }
    assert [one.level for one in deadline.goals(story.activation)] == [DIRECT, TWO_HOURS, None]
    assert (story.activation.level, story.activation.due_at_s) == (None, began_s + TWO_HOURS_S)


def test_the_urgent_ones_are_rung_first_whatever_their_place_on_the_lists() -> None:
    story = called_out(told(calls_per_s=1), [None, TWO_HOURS, HOUR, DIRECT, DIRECT])
    for _ in range(6):
        story.passes(1)
    assert story.dialled() == [number(one) for one in (3, 4, 2, 1, 0)]


def test_an_urgent_one_that_has_no_answer_is_tried_again_before_a_later_one_is_tried_at_all() -> None:
    story = told(calls_per_s=1)
    targets = (function(0, HOUR), function(1, DIRECT, numbers=2), function(2, HOUR))
    story.activates((), targets=targets, goals=(Goal(DIRECT), Goal(HOUR)))
    story.call_ends(number(1), 17)
    story.passes(1)
    assert story.dialled() == [number(1, 0), number(1, 1)]


def test_the_deputy_of_an_urgent_one_is_rung_before_those_who_are_due_later() -> None:
    story = told(channels=1)
    targets = (function(0, HOUR), function(1, DIRECT, deputy=True), function(2, HOUR))
    story.activates((), targets=targets, goals=(Goal(DIRECT), Goal(HOUR)), rounds=1)
    story.call_ends(number(1), 17)
    story.passes(1)
    assert story.dialled() == [number(1), number(1, 9)]


def test_while_an_urgent_one_rests_between_its_rounds_nobody_waits_for_it() -> None:
    story = called_out(told(channels=1), [HOUR, DIRECT])
    story.call_ends(number(1), 17)
    story.passes(1)
    assert story.dialled() == [number(1), number(0)]


def test_each_deadline_passes_by_itself_and_each_quorum_is_reached_by_its_own_functions() -> None:
    story = called_out(told(), [DIRECT, DIRECT, HOUR, HOUR], Goal(DIRECT, quorum=2), Goal(HOUR, quorum=1))
    presses(story, number(0))
    presses(story, number(2))
    assert [standing(story, one).goal.quorum_at_s for one in (DIRECT, HOUR)] == [None, story.now_s]
    story.passes(DIRECT_S + 1)
    assert [one.goal.level for one in deadline.late(story.node, story.activation)] == [DIRECT]
    assert story.activation.missed
    assert audited(story, "activation.late") == [{"came": 1, "needed": 2, "level": "direct"}]
    story.passes(HOUR_S)
    assert len(audited(story, "activation.late")) == 1, "the hour had its quorum in time"


def test_the_call_out_has_its_quorum_when_every_level_has() -> None:
    story = called_out(told(), [DIRECT, HOUR])
    presses(story, number(1))
    assert story.activation.quorum_at_s is None
    story.passes(5)
    presses(story, number(0))
    assert story.activation.quorum_at_s == story.now_s


def test_with_the_quorum_of_a_level_only_that_level_is_called_no_more() -> None:
    story = called_out(
        told(), [DIRECT, DIRECT, HOUR], Goal(DIRECT, quorum=1, stops_at_quorum=True), Goal(HOUR, quorum=1)
    )
    ringing = {one.number: one.channel for one in story.done(Dial)}
    presses(story, number(0))
    states = [story.target(index).state for index in range(3)]
    assert states == [TargetState.JOINED, TargetState.CANCELLED, TargetState.CALLING]
    assert [one.channel for one in story.done(HangUpLeg)] == [ringing[number(1)]]
    assert story.activation.state is ActivationState.OPEN


def test_each_level_that_is_late_is_an_alarm_of_its_own_and_names_the_level() -> None:
    story = called_out(told(), [DIRECT, HOUR])
    story.passes(HOUR_S + 1)
    found = [one for key, one in conditions(story.node, Facts({}), story.now_s).items() if "late" in key]
    assert {one.key.rpartition(" ")[2]: english(one.cause) for one in found} == {
        "direct": "Inriktande, at once: the time is over, 0 of 1 have come",
        "60_min": "Inriktande, within 60 minutes: the time is over, 0 of 1 have come",
    }
    story.asks(SteerTarget(story.activation.id, story.target(0).id, TargetAct.RING))
    presses(story, number(0))
    found = [one for key, one in conditions(story.node, Facts({}), story.now_s).items() if "late" in key]
    assert [one.key.rpartition(" ")[2] for one in found] == ["60_min"], "who comes late ends the alarm of their level"


def test_deadlines_that_passed_while_no_controller_was_there_are_noticed_at_its_return() -> None:
    story = called_out(told(), [DIRECT, HOUR, TWO_HOURS])
    story.now_s += HOUR_S + 1
    again = story.restarted()
    again.passes(1)
    assert [one.goal.level for one in deadline.late(again.node, again.activation)] == [DIRECT, HOUR]
    again.passes(TWO_HOURS_S)
    assert [one.goal.level for one in deadline.late(again.node, again.activation)] == [DIRECT, HOUR, TWO_HOURS]


def test_no_deadline_is_waited_for_when_the_call_out_is_cancelled_or_its_conference_is_over() -> None:
    for ends in (CancelActivation(ActivationId("act-1")), EndConference(CONFERENCE)):
        story = called_out(told(), [DIRECT, HOUR])
        assert [one.kind for one in story.timers].count(CalloutTimer.CALLOUT_DUE) == 1
        story.asks(ends)
        assert [one.kind for one in story.timers].count(CalloutTimer.CALLOUT_DUE) == 0


def test_forecast_and_outlook_are_told_by_level() -> None:
    story = called_out(
        told(calls_per_s=1, channels=100), [HOUR] * 10 + [DIRECT] * 5, Goal(DIRECT, quorum=9), Goal(HOUR, quorum=1)
    )
    calls = {one.id: one for one in story.records if isinstance(one, Attempt)}
    seen = (story.node, story.activation, list(story.node[TARGETS].values()), list(calls.values()), story.now_s)
    urgent, later = forecast(*seen).levels
    assert (urgent.level, urgent.called, urgent.left, later.level, later.called, later.left) == (
        DIRECT, 1, 4, HOUR, 0, 10,
    )  # fmt: skip
    assert urgent.all_called_at_s == pytest.approx(story.now_s + 4, abs=1)
    assert later.all_called_at_s == pytest.approx(story.now_s + 14, abs=1)
    first, second = outlook(*seen).levels
    assert (first.level, first.needed, first.quorum) == (DIRECT, 5, Quorum.OPEN)
    assert (second.level, second.needed, second.quorum) == (HOUR, 1, Quorum.OPEN)


def test_one_level_that_cannot_have_its_quorum_is_enough_for_the_whole() -> None:
    story = called_out(told(), [DIRECT, HOUR], Goal(DIRECT, quorum=1), Goal(HOUR, quorum=1), rounds=1)
    presses(story, number(1), "1")
    story.call_ends(number(0), 1)
    calls = {one.id: one for one in story.records if isinstance(one, Attempt)}
    found = outlook(story.node, story.activation, list(story.node[TARGETS].values()), list(calls.values()), 0.0)
    assert [one.quorum for one in found.levels] == [Quorum.IMPOSSIBLE, Quorum.REACHED]
    assert found.quorum is Quorum.IMPOSSIBLE


def test_a_call_out_that_was_kept_before_there_were_levels_goes_on_as_it_was() -> None:
    story = told(channels=1)
    story.activates(((number(0),), (number(1),)), level=HOUR, quorum=2, rounds=1)
    story.records = [
        replace(one, level=None, due_at_s=None) if isinstance(one, Target) else one for one in story.records
    ]
    again = story.restarted()
    assert [(one.level, one.due_at_s) for one in again.node[TARGETS].values()] == [(None, None)] * 2
    (known,) = deadline.standings_in(again.node, again.activation)
    assert (known.goal.level, known.needed, known.total) == (HOUR, 2, 2)
    again.passes(HOUR_S + 1)
    assert [one.needed for one in deadline.late(again.node, again.activation)] == [2]


# --- whatever the lists and the answers ---


LEVELS = st.sampled_from([DIRECT, HOUR, TWO_HOURS, None])


class Watched(Story):
    """Looks after each step whether an earlier one was left waiting while a later one was rung."""

    def __init__(self, policy: Policy) -> None:
        self.rung_at_s: list[float] = []
        super().__init__(policy)

    def _take(self, result: Result) -> None:
        super()._take(result)
        rung = [self.node[ATTEMPTS].get(AttemptId(one.channel)) for one in self.fresh if isinstance(one, Dial)]
        called = [self.node[TARGETS][one.target] for one in rung if one is not None]
        self.rung_at_s.extend([self.now_s] * len(called))
        latest = max((URGENCY[one.level] for one in called), default=-1)
        earlier = [one for one in self.node[TARGETS].values() if URGENCY[one.level] < latest]
        assert [one.id for one in earlier if self.could_be_rung(one)] == []

    def could_be_rung(self, target: Target) -> bool:
        return target.state is TargetState.WAITING and target.not_before_s <= self.now_s

    def live(self) -> dict[str, bool]:
        """Number → whether somebody has answered."""
        return {one.number: one.state is AttemptState.ANSWERED for one in self.node[ATTEMPTS].values()}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_later_one_is_rung_while_an_earlier_one_could_be_and_pace_and_budget_hold(data: st.DataObject) -> None:
    levels = data.draw(st.lists(LEVELS, min_size=1, max_size=8))
    pace, channels = data.draw(st.sampled_from([1.0, 2.0, 5.0])), data.draw(st.integers(1, 4))
    rounds = data.draw(st.integers(1, 3))
    story = Watched(told(calls_per_s=pace, channels=channels).policy)
    story.opens()
    targets = tuple(
        function(index, level, numbers=data.draw(st.integers(1, 2)), deputy=data.draw(st.booleans()))
        for index, level in enumerate(levels)
    )
    goals = tuple(Goal(one) for one in dict.fromkeys(levels))
    story.activates((), targets=targets, goals=goals, rounds=rounds, round_pause_s=60.0)
    for _ in range(data.draw(st.integers(5, 25))):
        live = sorted(number for number, is_answered in story.live().items() if not is_answered)
        what = data.draw(st.sampled_from(["time", "busy", "comes", "no such number"]))
        if what == "time" or not live:
            story.passes(data.draw(st.sampled_from([0.2, 1.0, 30.0, 90.0])))
        elif what == "comes":
            presses(story, data.draw(st.sampled_from(live)))
        else:
            story.call_ends(data.draw(st.sampled_from(live)), 17 if what == "busy" else 1)
        assert len(story.live()) <= channels
    made = story.dialled()
    assert all(made.count(one) <= rounds + 1 for one in set(made)), "the budget of each number; one doubt costs no try"
    for began_s in story.rung_at_s:
        within = sum(began_s <= one < began_s + WINDOW_S for one in story.rung_at_s)
        assert within <= pace * (WINDOW_S + AHEAD_S) + 1, "the pace, with what is decided ahead of it"
