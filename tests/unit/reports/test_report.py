"""The report of a call-out tells each call, who was late and why, and how soon there was a quorum."""

from dataclasses import replace

import pytest

from bridge.domain.callout.records import TARGETS, AttemptResult, TargetState
from bridge.domain.conference.records import PARTICIPANTS, LegKind, Seat
from bridge.domain.kernel.ids import ParticipantId
from bridge.reports import Quorum, Report, Stretch, report_of
from bridge.reports.report import Talk, Way, talk_of
from tests.harness.story import CONFERENCE, MIX, Story
from tests.unit.reports.stories import BEGAN_S, BUSY, FIRST, LEADS, NO_ANSWER, SECOND, kept, played


def test_every_function_stands_in_order_with_every_call_its_cause_and_its_times() -> None:
    _, report = played()
    assert [(one.organisation, one.state) for one in report.called] == [
        ("Länsstyrelsen", TargetState.JOINED),
        ("Region Mitt", TargetState.JOINED),
        ("Polisen", TargetState.LATER),
        ("SOS Alarm", TargetState.UNREACHABLE),
    ]
    first, second = report.called[0].calls
    assert (first.number, first.result, first.cause) == (FIRST, AttemptResult.NO_ANSWER, NO_ANSWER)
    instants = (first.intent_at_s, first.ringing_at_s, first.answered_at_s, first.ended_at_s)
    assert [None if at_s is None else at_s - BEGAN_S for at_s in instants] == [0, 1, None, 21]
    assert (second.number, second.result, second.answered_at_s) == (SECOND, AttemptResult.JOINED, BEGAN_S + 30)
    assert [one.cause for one in report.called[3].calls] == [BUSY]


def test_the_head_counts_and_times_who_was_reached_and_who_was_there() -> None:
    _, report = played()
    assert (report.reached, report.there, len(report.called)) == (3, 2, 4)
    assert (report.first_s, report.half_s, report.longest_s) == (5, 30, 30)


def test_those_who_did_not_come_by_the_first_call_are_late_for_the_reason_of_the_calls_before() -> None:
    _, report = played()
    assert [(one.organisation, one.late_because) for one in report.late] == [
        ("Länsstyrelsen", (AttemptResult.NO_ANSWER,))
    ]
    assert [one.organisation for one in report.not_reached] == ["SOS Alarm"]


@pytest.mark.parametrize(
    ("quorum", "after_s"),
    [
        (Quorum(count=1), 5),
        (Quorum(count=2), 30),
        (Quorum(count=3), None),
        (Quorum(required=frozenset({LEADS})), 30),
        (Quorum(count=1, required=frozenset({LEADS})), 30),
        (Quorum(required=frozenset({("Region Mitt", "TiB")})), 5),
        (Quorum(required=frozenset({("Trafikverket", "never called")})), None),
        (Quorum(), None),
    ],
)
def test_the_time_to_quorum_is_by_the_rule_of_the_roll_call(quorum: Quorum, after_s: float | None) -> None:
    story, _ = played()
    assert kept(story, quorum).quorum_s == after_s


def test_a_conference_without_a_forum_has_no_quorum() -> None:
    assert played()[1].quorum is None


def with_seat(story: Story, *, joined_s: float, left_s: float | None = None, seat: str = "prt-9") -> Report:
    """The report where the last function had a seat of its own, in seconds from the order."""
    left_at_s = None if left_s is None else BEGAN_S + left_s
    own = Seat(ParticipantId(seat), CONFERENCE, MIX, LegKind.PHONE, "SOS", left_at_s=left_at_s)
    own = replace(own, organisation="SOS Alarm", function="Vakthavande", joined_at_s=BEGAN_S + joined_s)
    report, seats = kept(story), [*story.node[PARTICIPANTS].values(), own]
    calls = [each for one in report.called for each in one.calls]
    return report_of(report.activation, story.node[TARGETS].values(), calls, story.conference, seats)


def test_a_function_that_dialled_in_by_itself_was_there_and_late() -> None:
    report = with_seat(played()[0], joined_s=44)
    assert (report.called[3].way, report.called[3].came_at_s) == (Way.BY_ITSELF, BEGAN_S + 44)
    assert report.called[3] in report.late
    assert report.not_reached == ()


def test_a_function_that_was_there_already_is_not_late() -> None:
    report = with_seat(played()[0], joined_s=-600)
    assert (report.called[3].way, report.first_s) == (Way.ALREADY, 0)
    assert report.called[3] not in report.late


def test_a_function_that_had_left_before_the_order_was_not_there() -> None:
    assert with_seat(played()[0], joined_s=-600, left_s=-1).called[3].way is None


def test_a_lost_participant_who_is_rung_back_came_by_that_call_alone() -> None:
    story, _ = played()
    target = replace(story.target(3), seat=ParticipantId("prt-9"))
    story.follows(lambda step: step.put(target))
    assert with_seat(story, joined_s=-600).called[3].way is None
    assert with_seat(story, joined_s=-600, seat="prt-8").called[3].way is Way.ALREADY


def test_two_of_an_organisation_who_speak_at_once_count_once() -> None:
    stretches = (
        Stretch("Region Mitt", False, 0, 10),
        Stretch("Polisen", False, 20, 50),
        Stretch("Region Mitt", False, 5, 12),
        Stretch(None, True, 0, 100),
        Stretch("", False, 60, 61),
    )
    assert talk_of(stretches) == (
        Talk("Polisen", False, 30, 1),
        Talk("Region Mitt", False, 12, 2),
        Talk(None, False, 1, 1),
        Talk(None, True, 100, 1),
    )
