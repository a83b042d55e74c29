"""How a number is used: its kind, the hours in which it is tried, and the person whose it is. Pure.

Hours are times on the wall of Stockholm. Each instant has one such time, also on the nights of the clock changes. So
02:30 that comes twice lies within the hours twice, and 02:30 that does not come is missed by nobody.

Hours keep no function from being reached. Where none of its numbers is in its hours, all are (0048).
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bridge.domain.kernel.reasons import Reason, ReasonCode
from bridge.domain.kernel.week import Weekday

MOST_HOURS: Final = 14
"""Stretches of one number in a week: two for each day."""
_ZONE: Final = ZoneInfo("Europe/Stockholm")
_WEEK: Final = tuple(Weekday)
_TIME: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_MIDNIGHT: Final = "24:00"


class NumberKind(StrEnum):
    MOBILE = "mobile"
    FIXED = "fixed"
    SATELLITE = "satellite"
    OTHER = "other"
    """Or nobody has said."""


class Hours(NamedTuple):
    """One stretch of local time, from `begins` up to and without `ends`."""

    weekdays: tuple[Weekday, ...]
    """On which it begins; empty: on every day."""
    begins: str
    """`HH:MM`."""
    ends: str
    """`HH:MM`, or `24:00`. Earlier than `begins`: on the next day."""


class NumberUse(NamedTuple):
    """How one number is used."""

    number: str
    """E.164 with plus."""
    kind: NumberKind = NumberKind.OTHER
    hours: tuple[Hours, ...] = ()
    """Those in which it is tried; empty: always."""
    person: str = ""
    """The name of the person on duty whose number it is; empty: it is the function's own."""


class HoursReason(ReasonCode):
    """Why hours cannot be used."""

    NO_TIME = "hours_no_time", "value"
    NO_STRETCH = "hours_no_stretch", "value"
    TOO_MANY = "hours_too_many", "most"
    OF_NO_NUMBER = "hours_of_no_number", "number"
    NUMBER_TWICE = "hours_number_twice", "number"


# --- what may be asked for ---


def fault_of(use: NumberUse) -> Reason | None:
    """Why the hours of a number cannot be used."""
    if len(use.hours) > MOST_HOURS:
        return HoursReason.TOO_MANY(most=MOST_HOURS)
    for one in use.hours:
        wrong = next((text for text in (one.begins, one.ends) if text != _MIDNIGHT and not _TIME.fullmatch(text)), None)
        if wrong is not None:
            return HoursReason.NO_TIME(value=wrong[:20])
        if one.begins == _MIDNIGHT or one.begins == one.ends:
            return HoursReason.NO_STRETCH(value=f"{one.begins}-{one.ends}")
    return None


def fault_among(numbers: Collection[str], uses: Sequence[NumberUse]) -> tuple[int, Reason] | None:
    """The place of a use that cannot stand beside these numbers, and why."""
    seen: set[str] = set()
    for place, one in enumerate(uses):
        fault = fault_of(one)
        if one.number not in numbers:
            fault = HoursReason.OF_NO_NUMBER(number=one.number)
        elif one.number in seen:
            fault = HoursReason.NUMBER_TWICE(number=one.number)
        if fault is not None:
            return place, fault
        seen.add(one.number)
    return None


def uses_of(numbers: Iterable[str], uses: Iterable[NumberUse]) -> tuple[NumberUse, ...]:
    """The uses that say something of these numbers, in the numbers' order, in the form in which they are kept."""
    known = {one.number: one for one in uses}
    found = (known[one] for one in dict.fromkeys(numbers) if one in known)
    return tuple(_plain(one) for one in found if one.kind is not NumberKind.OTHER or one.hours or one.person)


def _plain(use: NumberUse) -> NumberUse:
    return use._replace(hours=tuple(one._replace(weekdays=_in_order(one.weekdays)) for one in use.hours))


def _in_order(weekdays: Collection[Weekday]) -> tuple[Weekday, ...]:
    """All seven are every day."""
    return () if set(weekdays) == set(_WEEK) else tuple(one for one in _WEEK if one in weekdays)


# --- at an instant ---


def is_within(hours: Collection[Hours], at_s: float) -> bool:
    """Whether an instant (seconds since 1970) lies within one of the stretches; always where there are none."""
    if not hours:
        return True
    local = datetime.fromtimestamp(at_s, _ZONE)
    today, before, time = _WEEK[local.weekday()], _WEEK[local.weekday() - 1], f"{local:%H:%M}"
    return any(_holds(one, today, before, time) for one in hours)


def leave_gaps(uses: Sequence[NumberUse]) -> bool:
    """Whether there is a minute of the week at which none of these numbers is in its hours."""
    if not uses or any(not one.hours for one in uses):
        return False
    hours = [stretch for one in uses for stretch in one.hours]
    times = {"00:00", *(text for one in hours for text in (one.begins, one.ends) if text != _MIDNIGHT)}
    return any(
        not any(_holds(one, day, _WEEK[place - 1], time) for one in hours)
        for place, day in enumerate(_WEEK)
        for time in times
    )


def _holds(one: Hours, today: Weekday, before: Weekday, time: str) -> bool:
    """Times of two digits each are in the order of their letters."""
    if one.begins < one.ends:
        return one.begins <= time < one.ends and _is_on(one, today)
    return (time >= one.begins and _is_on(one, today)) or (time < one.ends and _is_on(one, before))


def _is_on(one: Hours, day: Weekday) -> bool:
    return not one.weekdays or day in one.weekdays


def in_hours(numbers: Sequence[str], uses: Iterable[NumberUse], at_s: float) -> tuple[str, ...]:
    """The numbers that are to be tried at an instant, in their order. Where none is in its hours: all of them."""
    closed = {one.number for one in uses if not is_within(one.hours, at_s)}
    return tuple(one for one in numbers if one not in closed) or tuple(numbers)


def person_of(number: str, uses: Iterable[NumberUse]) -> str:
    """The person whose number it is; empty: it is the function's own."""
    return next((one.person for one in uses if one.number == number), "")
