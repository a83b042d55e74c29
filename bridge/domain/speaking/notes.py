"""Lines of a conference's timeline."""

from enum import StrEnum


class SpeakingNote(StrEnum):
    LIST = "speaking_list"
    """The speaking list is made or changed."""
    TURN_OVER = "turn_over"
    """The time of a turn is up."""
    TURN_HELD = "turn_held"
    """The line of the floor's holder is lost."""
