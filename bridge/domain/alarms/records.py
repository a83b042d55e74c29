"""Alarms: the record."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.alarms.kinds import EMERGENCIES, AlarmKind, Priority
from bridge.domain.kernel.ids import AlarmId, ConferenceId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.records import Record
from bridge.domain.kernel.tables import Records


class AlarmState(StrEnum):
    """The states of ISA-18.2."""

    NEW = "new"
    """*Ny*: nobody has acknowledged it."""
    ACKNOWLEDGED = "acknowledged"
    """*Kvitterad*: somebody has, and it stands."""
    RETURNED = "returned"
    """*Åter normal, ej kvitterad*: it is over, and nobody has acknowledged it."""
    SHELVED = "shelved"
    """*Parkerad*: out of the way for a while, with a reason."""
    ENDED = "ended"
    """*Åter normal*."""


@dataclass(frozen=True, slots=True)
class Alarm(Record):
    """One alarm, from when it is raised until it is over and acknowledged. A key has one at a time."""

    id: AlarmId
    key: str
    """Its cause by name, such as `trunk main`: the same fault again is the same alarm while it is not over."""
    kind: AlarmKind
    priority: Priority
    cause: Reason
    subject: str
    """The part, or what people call the thing that it is about."""
    raised_at_s: float
    """Since when it stands; of one that came again, since when it first stood."""
    state: AlarmState = AlarmState.NEW
    standing: bool = True
    """The fault is there now."""
    times: int = 1
    """So often it came."""
    last_at_s: float = 0.0
    """When it last came."""
    cleared_at_s: float | None = None
    """Since when it is over, if it is."""
    acknowledged_by: str | None = None
    acknowledged_at_s: float | None = None
    acknowledged_reason: str = ""
    shelved_by: str | None = None
    shelved_at_s: float | None = None
    shelved_until_s: float | None = None
    shelved_reason: str = ""
    behind: tuple[str, ...] = ()
    """Keys of the causes that would explain it. While one of them stands it is no row of its own."""
    effects: int = 0
    """So many others are hidden behind it now."""
    exercise: bool = False
    conference: ConferenceId | None = None
    ended_at_s: float | None = None

    @property
    def is_unacknowledged(self) -> bool:
        return self.state in (AlarmState.NEW, AlarmState.RETURNED)

    @property
    def is_emergency(self) -> bool:
        return self.kind in EMERGENCIES


ALARMS: Final = Records[AlarmId, Alarm]("alarms", Alarm, "alarm")
"""Those that are not over, or not acknowledged. The store keeps the others."""
