"""The commands of those who watch the alarms."""

from dataclasses import dataclass

from bridge.domain.alarms.kinds import Priority
from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import AlarmId


@dataclass(frozen=True, slots=True)
class AcknowledgeAlarms(Command):
    """One, several, or all rows of a priority."""

    alarms: tuple[AlarmId, ...] = ()
    priority: Priority | None = None
    """All rows of it, besides those that are named."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ShelveAlarm(Command):
    """Out of the way for a while."""

    alarm: AlarmId
    for_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class UnshelveAlarm(Command):
    alarm: AlarmId
