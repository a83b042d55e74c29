"""Local dates and times as instants. Pure: dates are values here, and no clock is asked.

A local time on the night of a clock change is read as RFC 5545, 3.3.5 says. A time that does not exist has the offset
from before the change: 02:30 becomes 03:30. A time that comes twice is the first one. Each such date carries a mark,
so that people see it before it comes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from enum import StrEnum
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.week import Weekday
from bridge.domain.schedule.reasons import ScheduleReason
from bridge.domain.schedule.records import Moved, Rule

MOST_EXCEPTIONS: Final = 400
"""Dates that are skipped, and dates that are moved: so many of each."""
MOVED_MOST_DAYS: Final = 31
"""A date is moved at most so far."""
FIRST_YEAR, LAST_YEAR = 2000, 2199
AHEAD_DAYS: Final = 3700
"""So far ahead the next date is looked for."""
_WEEK: Final = tuple(Weekday)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"\d{2}:\d{2}", re.ASCII)
_CHUNK_DAYS: Final = 60


class ClockChange(StrEnum):
    """The mark of a local time on the night of a clock change."""

    NONE = "none"
    SKIPPED = "skipped"
    """The time does not exist on that date; it is held later by the length of the change."""
    TWICE = "twice"
    """The time comes twice on that date; it is held the first time."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One date of a rule."""

    on: str
    """The date of the rule, `YYYY-MM-DD`: its identity."""
    starts_at_s: float
    local: str
    """The wall clock at that time, `YYYY-MM-DDTHH:MM`."""
    moved: bool = False
    clock: ClockChange = ClockChange.NONE


# --- what may be asked for ---


def fault_of(rule: Rule) -> tuple[str, Reason] | None:
    """The member at fault and why, where the rule cannot be used."""
    for member, dates in (
        ("first_on", (rule.first_on,)),
        ("last_on", (rule.last_on,) if rule.last_on is not None else ()),
        ("skipped", rule.skipped),
        ("moved", tuple(one for moved in rule.moved for one in (moved.on, moved.to_on))),
    ):
        wrong = next((one for one in dates if date_of(one) is None), None)
        if wrong is not None:
            return member, ScheduleReason.NO_DATE(value=wrong[:20])
    for member, times in (("time", (rule.time,)), ("moved", tuple(moved.to_time for moved in rule.moved))):
        wrong = next((one for one in times if _time_of(one) is None), None)
        if wrong is not None:
            return member, ScheduleReason.NO_TIME(value=wrong[:20])
    if zone_of(rule.zone) is None:
        return "zone", ScheduleReason.NO_ZONE(zone=rule.zone[:40])
    if rule.last_on is not None and (not rule.weekdays or rule.last_on < rule.first_on):
        return "last_on", ScheduleReason.ENDS_BEFORE_IT_BEGINS()
    if max(len(rule.skipped), len(rule.moved)) > MOST_EXCEPTIONS:
        return "skipped", ScheduleReason.TOO_MANY_EXCEPTIONS(most=MOST_EXCEPTIONS)
    return _fault_of_moves(rule)


def _fault_of_moves(rule: Rule) -> tuple[str, Reason] | None:
    for one in rule.moved:
        if abs((_date(one.to_on) - _date(one.on)).days) > MOVED_MOST_DAYS:
            return "moved", ScheduleReason.MOVED_TOO_FAR(on=one.on, most_days=MOVED_MOST_DAYS)
    wrong = next((one for one in (*rule.skipped, *(each.on for each in rule.moved)) if not is_of(rule, one)), None)
    return None if wrong is None else ("skipped", ScheduleReason.NOT_OF_THE_RULE(on=wrong))


def date_of(text: str) -> date | None:
    """`None` where it is no date of `YYYY-MM-DD`, or lies outside the years that are planned."""
    try:
        found = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
    return found if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _time_of(text: str) -> time_of_day | None:
    try:
        return time_of_day.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        return None


@cache
def zone_of(name: str) -> ZoneInfo | None:
    """The rules of a zone, read once; `None` where there is none of the name."""
    if not re.fullmatch(r"[A-Za-z0-9_+/-]{1,40}", name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


# --- the dates of a rule ---


def is_of(rule: Rule, on: str) -> bool:
    """Whether a date is one of the rule, exceptions apart."""
    found = date_of(on)
    if found is None:
        return False
    if not rule.weekdays:
        return on == rule.first_on
    return rule.first_on <= on <= (rule.last_on or on) and _WEEK[found.weekday()] in rule.weekdays


def planned_on(rule: Rule, on: str) -> Planned | None:
    """The date of the rule as it is held; `None` where it is none, or is skipped."""
    if not is_of(rule, on) or on in rule.skipped:
        return None
    move = next((one for one in rule.moved if one.on == on), None)
    if move is None:
        return _planned(rule, on, on, rule.time)
    return replace(_planned(rule, on, move.to_on, move.to_time), moved=True)


def between(rule: Rule, after_s: float, until_s: float) -> list[Planned]:
    """Those that start after one instant and up to another, in the order of their starts."""
    zone = _zone(rule)
    first = _local(after_s, zone) - timedelta(days=MOVED_MOST_DAYS + 1)
    last = _local(until_s, zone) + timedelta(days=MOVED_MOST_DAYS + 1)
    dates = _dates(rule, first, last)
    found = (planned_on(rule, on.isoformat()) for on in dates)
    return sorted(
        (one for one in found if one is not None and after_s < one.starts_at_s <= until_s),
        key=lambda one: (one.starts_at_s, one.on),
    )


def following(rule: Rule, after_s: float) -> Iterator[Planned]:
    """Those that start after an instant, in order. It ends with the rule, or `AHEAD_DAYS` after the instant."""
    day_s = timedelta(days=1).total_seconds()
    begin_s = max(after_s, _instant(_date(rule.first_on), time_of_day(), _zone(rule)) - (MOVED_MOST_DAYS + 1) * day_s)
    end_s = min(begin_s + AHEAD_DAYS * day_s, _end_s(rule))
    while begin_s < end_s:
        until_s = min(begin_s + _CHUNK_DAYS * day_s, end_s)
        yield from between(rule, begin_s, until_s)
        begin_s = until_s


def local_date(rule: Rule, at_s: float) -> str:
    """The date on the wall at an instant."""
    return _local(at_s, _zone(rule)).isoformat()


def _end_s(rule: Rule) -> float:
    """No date of the rule starts after this."""
    last = rule.last_on or (rule.first_on if not rule.weekdays else f"{LAST_YEAR}-12-31")
    day = _date(last)
    ahead = timedelta(days=MOVED_MOST_DAYS + 2)
    return _instant(day + ahead, time_of_day(), _zone(rule))


def _dates(rule: Rule, first: date, last: date) -> Iterator[date]:
    if not rule.weekdays:
        yield _date(rule.first_on)
        return
    day = max(first, _date(rule.first_on))
    last = min(last, _date(rule.last_on)) if rule.last_on is not None else last
    while day <= last:
        if _WEEK[day.weekday()] in rule.weekdays:
            yield day
        day += timedelta(days=1)


def _planned(rule: Rule, on: str, held_on: str, held_at: str) -> Planned:
    zone, day, at = _zone(rule), _date(held_on), _time_of(held_at) or time_of_day()
    first = datetime.combine(day, at, zone)
    second = first.replace(fold=1)
    instant = first.astimezone(UTC)
    shown = instant.astimezone(zone)
    if shown.replace(tzinfo=None) != first.replace(tzinfo=None):
        clock = ClockChange.SKIPPED
    elif first.utcoffset() != second.utcoffset():
        clock = ClockChange.TWICE
    else:
        clock = ClockChange.NONE
    return Planned(on, instant.timestamp(), shown.strftime("%Y-%m-%dT%H:%M"), clock=clock)


def _instant(day: date, at: time_of_day, zone: ZoneInfo) -> float:
    return datetime.combine(day, at, zone).timestamp()


def _local(at_s: float, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at_s, zone).date()


def _zone(rule: Rule) -> ZoneInfo:
    """A rule of a later program may name a zone that this one does not have: then it is UTC's."""
    return zone_of(rule.zone) or ZoneInfo("UTC")


def _date(text: str) -> date:
    """Of a rule that was looked at by `fault_of`."""
    return date_of(text) or date(LAST_YEAR, 12, 31)


def without_past(rule: Rule, at_s: float) -> Rule:
    """Without the exceptions that lie two months back, so that nothing grows with time."""
    kept_from = (_local(at_s, _zone(rule)) - timedelta(days=2 * MOVED_MOST_DAYS)).isoformat()
    skipped = tuple(sorted(one for one in set(rule.skipped) if one >= kept_from))
    moved: tuple[Moved, ...] = tuple(sorted(one for one in rule.moved if max(one.on, one.to_on) >= kept_from))
    return replace(rule, skipped=skipped, moved=moved)
