"""A meeting as a calendar file that Outlook takes: one VCALENDAR, its zone, one VEVENT (RFC 5545, RFC 5546).

A series is one VEVENT with its weekly rule. One of its dates is a message of its own with the same UID and a
RECURRENCE-ID. Outlook reads only the first VEVENT of a file.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText
from icalendar import Event as VEvent
from icalendar.prop import vRecur

from bridge.domain.schedule.calendar import Planned, following, zone_of
from bridge.domain.schedule.records import Rule

LASTS_S: Final = 3600.0
"""A meeting whose end is open stands in calendars for an hour."""
NO_MAIL: Final = "invalid:nomail"
"""The organizer that Outlook itself writes where there is no address. REQUEST must have one (RFC 5546, 3.2.2)."""
PRODUCT: Final = "-//Samband//Samband//EN"
_RULE_YEARS: Final = 3
"""A yearly rule of a clock change holds when it has held for so many years."""


@dataclass(frozen=True, slots=True)
class Event:
    """One VEVENT."""

    uid: str
    sequence: int
    rule: Rule
    planned: Planned | None
    """One date of a series; `None`: the series, or the only date."""
    lasts_s: float
    summary: str
    description: str
    location: str
    at_s: float
    method: str
    is_confidential: bool
    reminder_s: float
    organizer: str | None
    attendee: tuple[str, str] | None
    """Mail address and name."""


def write(event: Event) -> bytes:
    """UTF-8, lines folded at 75 octets and ended by CRLF."""
    zone = zone_of(event.rule.zone) or ZoneInfo("UTC")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", event.method)
    start = _start(event, zone)
    calendar.add_component(_zone(event.rule.zone, zone, start.year))
    calendar.add_component(_event(event, zone, start))
    return bytes(calendar.to_ical())


def _start(event: Event, zone: ZoneInfo) -> datetime:
    """The local time of the date, or of the first date of the series."""
    if event.planned is not None:
        return datetime.fromisoformat(event.planned.local).replace(tzinfo=zone)
    bare = Rule(event.rule.first_on, event.rule.time, event.rule.weekdays, event.rule.last_on, event.rule.zone)
    early_s = datetime.fromisoformat(f"{bare.first_on}T00:00").replace(tzinfo=zone).timestamp() - 1
    first = next(following(bare, early_s), None)
    local = first.local if first is not None else f"{bare.first_on}T{bare.time}"
    return datetime.fromisoformat(local).replace(tzinfo=zone)


def _event(event: Event, zone: ZoneInfo, start: datetime) -> VEvent:
    made = VEvent()
    made.add("uid", event.uid)
    made.add("sequence", event.sequence)
    made.add("dtstamp", datetime.fromtimestamp(int(event.at_s), UTC))
    made.add("dtstart", start)
    end = (start.astimezone(UTC) + timedelta(seconds=event.lasts_s)).astimezone(zone)
    made.add("dtend", end)
    if event.rule.weekdays and event.planned is None:
        _recur(made, event.rule, zone)
    elif event.rule.weekdays and event.planned is not None:
        made.add("recurrence-id", _local(event.planned.on, event.rule.time, zone))
    made.add("summary", event.summary)
    made.add("description", event.description)
    made.add("location", event.location)
    made.add("class", "CONFIDENTIAL" if event.is_confidential else "PUBLIC")
    made.add("transp", "OPAQUE")
    made.add("status", "CANCELLED" if event.method == "CANCEL" else "CONFIRMED")
    made.add("organizer", vCalAddress(f"mailto:{event.organizer}" if event.organizer else NO_MAIL))
    if event.attendee is not None:
        made.add("attendee", _attendee(*event.attendee))
    if event.method != "CANCEL":
        made.add_component(_reminder(event))
    return made


def _recur(made: VEvent, rule: Rule, zone: ZoneInfo) -> None:
    recur: dict[str, object] = {"freq": "WEEKLY", "byday": [one.value for one in rule.weekdays]}
    if rule.last_on is not None:  # in UTC, since DTSTART has a zone (RFC 5545, 3.3.10)
        recur["until"] = _local(rule.last_on, rule.time, zone).astimezone(UTC)
    made.add("rrule", vRecur(recur))
    for on in rule.skipped:
        made.add("exdate", _local(on, rule.time, zone))


def _local(on: str, at: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(f"{on}T{at}").replace(tzinfo=zone)


def _attendee(email: str, name: str) -> vCalAddress:
    made = vCalAddress(f"mailto:{email}")
    made.params["cn"] = vText(name.replace('"', "'"))
    made.params["role"] = vText("REQ-PARTICIPANT")
    made.params["partstat"] = vText("NEEDS-ACTION")
    made.params["rsvp"] = vText("FALSE")
    return made


def _reminder(event: Event) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", event.summary)
    alarm.add("trigger", -timedelta(seconds=int(event.reminder_s)))
    return alarm


# --- the zone ---


def _zone(name: str, zone: ZoneInfo, year: int) -> Timezone:
    """Both halves with their yearly rules, from before the meeting on. A zone without such rules is written as the
    changes of its next years."""
    made = Timezone()
    made.add("tzid", name)
    changes = _changes(zone, year - 1)
    if not changes:
        made.add_component(_half(TimezoneStandard(), datetime(year - 1, 1, 1, tzinfo=zone), zone, None))
        return made
    yearly = [_yearly(zone, year - 1, index) for index in range(len(changes))]
    if len(changes) != 2 or None in yearly:
        first = date(year - 1, 1, 1)
        return Timezone.from_tzinfo(zone, name, first, first.replace(year=year + 10))
    for change, rule in zip(changes, yearly, strict=True):
        is_summer = bool(change.dst())
        made.add_component(_half(TimezoneDaylight() if is_summer else TimezoneStandard(), change, zone, rule))
    return made


def _half(
    half: TimezoneStandard | TimezoneDaylight, change: datetime, zone: ZoneInfo, rule: vRecur | None
) -> TimezoneStandard | TimezoneDaylight:
    """From one change on. Its DTSTART is told by the clock of before (RFC 5545, 3.6.5)."""
    before = (change.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone)
    offset_before, offset = before.utcoffset(), change.utcoffset()
    half.add("dtstart", (before + timedelta(seconds=1)).replace(tzinfo=None))
    half.add("tzoffsetfrom", offset_before)
    half.add("tzoffsetto", offset)
    half.add("tzname", change.tzname() or "")
    if rule is not None:
        half.add("rrule", rule)
    return half


def _changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """The first instants with another offset in a year."""
    found = []
    hour = datetime(year, 1, 1, tzinfo=UTC)
    end = datetime(year + 1, 1, 1, tzinfo=UTC)
    while hour < end:
        later = hour + timedelta(hours=1)
        if hour.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            found.append(later.astimezone(zone))
        hour = later
    return found


def _yearly(zone: ZoneInfo, year: int, index: int) -> vRecur | None:
    """The rule of a change that falls on the same weekday and week each year; `None`: it does not."""
    rules = set()
    for each in range(year, year + _RULE_YEARS):
        changes = _changes(zone, each)
        if len(changes) <= index:
            return None
        before = (changes[index].astimezone(UTC) - timedelta(seconds=1)).astimezone(zone)
        rules.add((before.month, _week_of(before.date()), ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[before.weekday()]))
    if len(rules) != 1:
        return None
    month, week, day = rules.pop()
    return vRecur({"freq": "YEARLY", "bymonth": month, "byday": f"{week}{day}"})


def _week_of(day: date) -> int:
    """-1: the last of its kind in the month; else the first, second, …"""
    is_last = (day + timedelta(days=7)).month != day.month
    return -1 if is_last else (day.day - 1) // 7 + 1
