"""Lines of a conference's timeline."""

from enum import StrEnum


class RollCallNote(StrEnum):
    ROLL_CALL_BEGAN = "roll_call_began"
    ROLL_CALL_HERE = "roll_call_here"
    """A function is there, and how it was seen."""
    ROLL_CALL_MISSING = "roll_call_missing"
    ROLL_CALL_ENDED = "roll_call_ended"
