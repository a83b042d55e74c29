"""The dates of the schedule: local times over both changes of the clock."""

import ast
import inspect
from datetime import UTC, datetime
from itertools import islice, pairwise
from types import ModuleType

import pytest

from bridge.domain.kernel.week import Weekday
from bridge.domain.schedule import calendar
from bridge.domain.schedule.calendar import ClockChange
from bridge.domain.schedule.records import Moved, Rule
from bridge.domain.telephony import hours


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def starts(rule: Rule, after: str, count: int) -> list[str]:
    found = islice(calendar.following(rule, utc(after)), count)
    return [datetime.fromtimestamp(one.starts_at_s, UTC).strftime("%Y-%m-%dT%H:%MZ") for one in found]


def test_a_meeting_on_mondays_at_a_quarter_past_eight_stays_there_over_the_change_in_march() -> None:
    rule = Rule("2027-03-22", "08:15", (Weekday.MO,))
    assert starts(rule, "2027-03-20", 3) == ["2027-03-22T07:15Z", "2027-03-29T06:15Z", "2027-04-05T06:15Z"]


def test_the_weekly_meeting_on_thursdays_at_four_stays_there_over_the_change_in_october_of_both_years() -> None:
    rule = Rule("2026-01-01", "16:00", (Weekday.TH,))
    assert starts(rule, "2026-10-20", 2) == ["2026-10-22T14:00Z", "2026-10-29T15:00Z"]
    assert starts(rule, "2027-10-27", 2) == ["2027-10-28T14:00Z", "2027-11-04T15:00Z"]
    assert starts(rule, "2026-03-25", 2) == ["2026-03-26T15:00Z", "2026-04-02T14:00Z"]


def test_a_meeting_each_weekday_is_held_on_no_saturday_and_no_sunday() -> None:
    rule = Rule("2027-01-01", "08:30", (Weekday.MO, Weekday.TU, Weekday.WE, Weekday.TH, Weekday.FR))
    year = calendar.between(rule, utc("2027-01-01"), utc("2028-01-01"))
    assert len(year) == 261
    assert {datetime.fromisoformat(one.on).isoweekday() for one in year} == {1, 2, 3, 4, 5}
    assert {one.local[-5:] for one in year} == {"08:30"}


@pytest.mark.parametrize("year", [("2026-03-29"), ("2027-03-28")])
def test_half_past_two_on_the_night_when_it_does_not_exist_is_an_hour_later_and_says_so(year: str) -> None:
    [one] = calendar.following(Rule(year, "02:30"), utc("2026-01-01"))
    assert (one.starts_at_s, one.local, one.clock) == (utc(f"{year}T01:30"), f"{year}T03:30", ClockChange.SKIPPED)


@pytest.mark.parametrize("year", [("2026-10-25"), ("2027-10-31")])
def test_half_past_two_on_the_night_when_it_comes_twice_is_the_first_and_says_so(year: str) -> None:
    [one] = calendar.following(Rule(year, "02:30"), utc("2026-01-01"))
    assert (one.starts_at_s, one.local, one.clock) == (utc(f"{year}T00:30"), f"{year}T02:30", ClockChange.TWICE)


def test_every_night_at_half_past_two_comes_once_a_night_over_both_changes() -> None:
    rule = Rule("2027-03-26", "02:30", tuple(Weekday), "2027-11-02")
    nights = calendar.between(rule, utc("2027-03-01"), utc("2027-12-01"))
    assert [one.on for one in nights] == sorted({one.on for one in nights})
    assert len(nights) == 222
    assert all(later.starts_at_s > one.starts_at_s for one, later in pairwise(nights))


def test_a_date_is_left_out_and_another_is_held_at_another_time() -> None:
    rule = Rule(
        "2027-01-07",
        "16:00",
        (Weekday.TH,),
        "2027-01-28",
        skipped=("2027-01-14",),
        moved=(Moved("2027-01-21", "2027-01-20", "09:00"),),
    )
    found = list(calendar.following(rule, utc("2027-01-01")))
    assert [(one.on, one.local, one.moved) for one in found] == [
        ("2027-01-07", "2027-01-07T16:00", False),
        ("2027-01-21", "2027-01-20T09:00", True),
        ("2027-01-28", "2027-01-28T16:00", False),
    ]


@pytest.mark.parametrize(
    ("rule", "member"),
    [
        (Rule("2027-02-30", "16:00"), "first_on"),
        (Rule("27-02-03", "16:00"), "first_on"),
        (Rule("٢٠٢٧-02-03", "16:00"), "first_on"),
        (Rule("9999-12-31", "16:00"), "first_on"),
        (Rule("2027-02-03", "24:00"), "time"),
        (Rule("2027-02-03", "16:00:01"), "time"),
        (Rule("2027-02-03", "16:00", zone="Europe/Atlantis"), "zone"),
        (Rule("2027-02-03", "16:00", zone="../../etc/passwd"), "zone"),
        (Rule("2027-02-03", "16:00", (Weekday.TH,), "2027-02-01"), "last_on"),
        (Rule("2027-02-03", "16:00", (Weekday.TH,), skipped=("2027-02-03",)), "skipped"),
        (Rule("2027-02-04", "16:00", (Weekday.TH,), moved=(Moved("2027-02-04", "2027-06-04", "16:00"),)), "moved"),
    ],
)
def test_a_rule_that_cannot_be_used_names_the_member_at_fault(rule: Rule, member: str) -> None:
    fault = calendar.fault_of(rule)
    assert fault is not None
    assert fault[0] == member


def test_the_search_for_the_next_date_ends_where_none_is_ahead() -> None:
    assert starts(Rule("2027-01-07", "16:00"), "2027-02-01", 1) == []
    assert starts(Rule("2027-01-07", "16:00", (Weekday.TH,), "2027-02-01"), "2027-02-01", 1) == []
    assert starts(Rule("2060-01-07", "16:00"), "2027-02-01", 1) == ["2060-01-07T15:00Z"]


@pytest.mark.parametrize("module", [calendar, hours])
def test_what_knows_dates_asks_no_clock(module: ModuleType) -> None:
    tree = ast.parse(inspect.getsource(module))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not named & {"now", "today", "utcnow"}
