"""The figures by which guessing is braked. Decision 0034 has the arithmetic."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GuessingPolicy:
    """Every wait is bounded, and nothing locks: by a lock a stranger would shut the region out of its crisis."""

    wrong_s: float = 1.0
    """The answer to a wrong code is held back so long for each wrong code of its line lately."""
    wrong_longest_s: float = 10.0
    window_s: float = 10_800.0
    """A wrong code counts against its line for so long."""
    line_after: int = 6
    """Wrong codes of one line before its look-ups wait: one second, doubled by each further one."""
    withheld_after: int = 24
    """The same for all callers of a trunk who withhold their number: they count as one line."""
    line_longest_s: float = 900.0
    """The longest that a look-up waits for its own line's wrong codes."""
    burst: int = 60
    """Wrong codes of all unknown lines together before their look-ups wait for each other."""
    trunk_s: float = 120.0
    """Then one look-up of an unknown line is made in so long, on each trunk."""
    all_s: float = 90.0
    """The same over all trunks."""
    familiar_s: float = 450.0
    """The same for lines that lately gave a right code, among themselves."""
    familiar_for_s: float = 30 * 86_400.0
    """A line is familiar for so long after a right code."""
    alarm_after: int = 30
    """So many wrong codes together that have not drained away raise the alarm."""
    alarm_ends_s: float = 600.0
    """The alarm ends when no wrong code has come for so long."""
