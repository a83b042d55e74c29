"""The commands of the schedule."""

from dataclasses import dataclass

from bridge.domain.kernel.commands import Command
from bridge.domain.kernel.ids import ConferenceId, MixId, OccurrenceId, ScheduleId
from bridge.domain.schedule.records import Schedule


@dataclass(frozen=True, slots=True)
class AddSchedule(Command):
    """Its times count from now on. The same id again changes nothing."""

    schedule: Schedule


@dataclass(frozen=True, slots=True)
class ChangeSchedule(Command):
    """Put a changed one in place of the one that is kept. A date that was opened is not opened again."""

    schedule: Schedule
    """With the `sequence` that the change was made on."""


@dataclass(frozen=True, slots=True)
class RemoveSchedule(Command):
    """No date is opened any more. A meeting that is open goes on."""

    schedule: ScheduleId


@dataclass(frozen=True, slots=True)
class SkipDate(Command):
    schedule: ScheduleId
    on: str
    skipped: bool = True
    """False: it is held after all, at the time of the rule."""


@dataclass(frozen=True, slots=True)
class MoveDate(Command):
    schedule: ScheduleId
    on: str
    to_on: str
    to_time: str


@dataclass(frozen=True, slots=True)
class StartScheduled(Command):
    """Open the meeting now, and ring where it rings. It takes the place of today's date, where that is still ahead."""

    schedule: ScheduleId
    extra: OccurrenceId
    """The id where no date of today is ahead."""
    conference: ConferenceId
    mix: MixId
    opened_by: str | None = None
    """The name of the person whose meeting it becomes."""
