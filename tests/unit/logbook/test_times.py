"""A time is understood as people write it, in both languages, and what is unclear is refused."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bridge.logbook import instant

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOW = datetime(2026, 11, 28, 0, 10, tzinfo=STOCKHOLM)
"""A Saturday, ten past midnight."""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("23:50", "2026-11-27T23:50:00"),
        ("0:05", "2026-11-28T00:05:00"),
        ("23.50", "2026-11-27T23:50:00"),
        ("kl. 23.50", "2026-11-27T23:50:00"),
        ("23:50:07", "2026-11-27T23:50:07"),
        ("5 min sedan", "2026-11-28T00:05:00"),
        ("för 5 minuter sedan", "2026-11-28T00:05:00"),
        ("5 min ago", "2026-11-28T00:05:00"),
        ("-5min", "2026-11-28T00:05:00"),
        ("2h", "2026-11-27T22:10:00"),
        ("2 tim", "2026-11-27T22:10:00"),
        ("30 s", "2026-11-28T00:09:30"),
        ("3 dagar", "2026-11-25T00:10:00"),
        ("1 vecka", "2026-11-21T00:10:00"),
        ("nu", "2026-11-28T00:10:00"),
        ("idag", "2026-11-28T00:00:00"),
        ("i går", "2026-11-27T00:00:00"),
        ("Igår 23:50", "2026-11-27T23:50:00"),
        ("yesterday 12:40", "2026-11-27T12:40:00"),
        ("i förrgår 12:40", "2026-11-26T12:40:00"),
        ("måndag 08:00", "2026-11-23T08:00:00"),
        ("Friday", "2026-11-27T00:00:00"),
        ("lördag", "2026-11-28T00:00:00"),
        ("2026-11-01", "2026-11-01T00:00:00"),
        ("2026-11-01 12.40", "2026-11-01T12:40:00"),
        ("2026-11-01T12:40:37", "2026-11-01T12:40:37"),
        ("2026-10-25 12:40", "2026-10-25T12:40:00"),
    ],
)
def test_a_time_is_understood_as_it_is_written(text: str, meant: str) -> None:
    assert instant(text, NOW) == datetime.fromisoformat(meant).replace(tzinfo=STOCKHOLM)


def test_a_day_has_the_offset_of_that_day() -> None:
    assert str(instant("2026-07-01 12:00", NOW)) == "2026-07-01 12:00:00+02:00"


def test_an_offset_that_is_written_counts() -> None:
    assert instant("2026-11-27T22:50:00+00:00", NOW) == datetime(2026, 11, 27, 23, 50, tzinfo=STOCKHOLM)


@pytest.mark.parametrize(
    "text", ["", "  ", "snart", "25:00", "12:60", "12", "2026-13-01", "igår 25:00", "5 ljusår", "9" * 100, "999999 v"]
)
def test_what_is_unclear_is_refused(text: str) -> None:
    assert instant(text, NOW) is None
