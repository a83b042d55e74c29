"""Lines of a conference's timeline."""

from enum import StrEnum


class WaitingNote(StrEnum):
    WAITS = "waits"
    LET_IN = "let_in"
    WAIT_TOGETHER = "wait_together"
    """People out of the emergency room, who talk with each other meanwhile."""
    WAITED_IN_VAIN = "waited_in_vain"
    """They are gone, and were never let in."""
    WAITING_TOLD = "waiting_told"
    """Something was said to those who wait."""
    WAITING_ADDRESSED = "waiting_addressed"
    """A host speaks to those who wait, with their own voice."""
    WAITING_LEFT_ALONE = "waiting_left_alone"
    """The host is back in the meeting."""
    DOOR = "door"
    """The rules for those who come in have changed."""
