"""The invitation's words in the SMARR form (*Syfte, Mål, Agenda, Resurser, Regler*), and the whole as one value."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.conference.records import Secrecy
from bridge.domain.directory.records import Talkgroup
from bridge.domain.kernel.language import Language
from bridge.domain.schedule import calendar
from bridge.domain.schedule.calendar import Planned
from bridge.domain.schedule.records import Rule, Schedule
from bridge.domain.telephony.numbers import national
from bridge.invitations import icalendar_file
from bridge.words import word

SECTION: Final = "invitation"


class Method(StrEnum):
    """Of iTIP (RFC 5546, 3.2). Outlook takes no PUBLISH as an invitation."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A function that is invited."""

    function: str
    organisation: str
    email: str | None = None
    is_rung: bool = False
    """It is on the list that is called out at the meeting's time."""

    @property
    def name(self) -> str:
        return f"{self.organisation} {self.function}".strip()


@dataclass(frozen=True, slots=True)
class Told:
    """All that an invitation tells."""

    schedule: Schedule
    number: str
    """The number to dial, E.164 with plus."""
    at_s: float
    """Now: the stamp of the calendar object."""
    language: Language = Language.SV
    planned: Planned | None = None
    """One date; `None`: the series as a whole, or the only date."""
    method: Method = Method.REQUEST
    talkgroup: Talkgroup | None = None
    receiver: Receiver | None = None
    organizer: str | None = None
    """A mail address."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A message that can be sent."""

    method: Method
    """Stands in the calendar, and belongs in the `Content-Type` of its part."""
    to: str | None
    """A mail address; `None`: the receiver has none, or none is named."""
    language: Language
    subject: str
    text: str
    """For those whose calendar shows nothing."""
    calendar: bytes
    """One VCALENDAR with one VEVENT (RFC 5545), UTF-8."""
    filename: str
    uid: str
    sequence: int


def invitation(told: Told) -> Invitation:
    """No code stands in it, whoever receives it. A conference's codes are drawn when it is opened, and a mail is kept
    by more than its reader."""
    text = _text(told)
    subject = _subject(told)
    organizer = told.organizer
    receiver = told.receiver
    event = icalendar_file.Event(
        uid=told.schedule.id,
        sequence=told.schedule.sequence,
        rule=told.schedule.rule,
        planned=told.planned,
        lasts_s=told.schedule.lasts_s or icalendar_file.LASTS_S,
        summary=told.schedule.name,
        description=text,
        location=national(told.number),
        at_s=told.at_s,
        method=told.method,
        is_confidential=told.schedule.options.secrecy is not Secrecy.OPEN,
        reminder_s=told.schedule.open_before_s,
        organizer=organizer,
        attendee=(receiver.email, receiver.name) if receiver is not None and receiver.email else None,
    )
    return Invitation(
        method=told.method,
        to=receiver.email if receiver is not None else None,
        language=told.language,
        subject=subject,
        text=text,
        calendar=icalendar_file.write(event),
        filename=f"{told.schedule.id}.ics",
        uid=told.schedule.id,
        sequence=told.schedule.sequence,
    )


def _subject(told: Told) -> str:
    key = "subject_cancelled" if told.method is Method.CANCEL else "subject"
    exercise = word(told.language, SECTION, "exercise") if told.schedule.options.exercise else None
    data = {"name": told.schedule.name, "when": when_of(told)}
    return word(told.language, SECTION, key, **data, **({"exercise": exercise} if exercise else {}))


def _text(told: Told) -> str:
    """Paragraphs, each a line or more."""
    lines = [_subject(told), ""]
    if told.method is Method.CANCEL:
        return "\n".join([*lines, word(told.language, SECTION, "cancelled"), ""])
    if told.receiver is not None:
        lines.append(word(told.language, SECTION, "to", name=told.receiver.name))
    lines += [*_how(told), ""]
    smarr = told.schedule.smarr
    parts = (
        ("purpose", smarr.purpose),
        ("goal", smarr.goal),
        ("agenda", "\n".join(f"{number}. {point}" for number, point in enumerate(smarr.agenda, 1))),
        ("resources", smarr.resources),
        ("rules", smarr.rules),
    )
    for key, said in parts:
        lines += [word(told.language, SECTION, key), said or word(told.language, SECTION, "nothing"), ""]
    if smarr.asks_reports:
        lines += [word(told.language, SECTION, "report_head"), word(told.language, SECTION, "report"), ""]
    return "\n".join(lines)


def _how(told: Told) -> list[str]:
    language = told.language
    is_rung = told.receiver is not None and told.receiver.is_rung
    number = national(told.number)
    lines = [word(language, SECTION, "you_are_rung" if is_rung else "you_call", number=number)]
    options = told.schedule.options
    has_no_code = options.direct_number is not None and not options.direct_code
    lines.append(word(language, SECTION, "no_code" if has_no_code else "code"))
    if told.talkgroup is not None:
        lines.append(word(language, SECTION, "talkgroup", name=told.talkgroup.name, gssi=int(told.talkgroup.gssi)))
    if options.secrecy is not Secrecy.OPEN:
        lines.append(word(language, SECTION, "secret"))
    if told.planned is not None and told.planned.clock is not calendar.ClockChange.NONE:
        lines.append(word(language, SECTION, f"clock_{told.planned.clock.value}"))
    return lines


def when_of(told: Told) -> str:
    """A date with its time, or the weekdays with it."""
    rule = told.schedule.rule
    if told.planned is not None:
        date, time = told.planned.local.split("T")
        return word(told.language, SECTION, "once", date=date, time=time)
    if not rule.weekdays:
        return word(told.language, SECTION, "once", date=rule.first_on, time=rule.time)
    return word(told.language, SECTION, "weekly", days=_days(rule, told.language), time=rule.time)


def _days(rule: Rule, language: Language) -> str:
    return ", ".join(word(language, SECTION, f"day_{one.value}") for one in rule.weekdays)
