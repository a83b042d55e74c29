"""Lines of a conference's timeline."""

from enum import StrEnum


class ScheduleNote(StrEnum):
    BY_SCHEDULE = "opened_by_schedule"
    """It was opened by the schedule, in time or late."""
    SCHEDULED_RINGING = "scheduled_ringing"
    """Its functions are rung, as the schedule says."""
