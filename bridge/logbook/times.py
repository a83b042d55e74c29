"""An instant as people write it, in Swedish or English: `12:40`, `igår 23.50`, `5 min sedan`, `2026-11-28 12:40`."""

import re
from datetime import date, datetime, time, timedelta
from typing import Final

_UNITS: Final = {
    "s": ("s", "sek", "sekund", "sekunder", "sec", "second", "seconds"),
    "m": ("m", "min", "minut", "minuter", "minute", "minutes"),
    "h": ("h", "t", "tim", "timme", "timmar", "hour", "hours"),
    "d": ("d", "dag", "dagar", "dygn", "day", "days"),
    "w": ("w", "v", "vecka", "veckor", "week", "weeks"),
}
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNIT_OF: Final = {word: _SECONDS[unit] for unit, words in _UNITS.items() for word in words}
_DAYS: Final = {"idag": 0, "i dag": 0, "today": 0, "igår": 1, "i går": 1, "yesterday": 1, "i förrgår": 2, "förrgår": 2}
_WEEKDAYS: Final = {
    word: number
    for number, words in enumerate(
        ("måndag monday", "tisdag tuesday", "onsdag wednesday", "torsdag thursday", "fredag friday", "lördag saturday",
         "söndag sunday")
    )
    for word in words.split()
}  # fmt: skip
_AGO: Final = re.compile(r"(?:för |-)?\s*(\d{1,6})\s*([a-zåäö]+)(?:\s+(?:sedan|sen|ago))?")
_CLOCK: Final = re.compile(r"(?:kl\.?\s*)?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST: Final = 60


def instant(text: str, now: datetime) -> datetime | None:
    """None where nobody could tell which one is meant.

    Args:
        text: As it was typed. A time of day without a date is the latest one that has been. A day is its beginning.
        now: With its time zone, which is also that of the text.
    """
    plain = " ".join(text.lower().split())
    if not plain or len(plain) > _LONGEST:
        return None
    if plain in ("nu", "now"):
        return now
    try:
        return _ago(plain, now) or _of_clock(plain, now) or _of_day(plain, now) or _written(text.strip(), now)
    except (ValueError, OverflowError):
        return None


def _ago(plain: str, now: datetime) -> datetime | None:
    found = _AGO.fullmatch(plain)
    if found is None or found[2] not in _UNIT_OF:
        return None
    return now - timedelta(seconds=int(found[1]) * _UNIT_OF[found[2]])


def _of_clock(plain: str, now: datetime) -> datetime | None:
    clock = _clock(plain)
    if clock is None:
        return None
    today = _at(now.date(), clock, now)
    return today if today <= now else _at(now.date() - timedelta(days=1), clock, now)


def _of_day(plain: str, now: datetime) -> datetime | None:
    """A day by its name, or its date, with a time of day behind it or none."""
    for name, back in _DAYS.items():
        if plain == name or plain.startswith(f"{name} "):
            return _on(now.date() - timedelta(days=back), plain.removeprefix(name), now)
    first, _, rest = plain.partition(" ")
    if first in _WEEKDAYS:
        return _on(now.date() - timedelta(days=(now.weekday() - _WEEKDAYS[first]) % 7), rest, now)
    if _DATE.fullmatch(first):
        return _on(date.fromisoformat(first), rest, now)
    return None


def _on(day: date, rest: str, now: datetime) -> datetime | None:
    if not rest.strip():
        return _at(day, time(), now)
    clock = _clock(rest.strip())
    return None if clock is None else _at(day, clock, now)


def _written(text: str, now: datetime) -> datetime | None:
    """By ISO 8601, with an offset or without."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else _at(found.date(), found.time(), now)


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    return None if found is None else time(int(found[1]), int(found[2]), int(found[3] or 0))


def _at(day: date, clock: time, now: datetime) -> datetime:
    """In the zone of this machine where `now` has its: the offset of that day, and not of this one."""
    local = datetime.combine(day, clock)
    zone = now.tzinfo
    return local.astimezone() if zone is None else local.replace(tzinfo=zone)
