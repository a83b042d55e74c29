"""The schedule: each date is opened and rung once, in its time or late, or missed with a mark."""

from dataclasses import replace
from datetime import datetime
from weakref import WeakKeyDictionary

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.callout.records import ACTIVATIONS
from bridge.domain.conference.commands import EndConference, OpenConference
from bridge.domain.conference.effects import WithdrawCodes
from bridge.domain.conference.records import CONFERENCES, ConferenceState
from bridge.domain.kernel.events import Fate
from bridge.domain.kernel.ids import ConferenceId, MixId, OccurrenceId, ScheduleId
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.week import Weekday
from bridge.domain.schedule import calendar
from bridge.domain.schedule.commands import (
    AddSchedule,
    ChangeSchedule,
    MoveDate,
    RemoveSchedule,
    SkipDate,
    StartScheduled,
)
from bridge.domain.schedule.effects import PrepareMeeting, ReadCalled
from bridge.domain.schedule.events import Called, CalledList, CalledRead, ClockSet, MeetingPrepared
from bridge.domain.schedule.policy import SchedulePolicy
from bridge.domain.schedule.records import (
    OCCURRENCES,
    SCHEDULES,
    Occurrence,
    OccurrenceState,
    Ringing,
    Rule,
    Schedule,
)
from tests.harness.story import Story

KEY = ScheduleId("sch-00000000000000000000000001")
THURSDAYS = Rule("2027-01-07", "16:00", (Weekday.TH,))
MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86_400.0
POLICY = SchedulePolicy()


def at(text: str) -> float:
    """An instant by the clock on the wall in Stockholm."""
    zone = calendar.zone_of("Europe/Stockholm")
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def weekly(rule: Rule = THURSDAYS, *, rings: bool = False, open_before_s: float = 900.0) -> Schedule:
    return Schedule(KEY, "", 0.0, "Veckomöte", rule, "forum", rings=rings, open_before_s=open_before_s)


def told(now: str, schedule: Schedule | None = None) -> Story:
    story = Story(now_s=at(now))
    answer = story.asks(AddSchedule(schedule or weekly()))
    assert answer == Done(KEY)
    return story


_ANSWERED: WeakKeyDictionary[Story, int] = WeakKeyDictionary()
"""So many of its effects were seen by the directory."""


def directory_answers(story: Story) -> None:
    """Everything that is asked of the directory is there, as the program's own hands give it. More timers than one may
    have asked since."""
    asked = story.effects[_ANSWERED.get(story, 0) :] or story.fresh
    _ANSWERED[story] = len(story.effects)
    for effect in asked:
        if isinstance(effect, PrepareMeeting):
            one = effect.occurrence
            opening = OpenConference(one.conference, one.mix, effect.schedule.name, "+4685555555", forum="forum")
            story.happens(MeetingPrepared(story.now_s, one.id, opening))
        elif isinstance(effect, ReadCalled):
            tib = Called("Tjänsteman i beredskap", "Länsstyrelsen", ("+46846500401",), function_id="tib")
            story.happens(CalledRead(story.now_s, effect.occurrence, CalledList("list", "Lista", (tib,))))


def lives(story: Story, until_s: float) -> None:
    """Time goes on, and the directory answers at once."""
    directory_answers(story)
    while story.now_s < until_s:
        next_s = min((due_s for due_s in story.timers.values()), default=until_s)
        story.passes(max(min(next_s, until_s) - story.now_s, 0.0))
        directory_answers(story)


def dates(story: Story) -> dict[str, Occurrence]:
    return {one.on: one for one in story.node[OCCURRENCES].values()}


def ever(story: Story) -> dict[str, Occurrence]:
    """The latest record of every date there ever was, forgotten ones too."""
    return {one.on: one for one in story.records if isinstance(one, Occurrence)}


def openings(story: Story) -> list[str]:
    """The conferences that were ever opened."""
    return [one.object for one in story.audited if one.action == "conference.open"]  # type: ignore[attr-defined]


# --- in time ---


def test_the_weekly_meeting_is_open_a_quarter_of_an_hour_before_four_on_thursday() -> None:
    story = told("2027-01-05T12:00")
    lives(story, at("2027-01-07T15:44:59"))
    assert not story.node[CONFERENCES]
    lives(story, at("2027-01-07T15:45:01"))
    [conference] = story.node[CONFERENCES].values()
    assert (conference.name, conference.forum) == ("Veckomöte", "forum")
    one = dates(story)["2027-01-07"]
    assert (one.state, one.conference, one.late_s, one.ringing) == (
        OccurrenceState.OPENED,
        conference.id,
        0.0,
        Ringing.NO,
    )


def test_its_functions_are_rung_at_four_and_not_when_it_is_opened() -> None:
    story = told("2027-01-05T12:00", weekly(rings=True))
    lives(story, at("2027-01-07T15:59:59"))
    assert not story.node[ACTIVATIONS]
    lives(story, at("2027-01-07T16:00:01"))
    [activation] = story.node[ACTIVATIONS].values()
    one = dates(story)["2027-01-07"]
    assert (activation.conference, activation.list_name) == (one.conference, "Lista")
    assert (one.ringing, one.activation, one.rung_late_s) == (Ringing.RUNG, activation.id, 0.0)


def test_a_meeting_that_lasts_an_hour_is_meant_to_end_at_five() -> None:
    story = told("2027-01-05T12:00", replace(weekly(), lasts_s=HOUR_S))
    lives(story, at("2027-01-07T15:50"))
    [conference] = story.node[CONFERENCES].values()
    assert conference.ends_at_s == at("2027-01-07T17:00")


def test_a_meeting_that_nobody_comes_to_ends_by_itself_and_one_with_people_in_it_does_not() -> None:
    story = told("2027-01-05T12:00")
    lives(story, at("2027-01-07T17:59"))
    assert len(story.node[CONFERENCES]) == 1
    lives(story, at("2027-01-07T18:01"))
    assert not story.node[CONFERENCES]
    lives(story, at("2027-01-14T15:50"))
    [conference] = story.node[CONFERENCES].values()
    story.joins("in-1", conference=conference.id)
    lives(story, at("2027-01-15T02:00"))
    assert story.node[CONFERENCES][conference.id].state is ConferenceState.ACTIVE
    story.hangs_up("in-1")
    lives(story, at("2027-01-15T06:00"))
    assert story.node[CONFERENCES][conference.id].state is ConferenceState.ENDED


def test_a_host_who_ends_the_meeting_before_four_has_nobody_rung() -> None:
    story = told("2027-01-05T12:00", weekly(rings=True))
    lives(story, at("2027-01-07T15:50"))
    [conference] = story.node[CONFERENCES]
    story.asks(EndConference(conference))
    lives(story, at("2027-01-07T16:30"))
    assert not story.node[ACTIVATIONS]
    assert dates(story)["2027-01-07"].ringing is Ringing.MISSED


# --- late, missed, never twice ---


def test_a_meeting_that_came_due_while_the_program_was_away_is_opened_late_and_marked_late() -> None:
    story = told("2027-01-05T12:00", weekly(rings=True))
    story.now_s = at("2027-01-07T16:20")
    again = story.restarted()
    lives(again, at("2027-01-07T16:21"))
    one = dates(again)["2027-01-07"]
    assert (one.state, one.ringing) == (OccurrenceState.OPENED, Ringing.RUNG)
    assert one.late_s == pytest.approx(35 * MINUTE_S, abs=1)
    assert one.rung_late_s == pytest.approx(20 * MINUTE_S, abs=1)


def test_a_meeting_whose_time_is_long_over_is_missed_with_a_mark_and_a_line_of_the_audit_log() -> None:
    story = told("2027-01-05T12:00", weekly(rings=True))
    story.now_s = at("2027-01-07T16:31")
    again = story.restarted()
    lives(again, at("2027-01-07T17:00"))
    one = dates(again)["2027-01-07"]
    assert (one.state, one.ringing) == (OccurrenceState.MISSED, Ringing.NO)
    assert one.reason is not None
    assert one.reason.code == "was_away_at_its_time"
    assert [line.action for line in again.audited] == ["schedule.missed"]  # type: ignore[attr-defined]
    assert not again.node[CONFERENCES]


def test_a_restart_between_the_opening_and_the_ringing_opens_nothing_again_and_rings_once() -> None:
    story = told("2027-01-05T12:00", weekly(rings=True))
    lives(story, at("2027-01-07T15:50"))
    again = story.restarted()
    again.telephony_comes_up()
    lives(again, at("2027-01-07T16:05"))
    assert openings(story) + openings(again) == [str(dates(again)["2027-01-07"].conference)]
    assert len(again.node[ACTIVATIONS]) == 1
    third = again.restarted()
    lives(third, at("2027-01-07T16:30"))
    assert not openings(third)
    assert dates(third)["2027-01-07"].ringing is Ringing.RUNG


def test_a_restart_while_the_directory_is_read_asks_it_again_for_the_same_conference() -> None:
    story = told("2027-01-05T12:00")
    story.passes(at("2027-01-07T15:45:01") - story.now_s)
    [first] = story.done(PrepareMeeting)
    again = story.restarted()
    [second] = again.done(PrepareMeeting)
    assert second.occurrence.conference == first.occurrence.conference
    directory_answers(again)
    assert openings(again) == [str(first.occurrence.conference)]


def test_a_directory_that_cannot_be_read_is_asked_until_the_time_for_being_late_is_over() -> None:
    story = told("2027-01-05T12:00")
    story.passes(at("2027-01-07T15:45:01") - story.now_s)
    asked = 0
    while dates(story)["2027-01-07"].state is OccurrenceState.PREPARING:
        for effect in [one for one in story.fresh if isinstance(one, PrepareMeeting)]:
            asked += 1
            story.fails(effect, Fate.UNKNOWN, "the database does not answer")
        if dates(story)["2027-01-07"].state is OccurrenceState.PREPARING:
            story.passes(max(min(story.timers.values()) - story.now_s, 0.0))
    assert asked > 100
    assert at("2027-01-07T16:30") <= story.now_s <= at("2027-01-07T16:31")
    assert dates(story)["2027-01-07"].state is OccurrenceState.MISSED
    assert story.done(WithdrawCodes)


def test_an_opening_that_is_refused_is_missed_with_the_reason_and_its_codes_are_taken_back() -> None:
    story = told("2027-01-05T12:00")
    taken = OpenConference(ConferenceId("cnf-other"), MixId("mix-other"), "Annat", "+4685555555")
    story.asks(replace(taken, direct_number="+4685555556"))
    story.passes(at("2027-01-07T15:45:01") - story.now_s)
    [effect] = story.done(PrepareMeeting)
    opening = replace(taken, conference=effect.occurrence.conference, direct_number="+4685555556")
    story.happens(MeetingPrepared(story.now_s, effect.occurrence.id, opening))
    one = dates(story)["2027-01-07"]
    assert one.state is OccurrenceState.MISSED
    assert one.reason is not None
    assert one.reason.code == "direct_number_taken"
    assert story.done(WithdrawCodes) == [WithdrawCodes(one.conference)]


def test_years_away_leave_a_mark_for_each_date_and_no_meeting() -> None:
    rule = Rule("2027-01-04", "08:30", (Weekday.MO, Weekday.TU, Weekday.WE, Weekday.TH, Weekday.FR))
    story = told("2027-01-01T12:00", weekly(rule))
    story.now_s = at("2030-01-01T12:00")
    again = story.restarted()
    marks = [one for one in again.records if isinstance(one, Occurrence)]
    older = [one for one in again.audited if one.action == "schedule.missed_older"]  # type: ignore[attr-defined]
    counted = dict(older[0].detail)["dates"]  # type: ignore[attr-defined]
    expected = calendar.between(rule, at("2027-01-01T12:00"), at("2030-01-01T12:00"))
    assert len({one.id for one in marks}) + counted == len(expected)
    assert {one.state for one in again.node[OCCURRENCES].values()} == {OccurrenceState.MISSED}


# --- the clock is set ---


def test_a_clock_that_was_an_hour_behind_and_is_set_opens_what_is_due_now() -> None:
    story = told("2027-01-07T14:50")
    lives(story, at("2027-01-07T14:52"))
    story.happens(ClockSet(story.now_s, HOUR_S))
    directory_answers(story)
    assert dates(story)["2027-01-07"].state is OccurrenceState.OPENED
    assert dates(story)["2027-01-07"].starts_at_s == at("2027-01-07T16:00")


def test_a_clock_that_is_set_back_opens_and_rings_nothing_a_second_time() -> None:
    story = told("2027-01-05T12:00", weekly(rings=True))
    lives(story, at("2027-01-07T16:01"))
    story.happens(ClockSet(story.now_s, -2 * HOUR_S))
    lives(story, at("2027-01-07T20:00"))
    assert len(openings(story)) == 1
    assert sum(one.action == "activation.start" for one in story.audited) == 1  # type: ignore[attr-defined]
    lives(story, at("2027-01-14T17:40"))
    assert len(openings(story)) == 1
    lives(story, at("2027-01-14T17:46"))
    assert len(openings(story)) == 2


# --- exceptions and changes ---


def test_a_date_that_is_skipped_is_not_held_and_the_next_one_is() -> None:
    story = told("2027-01-05T12:00")
    assert isinstance(story.asks(SkipDate(KEY, "2027-01-07")), Done)
    lives(story, at("2027-01-14T16:00"))
    assert list(dates(story)) == ["2027-01-14"]
    assert story.node[SCHEDULES][KEY].sequence == 1
    late = story.asks(SkipDate(KEY, "2027-01-14"))
    assert isinstance(late, Refused)
    assert late.reason.code == "schedule_date_held_already"


def test_a_date_that_is_moved_is_held_then_and_not_at_its_own_time() -> None:
    story = told("2027-01-05T12:00")
    assert isinstance(story.asks(MoveDate(KEY, "2027-01-07", "2027-01-06", "09:00")), Done)
    lives(story, at("2027-01-06T08:46"))
    assert dates(story)["2027-01-07"].starts_at_s == at("2027-01-06T09:00")
    lives(story, at("2027-01-08T12:00"))
    assert len(openings(story)) == 1


@pytest.mark.parametrize("command", [SkipDate(KEY, "2027-01-08"), MoveDate(KEY, "nonsense", "2027-01-08", "09:00")])
def test_a_date_that_the_rule_does_not_have_is_neither_skipped_nor_moved(command: SkipDate | MoveDate) -> None:
    answer = told("2027-01-05T12:00").asks(command)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.reason.code) == ("invalid", "not_a_date_of_the_schedule")


def test_a_later_time_on_the_day_that_has_been_held_holds_it_no_second_time() -> None:
    story = told("2027-01-05T12:00")
    lives(story, at("2027-01-07T16:30"))
    kept = story.node[SCHEDULES][KEY]
    story.asks(ChangeSchedule(replace(kept, rule=replace(kept.rule, time="20:00"))))
    lives(story, at("2027-01-07T23:00"))
    assert len(openings(story)) == 1
    lives(story, at("2027-01-14T19:46"))
    assert len(openings(story)) == 2


def test_a_change_that_was_made_on_an_older_one_is_refused() -> None:
    story = told("2027-01-05T12:00")
    old = story.node[SCHEDULES][KEY]
    assert isinstance(story.asks(ChangeSchedule(replace(old, name="Nytt"))), Done)
    answer = story.asks(ChangeSchedule(replace(old, name="Annat")))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.field) == ("conflict", "sequence")
    assert story.node[SCHEDULES][KEY].name == "Nytt"


def test_a_meeting_that_is_added_five_minutes_before_its_time_is_opened_at_once_and_is_not_late() -> None:
    story = told("2027-01-07T15:55")
    directory_answers(story)
    assert (dates(story)["2027-01-07"].state, dates(story)["2027-01-07"].late_s) == (OccurrenceState.OPENED, 0.0)


def test_a_schedule_that_is_removed_opens_nothing_and_a_meeting_that_is_open_goes_on_without_ringing() -> None:
    story = told("2027-01-05T12:00", weekly(rings=True))
    lives(story, at("2027-01-07T15:50"))
    story.asks(RemoveSchedule(KEY))
    lives(story, at("2027-01-07T16:30"))
    assert (len(story.node[CONFERENCES]), len(story.node[ACTIVATIONS]), len(story.node[SCHEDULES])) == (1, 0, 0)
    lives(story, at("2027-01-21T16:30"))
    assert len(openings(story)) == 1
    assert not story.node[OCCURRENCES]
    assert story.asks(RemoveSchedule(KEY)) == Refused("not_found", story.asks(SkipDate(KEY, "x")).reason)  # type: ignore[union-attr]


def test_a_removal_while_the_directory_is_read_opens_nothing_and_takes_the_codes_back() -> None:
    story = told("2027-01-05T12:00")
    story.passes(at("2027-01-07T15:45:01") - story.now_s)
    prepared = list(story.fresh)
    story.asks(RemoveSchedule(KEY))
    story.forget_effects()
    story.fresh = prepared
    directory_answers(story)
    assert not story.node[CONFERENCES]
    assert len(story.done(WithdrawCodes)) == 1


# --- start now ---


def start(extra: str = "occ-1") -> StartScheduled:
    return StartScheduled(KEY, OccurrenceId(extra), ConferenceId(f"cnf-{extra}"), MixId(f"mix-{extra}"))


def test_a_meeting_that_is_started_an_hour_early_is_todays_and_four_o_clock_opens_no_other() -> None:
    story = told("2027-01-05T12:00", weekly(rings=True))
    lives(story, at("2027-01-07T15:00"))
    assert story.asks(start()) == Done(f"{KEY}.2027-01-07")
    lives(story, at("2027-01-07T15:01"))
    assert (len(story.node[CONFERENCES]), len(story.node[ACTIVATIONS])) == (1, 1)
    assert story.asks(start("occ-2")) == Done(f"{KEY}.2027-01-07")
    lives(story, at("2027-01-07T17:00"))
    assert len(openings(story)) == 1


def test_a_meeting_that_is_started_on_another_day_takes_no_date_away() -> None:
    story = told("2027-01-05T12:00")
    assert story.asks(start()) == Done("occ-1")
    lives(story, at("2027-01-05T12:01"))
    assert len(openings(story)) == 1
    lives(story, at("2027-01-07T16:00"))
    assert len(openings(story)) == 2


# --- for long, and for any rule ---


def test_a_year_of_weekly_meetings_leaves_nothing_that_grows() -> None:
    story = told("2026-12-31T12:00")
    sizes = []
    for month in range(1, 13):
        lives(story, at(f"2027-{month:02d}-28T12:00"))
        node = story.node
        sizes.append((len(node[OCCURRENCES]), len(node[CONFERENCES]), len(story.timers)))
        story.effects.clear()
    lives(story, at("2027-12-31T12:00"))
    assert len(openings(story)) == 52
    assert {one.late_s for one in ever(story).values()} == {0.0}
    assert max(sizes[3:]) <= (10, 0, 2), sizes


def test_a_meeting_held_once_is_forgotten_two_months_later() -> None:
    story = told("2027-01-05T12:00", weekly(Rule("2027-01-07", "16:00")))
    lives(story, at("2027-03-05T12:00"))
    assert len(story.node[SCHEDULES]) == 1
    lives(story, at("2027-03-15T12:00"))
    assert (len(story.node[SCHEDULES]), len(story.node[OCCURRENCES]), len(story.timers)) == (0, 0, 0)


@pytest.mark.slow
def test_a_date_that_is_long_over_keeps_its_mark_while_the_next_one_is_months_ahead() -> None:
    skipped = tuple(one.on for one in calendar.between(THURSDAYS, at("2027-01-08T00:00"), at("2027-05-01T00:00")))
    story = told("2027-01-05T12:00", weekly(replace(THURSDAYS, skipped=skipped)))
    lives(story, at("2027-05-05T12:00"))
    assert ever(story)["2027-01-07"].state is OccurrenceState.OPENED
    assert list(ever(story)) == ["2027-01-07"]
    again = story.restarted()
    lives(again, at("2027-05-06T16:00"))
    assert ever(again)["2027-01-07"].state is OccurrenceState.OPENED
    assert openings(again) == [str(ever(again)["2027-05-06"].conference)]


DAYS = st.sets(st.sampled_from(list(Weekday)), max_size=7).map(lambda days: tuple(sorted(days)))
MOMENTS = st.lists(
    st.tuples(st.sampled_from(["lives", "killed", "away", "clock", "moved", "skipped"]), st.floats(60, 4 * DAY_S)),
    max_size=7,
)


@settings(deadline=None, max_examples=40)
@given(
    days=DAYS,
    hour=st.integers(0, 23),
    minute=st.sampled_from([0, 30]),
    begins=st.sampled_from(["2026-10-21", "2027-03-24", "2027-06-01", "2027-10-27"]),
    before_s=st.sampled_from([0.0, 900.0, 7200.0]),
    moments=MOMENTS,
)
@pytest.mark.slow
def test_any_rule_and_any_restart_give_each_date_exactly_once_or_a_mark_that_it_was_missed(
    days: tuple[Weekday, ...],
    hour: int,
    minute: int,
    begins: str,
    before_s: float,
    moments: list[tuple[str, float]],
) -> None:
    rule = Rule(begins, f"{hour:02d}:{minute:02d}", days)
    began_s = at(f"{begins}T00:00") - HOUR_S
    story = Story(now_s=began_s)
    assert story.asks(AddSchedule(weekly(rule, rings=True, open_before_s=before_s))) == Done(KEY)
    opened: list[str] = []
    excepted: set[str] = set()
    ahead_s = 0.0
    for what, seconds in moments:
        match what:
            case "lives":
                lives(story, story.now_s + seconds)
            case "clock":
                set_s = seconds / 20
                ahead_s += set_s
                story.happens(ClockSet(story.now_s, ahead_s))
                directory_answers(story)
            case "moved" | "skipped" if KEY in story.node[SCHEDULES]:
                now_s = story.now_s + ahead_s
                ahead = next(calendar.following(story.node[SCHEDULES][KEY].rule, now_s + before_s), None)
                if ahead is not None:
                    skip = SkipDate(KEY, ahead.on)
                    later = MoveDate(KEY, ahead.on, ahead.local[:10], "23:45")
                    if isinstance(story.asks(skip if what == "skipped" else later), Done):
                        excepted.add(ahead.on)
                    directory_answers(story)
            case _:
                opened += openings(story)
                story.now_s += seconds if what == "away" else 0.0
                story.now_s += ahead_s  # the clock at a start is the wall's
                ahead_s = 0.0
                story = story.restarted()
                story.telephony_comes_up()
                directory_answers(story)
    story.passes(0.0)
    lives(story, story.now_s + 60.0)
    opened += openings(story)
    now_s = story.now_s + ahead_s
    found = ever(story)
    expected = {one.on for one in calendar.between(rule, began_s, now_s - 3 * HOUR_S)}
    assert expected - excepted <= set(found)
    assert set(found) <= {one.on for one in calendar.between(rule, began_s, now_s + before_s + DAY_S)} | excepted
    settled = [one for one in found.values() if one.on in expected]
    assert {one.state for one in settled} <= {OccurrenceState.OPENED, OccurrenceState.MISSED}
    assert len(opened) == len(set(opened))
    held = [str(one.conference) for one in found.values() if one.state is OccurrenceState.OPENED]
    assert sorted(held) == sorted(opened)
    assert all((one.reason is not None) for one in settled if one.state is OccurrenceState.MISSED)
