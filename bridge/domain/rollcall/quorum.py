"""The quorum rule of a roll call. Pure.

A forum may ask for a count of functions, for some that must be there, or for both. Without a rule all must be there.
"""

from collections.abc import Sequence

from bridge.domain.rollcall.records import HERE, Attendance, RollEntry


def holds(quorum: int | None, roll: Sequence[RollEntry]) -> bool:
    """Whether enough are there.

    Args:
        quorum: So many must be there; `None`: no count is asked for.
        roll: The functions, without their deputies.
    """
    here = [one for one in roll if one.state in HERE]
    required = [one for one in roll if one.required]
    if quorum is None and not required:
        return len(here) == len(roll)
    return len(here) >= min(quorum or 0, len(roll)) and all(one.state in HERE for one in required)


def missing(roll: Sequence[RollEntry]) -> list[RollEntry]:
    """Those who were called and are not there."""
    return [one for one in roll if one.state is Attendance.MISSING]
