"""Timers by name."""

from enum import StrEnum


class WaitingTimer(StrEnum):
    WAITING_WORDS = "waiting_words"
    """The words to somebody who waits are overdue, or are tried again."""
    WAITING_ADDRESSED = "waiting_addressed"
    """A host has spoken to those who wait for as long as that may take."""
    WAITING_ALONE = "waiting_alone"
    """One who is left of those out of the emergency room is told so, and then goes to the door."""
    WAITING_TOLD = "waiting_told"
    """The hosts may hear again that somebody waits."""
