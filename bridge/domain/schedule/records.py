"""A prepared conference with the rule of its dates, and what became of each date: the records."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from bridge.domain.conference.records import EntrySound, FloorMode, ForumLevel, Secrecy
from bridge.domain.kernel.ids import ActivationId, ConferenceId, Gssi, MixId, OccurrenceId, ScheduleId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records
from bridge.domain.kernel.week import Weekday

STOCKHOLM: Final = "Europe/Stockholm"


class Moved(NamedTuple):
    """One date of a rule is held at another time. Its identity stays the date of the rule (RECURRENCE-ID)."""

    on: str
    """The date of the rule, `YYYY-MM-DD`."""
    to_on: str
    """The date on which it is held, `YYYY-MM-DD`."""
    to_time: str
    """The local time, `HH:MM`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The dates of a prepared conference, in local time. Dates are `YYYY-MM-DD` (ISO 8601), times `HH:MM`."""

    first_on: str
    """The date, or the first date on which the weekly rule is valid."""
    time: str
    weekdays: tuple[Weekday, ...] = ()
    """Every week on these; empty: once, on `first_on`."""
    last_on: str | None = None
    """The last date on which a weekly rule is valid; `None`: it has no end."""
    zone: str = STOCKHOLM
    """Of the time zone database."""
    skipped: tuple[str, ...] = ()
    """Dates of the rule on which it is not held."""
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How the conference is opened. A member that is `None` is as its forum says at that time."""

    language: Language | None = None
    recorded: bool | None = None
    exercise: bool = False
    floor_mode: FloorMode = FloorMode.OPEN
    waiting_room: bool = False
    joins_muted: bool = False
    entry_sound: EntrySound | None = None
    asks_name: bool | None = None
    direct_number: str | None = None
    direct_code: bool = True
    secrecy: Secrecy = Secrecy.OPEN
    talkgroup: Gssi | None = None
    """Named in the invitation; a host patches it in, as any talkgroup. `None`: that of the forum."""


@dataclass(frozen=True, slots=True)
class Smarr:
    """The invitation's words in the SMARR form: purpose, goal, agenda, resources, rules."""

    purpose: str = ""
    goal: str = ""
    agenda: tuple[str, ...] = ()
    resources: str = ""
    rules: str = ""
    asks_reports: bool = True
    """It asks each organisation for a short situation report with its needs."""


AS_THE_FORUM: Final = Options()
NO_WORDS: Final = Smarr()


@dataclass(frozen=True, slots=True)
class Schedule(Record):
    """A prepared conference, and the rule of its dates."""

    id: ScheduleId
    created_by: str
    created_at_s: float
    name: str
    rule: Rule
    forum: str | None = None
    activation_list: str | None = None
    """The list that is called out; `None`: that of the forum."""
    level: ForumLevel | None = None
    """`None`: that of the forum."""
    options: Options = AS_THE_FORUM
    smarr: Smarr = NO_WORDS
    open_before_s: float = 900.0
    """It is opened so long before its time."""
    lasts_s: float | None = None
    """It is meant to end so long after its time; `None`: that is open."""
    rings: bool = False
    """Its functions are called out at its time."""
    invites: bool = False
    """Its invitations go out by themselves, by e-mail: now, at each change, and when it is cancelled."""
    remind_before_s: float | None = None
    """Its functions are reminded so long before its time; `None`: they are not."""
    reminded_to_s: float = 0.0
    """Wall time. Of dates up to this nobody is reminded any more."""
    asked_to_s: float = 0.0
    """Wall time. For dates up to this nobody is asked for a situation report any more."""
    sequence: int = 0
    """Raised by each change (SEQUENCE of RFC 5545, 3.8.7.4)."""
    from_at_s: float = 0.0
    """Wall time. Times up to this are settled, and concern nobody any more."""
    removed_at_s: float | None = None


class OccurrenceState(StrEnum):
    PREPARING = "preparing"
    """It is due: the directory is read, and its codes are issued."""
    OPENED = "opened"
    MISSED = "missed"
    """It was not opened, and will not be."""


class Ringing(StrEnum):
    NO = "no"
    """Nobody is to be rung."""
    AWAITED = "awaited"
    """Its functions are rung at its time."""
    READING = "reading"
    """The functions are being looked up."""
    RUNG = "rung"
    MISSED = "missed"
    """They were not rung, and will not be."""


@dataclass(frozen=True, slots=True)
class Occurrence(Record):
    """One date of a schedule that has come due. Its id is the schedule and the date, so that it comes once."""

    id: OccurrenceId
    schedule: ScheduleId
    on: str
    """The date of the rule, `YYYY-MM-DD`; where it was started outside the rule, the time of that, and its id."""
    name: str
    starts_at_s: float
    due_at_s: float
    """When it was to be opened."""
    decided_at_s: float
    """When the program came to it."""
    conference: ConferenceId
    mix: MixId
    state: OccurrenceState = OccurrenceState.PREPARING
    late_s: float = 0.0
    """Opened so long after it was due; 0: in time."""
    opened_at_s: float | None = None
    ringing: Ringing = Ringing.NO
    rung_late_s: float = 0.0
    """Rung so long after its time; 0: in time."""
    activation: ActivationId | None = None
    reason: Reason | None = None
    """Why it was not opened, or nobody was rung."""
    opened_by: str | None = None
    """The name of the person who started it by hand: the meeting is theirs."""


SCHEDULES: Final = Records[ScheduleId, Schedule]("schedules", Schedule, "schedule")
OCCURRENCES: Final = Records[OccurrenceId, Occurrence]("occurrences", Occurrence, "occurrence")
