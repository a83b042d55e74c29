"""The commands of a roll call."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, RollCallId, RollEntryId
from bridge.domain.kernel.language import Language
from bridge.domain.rollcall.records import SummaryTo
from bridge.domain.telephony.hours import NumberUse


@dataclass(frozen=True, slots=True)
class Expected:
    """A function that a forum expects, or a deputy of one."""

    function: str
    organisation: str
    numbers: tuple[str, ...] = ()
    language: Language = Language.SV
    host_rank: int | None = None
    required: bool = False
    number_uses: tuple[NumberUse, ...] = ()
    deputies: tuple["Expected", ...] = ()


@dataclass(frozen=True, slots=True)
class Roll:
    """The functions that a forum expects, and its quorum rule."""

    expected: tuple[Expected, ...] = ()
    quorum: int | None = None


@dataclass(frozen=True, slots=True)
class StartRollCall(Command):
    """Call the roll. While one runs in the conference, it is the one."""

    roll_call: RollCallId
    conference: ConferenceId
    roll: Roll
    summary_to: SummaryTo = SummaryTo.ALL


@dataclass(frozen=True, slots=True)
class TickRollCall(Command):
    """A host has seen, or misses, a function of the roll call under way."""

    conference: ConferenceId
    entry: RollEntryId
    present: bool = True


@dataclass(frozen=True, slots=True)
class EndRollCall(Command):
    """Read out and ring no more. The summary is said."""

    conference: ConferenceId
