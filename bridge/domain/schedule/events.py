"""The directory's answers about a meeting of the schedule, and the news that the wall clock was set."""

from dataclasses import dataclass

from bridge.domain.conference.commands import OpenConference
from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import Issi, OccurrenceId
from bridge.domain.kernel.language import Language
from bridge.domain.telephony.hours import NumberUse


@dataclass(frozen=True, slots=True)
class Called:
    """A function that is called out, or a deputy of one."""

    function: str
    organisation: str
    numbers: tuple[str, ...] = ()
    language: Language = Language.SV
    host_rank: int | None = None
    function_id: str | None = None
    number_uses: tuple[NumberUse, ...] = ()
    issis: tuple[Issi, ...] = ()
    deputies: tuple["Called", ...] = ()


@dataclass(frozen=True, slots=True)
class CalledList:
    """The list that is called out, and its figures."""

    id: str | None
    name: str
    called: tuple[Called, ...] = ()
    ring_s: float = 30.0
    rounds: int = 3
    round_pause_s: float = 90.0


@dataclass(frozen=True, slots=True)
class MeetingPrepared(Event):
    """Its codes are issued, and the forum has filled in the rest."""

    at_s: float
    occurrence: OccurrenceId
    opening: OpenConference


@dataclass(frozen=True, slots=True)
class CalledRead(Event):
    at_s: float
    occurrence: OccurrenceId
    list: CalledList


@dataclass(frozen=True, slots=True)
class ClockSet(Event):
    """The system's clock is ahead of the program's by so much, since somebody has set it (0009)."""

    at_s: float
    ahead_s: float
