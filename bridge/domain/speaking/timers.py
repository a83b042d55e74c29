"""Timers by name. Their subject is the conference."""

from enum import StrEnum


class SpeakingTimer(StrEnum):
    TURN_WARNING = "turn_warning"
    """Half a minute is left of the turn."""
    TURN_END = "turn_end"
    TURN_KEPT = "turn_kept"
    """The line of the floor's holder has been lost for long."""
