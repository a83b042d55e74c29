"""Timers by name."""

from enum import StrEnum


class RollCallTimer(StrEnum):
    ROLL_CALL = "roll_call"
    """The next name is read out, or the one that was read out has had its time."""
