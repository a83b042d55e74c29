"""Timers by name."""

from enum import StrEnum


class ScheduleTimer(StrEnum):
    SCHEDULE = "schedule"
    """The next date of a schedule is to be opened."""
    SCHEDULED_RINGING = "scheduled_ringing"
    """The functions of a meeting that was opened are to be rung."""
    SCHEDULE_REMINDER = "schedule_reminder"
    """The functions of a schedule are to be reminded of its next date."""
    SCHEDULE_REPORTS = "schedule_reports"
    """The organisations of a schedule are to be asked for their situation reports."""
    SCHEDULED_END = "scheduled_end"
    """A meeting that was opened may have been empty for long."""
