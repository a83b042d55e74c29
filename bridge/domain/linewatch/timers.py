"""Timers by name."""

from enum import StrEnum


class LineTimer(StrEnum):
    CEASELESS = "ceaseless"
    """A line has sounded since the timer was started."""
