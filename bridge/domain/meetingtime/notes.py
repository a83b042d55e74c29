"""Lines of a conference's timeline."""

from enum import StrEnum


class MeetingTimeNote(StrEnum):
    END_SET = "end_set"
    """The meeting has another end, or none any more."""
    TIME_LEFT = "time_left"
    """Everybody is told how many minutes are left."""
    TIME_OUT = "time_out"
    """Everybody is told that the time is out. The meeting goes on."""
