"""The figures of the schedule."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SchedulePolicy:
    late_s: float = 1800.0
    """A meeting that came due while the program was away is opened late, up to so long after its time."""
    slack_s: float = 60.0
    """Later than this after it was due, it is marked late."""
    empty_s: float = 7200.0
    """A meeting that nobody is in ends so long after its time, or after the last has left."""
