"""The orders to read what a meeting of the schedule needs."""

from dataclasses import dataclass

from bridge.domain.kernel.effects import DeviceEffect
from bridge.domain.kernel.ids import OccurrenceId
from bridge.domain.schedule.records import Occurrence, Schedule


@dataclass(frozen=True, slots=True)
class PrepareMeeting(DeviceEffect):
    """Read its forum and issue its codes. The same again issues the same codes. Answered by `MeetingPrepared`."""

    occurrence: Occurrence
    schedule: Schedule

    @property
    def subject(self) -> str:
        return self.occurrence.id


@dataclass(frozen=True, slots=True)
class ReadCalled(DeviceEffect):
    """Read who is called out to it. Answered by `CalledRead`."""

    occurrence: OccurrenceId
    forum: str | None
    activation_list: str | None

    @property
    def subject(self) -> str:
        return self.occurrence
