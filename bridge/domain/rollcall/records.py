"""A roll call (*upprop*) and the functions on its roll: the records."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.kernel.ids import ActivationId, ConferenceId, ParticipantId, RollCallId, RollEntryId
from bridge.domain.kernel.language import Language
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records
from bridge.domain.telephony.hours import NumberUse


class RollCallState(StrEnum):
    PREPARING = "preparing"
    """The expected functions are being looked up."""
    CALLING = "calling"
    """The names are read out, one by one."""
    RINGING = "ringing"
    """Those who are missing are rung, then their deputies."""
    ENDED = "ended"


class Attendance(StrEnum):
    EXPECTED = "expected"
    """Not called yet, or passed over by the host."""
    PRESENT = "present"
    """Seen by the seat: the function was called in, or has keyed its personal code."""
    ANSWERED = "answered"
    """Pressed the key when the name was read out."""
    TICKED = "ticked"
    """Ticked by a host, by key or API."""
    DEPUTY = "deputy"
    """A deputy of the function is there."""
    MISSING = "missing"


HERE: Final = frozenset({Attendance.PRESENT, Attendance.ANSWERED, Attendance.TICKED, Attendance.DEPUTY})
"""The function is there, itself or by a deputy."""


class SummaryTo(StrEnum):
    ALL = "all"
    HOSTS = "hosts"


@dataclass(frozen=True, slots=True)
class RollCall(Record):
    """One roll call. It is a document of its moment: a function that was there stays so, also when it leaves later."""

    id: RollCallId
    conference: ConferenceId
    started_by: str
    started_at_s: float
    state: RollCallState = RollCallState.PREPARING
    summary_to: SummaryTo = SummaryTo.ALL
    quorum: int | None = None
    """So many functions must be there; `None`: see `bridge.domain.rollcall.quorum`."""
    called: int = 0
    """So many names are settled, in the order of the roll."""
    rung: int = 0
    """How far the ringing has come: 1 the functions, 2 their deputies."""
    activation: ActivationId | None = None
    """The latest call-out of those who are missing."""
    ended_at_s: float | None = None
    reason: Reason | None = None
    """Why it ended before the names were read out."""


@dataclass(frozen=True, slots=True)
class RollEntry(Record):
    """A function on the roll, or a deputy of one."""

    id: RollEntryId
    roll_call: RollCallId
    position: int
    function: str
    organisation: str
    numbers: tuple[str, ...] = ()
    """E.164 with plus, in the order they are tried."""
    language: Language = Language.SV
    host_rank: int | None = None
    """As that of the seat that they get when they are rung."""
    required: bool = False
    """The quorum does not hold without it."""
    deputy_for: RollEntryId | None = None
    """A deputy is called in the place of this function, and is never read out."""
    state: Attendance = Attendance.EXPECTED
    called_at_s: float | None = None
    """When the name was read out."""
    seen_at_s: float | None = None
    """When the state was set."""
    seat: ParticipantId | None = None
    """The function's seat, or the deputy's."""
    ticked_by: str | None = None
    rung_at_s: float | None = None
    number_uses: tuple[NumberUse, ...] = ()
    """How its numbers are used when it is rung."""

    @property
    def name(self) -> str:
        """As it is read out."""
        return f"{self.organisation} {self.function}".strip()


ROLL_CALLS: Final = Records[RollCallId, RollCall]("roll_calls", RollCall, "roll_call")
ROLL_ENTRIES: Final = Records[RollEntryId, RollEntry]("roll_entries", RollEntry, None)
