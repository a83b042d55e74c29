"""The timers of a meeting's time."""

from enum import StrEnum


class MeetingTimer(StrEnum):
    MEETING_TIME = "meeting_time"
    """So little of the meeting's time is left that it is told, or the time is out."""
