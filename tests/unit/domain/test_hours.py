"""Numbers have hours: outside them they are passed over, and nobody is left uncalled for that."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.callout.commands import NewTarget
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.records import TARGETS, Target, TargetState
from bridge.domain.callout.sharing import left_out
from bridge.domain.kernel.ids import TargetId
from bridge.domain.kernel.policy import Policy
from bridge.domain.kernel.week import Weekday
from bridge.domain.telephony import hours
from bridge.domain.telephony.hours import Hours, NumberKind, NumberUse, is_within
from tests.harness.story import TRUNK, Story

OFFICE, NIGHT, HOME = "+46846500401", "+46701740605", "+46701740606"
DAYS = tuple(Weekday)
WORKDAYS = DAYS[:5]
BY_DAY = (NumberUse(OFFICE, NumberKind.FIXED, (Hours(WORKDAYS, "08:00", "16:30"),)),)
DAY_AND_NIGHT = (*BY_DAY, NumberUse(NIGHT, NumberKind.MOBILE, (Hours((), "16:30", "08:00"),)))


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# --- one stretch ---


@pytest.mark.parametrize(
    ("instant", "within"),
    [
        ("2027-01-07T06:59:59", False),  # a Thursday, 07:59:59 in Stockholm
        ("2027-01-07T07:00:00", True),
        ("2027-01-07T15:29:59", True),
        ("2027-01-07T15:30:00", False),
        ("2027-07-08T06:00:00", True),  # in summer, 08:00 in Stockholm
        ("2027-07-08T05:59:59", False),
        ("2027-01-09T10:00:00", False),  # a Saturday
    ],
)
def test_a_stretch_begins_and_ends_by_the_clock_on_the_wall(instant: str, within: bool) -> None:
    assert is_within([Hours(WORKDAYS, "08:00", "16:30")], utc(instant)) is within


def test_a_stretch_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday_night = [Hours((Weekday.FR,), "22:00", "06:00")]
    assert not is_within(friday_night, utc("2027-01-08T20:59"))
    assert is_within(friday_night, utc("2027-01-08T21:00"))
    assert is_within(friday_night, utc("2027-01-09T04:59"))
    assert not is_within(friday_night, utc("2027-01-09T05:00"))
    assert not is_within(friday_night, utc("2027-01-08T04:00"))
    sunday_night = [Hours((Weekday.SU,), "22:00", "06:00")]
    assert is_within(sunday_night, utc("2027-01-11T02:00"))


def test_until_midnight_is_the_whole_day() -> None:
    saturday = [Hours((Weekday.SA,), "00:00", "24:00")]
    assert [is_within(saturday, utc(f"2027-01-{one}")) for one in ("08T22:59", "08T23:00", "09T22:59", "09T23:00")] == [
        False,
        True,
        True,
        False,
    ]


def test_the_hour_that_does_not_come_in_march_is_missed_by_nobody() -> None:
    """At 01:00 UTC of 28 March 2027 the clock goes from 02:00 to 03:00."""
    assert is_within([Hours((), "01:00", "02:30")], utc("2027-03-28T00:59"))
    assert not is_within([Hours((), "01:00", "02:30")], utc("2027-03-28T01:00"))
    assert not any(is_within([Hours((), "02:00", "03:00")], utc(f"2027-03-28T0{one}:30")) for one in (0, 1))
    assert is_within([Hours((), "02:30", "04:00")], utc("2027-03-28T01:00"))


def test_the_hour_that_comes_twice_in_october_is_within_both_times() -> None:
    """At 01:00 UTC of 31 October 2027 the clock goes from 03:00 to 02:00."""
    night = [Hours((Weekday.SU,), "02:00", "03:00")]
    assert [is_within(night, utc(f"2027-10-31T0{one}:30")) for one in (0, 1)] == [True, True]
    assert not is_within(night, utc("2027-10-31T02:00"))


@given(st.integers(0, 60 * 24 * 800))
def test_a_number_by_day_and_one_by_night_leave_no_minute_without_a_number(minute: int) -> None:
    at_s = (datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).timestamp()
    day, night = Hours((), "07:00", "19:00"), Hours((), "19:00", "07:00")
    assert is_within([day], at_s) is not is_within([night], at_s)


@pytest.mark.parametrize(
    ("stretch", "code"),
    [
        (Hours((), "8:00", "16:00"), "hours_no_time"),
        (Hours((), "08:00", "24:01"), "hours_no_time"),
        (Hours((), "08:00", "25:00"), "hours_no_time"),
        (Hours((), "٠٨:٠٠", "16:00"), "hours_no_time"),
        (Hours((), "24:00", "08:00"), "hours_no_stretch"),
        (Hours((), "08:00", "08:00"), "hours_no_stretch"),
    ],
)
def test_hours_that_are_none_are_refused_with_the_reason(stretch: Hours, code: str) -> None:
    fault = hours.fault_of(NumberUse(OFFICE, hours=(stretch,)))
    assert fault is not None
    assert fault.code == code


# --- in a call-out ---


def called_out(at: str, *numbers: str, uses: tuple[NumberUse, ...], rounds: int = 2, **more: object) -> Story:
    story = Story(Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=0, channels=10),))))
    story.now_s = utc(at)
    story.opens()
    target = NewTarget(TargetId("tgt-tib"), "TiB", "Kommun", numbers, number_uses=uses)
    story.activates([], targets=(target,), rounds=rounds, round_pause_s=60, **more)
    return story


def tib(story: Story) -> Target:
    return story.node[TARGETS][TargetId("tgt-tib")]


def test_a_number_outside_its_hours_is_passed_over_and_costs_no_try() -> None:
    story = called_out("2027-01-07T20:00", OFFICE, NIGHT, uses=DAY_AND_NIGHT)
    assert story.dialled() == [NIGHT]
    assert tib(story).attempts_made == 1
    assert left_out(tib(story), []) == (OFFICE,)


def test_in_its_hours_it_is_tried_first_as_it_stands() -> None:
    story = called_out("2027-01-07T10:00", OFFICE, NIGHT, HOME, uses=DAY_AND_NIGHT)
    story.call_ends(OFFICE, 17)
    assert story.dialled() == [OFFICE, HOME]
    assert left_out(tib(story), []) == (NIGHT,)


def test_the_rounds_go_on_with_the_numbers_that_are_in_their_hours() -> None:
    story = called_out("2027-01-07T20:00", OFFICE, NIGHT, uses=DAY_AND_NIGHT)
    story.call_ends(NIGHT, 17)
    story.passes(61)
    story.call_ends(NIGHT, 17)
    assert story.dialled() == [NIGHT, NIGHT]
    assert tib(story).state is TargetState.UNREACHABLE


def test_a_function_without_a_number_in_its_hours_is_called_on_all_of_them() -> None:
    story = called_out("2027-01-09T10:00", OFFICE, HOME, uses=(*BY_DAY, NumberUse(HOME, hours=BY_DAY[0].hours)))
    story.call_ends(OFFICE, 17)
    assert story.dialled() == [OFFICE, HOME]
    assert left_out(tib(story), []) == ()


def test_where_the_only_number_in_its_hours_does_not_exist_the_others_are_called() -> None:
    story = called_out("2027-01-07T20:00", OFFICE, NIGHT, uses=DAY_AND_NIGHT, rounds=1)
    story.call_ends(NIGHT, 1)
    assert story.dialled() == [NIGHT, OFFICE]
    story.call_ends(OFFICE, 17)
    assert tib(story).state is TargetState.UNREACHABLE


def test_hours_that_begin_during_the_call_out_count_from_then_on() -> None:
    story = called_out("2027-01-07T06:59:30", OFFICE, NIGHT, uses=DAY_AND_NIGHT)
    assert story.dialled() == [NIGHT]
    story.call_ends(NIGHT, 17)
    story.passes(61)
    assert story.dialled() == [NIGHT, OFFICE]
    assert left_out(tib(story), []) == (NIGHT,)


def test_numbers_that_are_called_at_once_are_those_in_their_hours() -> None:
    story = called_out("2027-01-07T20:00", OFFICE, NIGHT, HOME, uses=DAY_AND_NIGHT, parallel=True, rounds=1)
    assert story.dialled() == [NIGHT, HOME]
    for number in (NIGHT, HOME):
        story.call_ends(number, 17)
    assert tib(story).state is TargetState.UNREACHABLE
    assert left_out(tib(story), []) == (OFFICE,)


def test_two_behind_one_number_are_asked_together_only_where_it_is_in_the_hours_of_both() -> None:
    story = Story(Policy(CalloutPolicy(trunks=(TrunkPolicy(name=TRUNK, calls_per_s=0, channels=10),))))
    story.now_s = utc("2027-01-07T20:00")
    story.opens()
    always = NewTarget(TargetId("tgt-tib"), "TiB", "Kommun", (OFFICE,))
    by_day = NewTarget(TargetId("tgt-chief"), "Chef", "Kommun", (OFFICE, HOME), number_uses=BY_DAY)
    story.activates([], targets=(always, by_day))
    assert story.dialled() == [OFFICE, HOME]
    story.call_ends(HOME, 1)
    assert story.node[TARGETS][TargetId("tgt-chief")].bad_numbers == {HOME}


def test_a_person_who_comes_later_is_called_at_a_number_that_is_in_its_hours_by_then() -> None:
    story = called_out("2027-01-07T15:20", OFFICE, NIGHT, uses=DAY_AND_NIGHT)
    line = story.answers(OFFICE)
    story.comes_in(line, "30")
    story.hangs_up(line)
    story.passes(30 * 60 + 1)
    assert story.dialled() == [OFFICE, NIGHT]


def test_the_end_of_a_call_is_about_the_number_that_was_called() -> None:
    story = called_out("2027-01-07T20:00", OFFICE, NIGHT, HOME, uses=DAY_AND_NIGHT)
    story.call_ends(NIGHT, 1)
    assert tib(story).bad_numbers == {NIGHT}
    assert tib(story).reason is not None
    assert story.dialled() == [NIGHT, HOME]
