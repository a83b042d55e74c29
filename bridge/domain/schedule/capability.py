"""The schedule, as the step sees it. The call-out at the meeting's time is in `joint/scheduled`."""

from typing import Final

from bridge.domain.kernel.capability import Capability, carries_out, on, when_due
from bridge.domain.schedule import keeping, orders
from bridge.domain.schedule.commands import (
    AddSchedule,
    ChangeSchedule,
    MoveDate,
    RemoveSchedule,
    SkipDate,
    StartScheduled,
)
from bridge.domain.schedule.events import ClockSet, MeetingPrepared
from bridge.domain.schedule.notes import ScheduleNote
from bridge.domain.schedule.records import OCCURRENCES, SCHEDULES
from bridge.domain.schedule.timers import ScheduleTimer

SCHEDULE: Final = Capability(
    "schedule",
    records=(SCHEDULES, OCCURRENCES),
    heed=(on(MeetingPrepared, keeping.prepared), on(ClockSet, keeping.clock_set)),
    commands=(
        carries_out(AddSchedule, orders.add),
        carries_out(ChangeSchedule, orders.change),
        carries_out(RemoveSchedule, orders.remove),
        carries_out(SkipDate, orders.skip),
        carries_out(MoveDate, orders.move),
        carries_out(StartScheduled, orders.start),
    ),
    timers=(
        when_due(ScheduleTimer.SCHEDULE, keeping.due),
        when_due(ScheduleTimer.SCHEDULED_RINGING, keeping.ringing_due),
    ),
    notes=ScheduleNote,
    resume=keeping.resume,
)
