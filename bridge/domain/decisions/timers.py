"""The timers of decisions."""

from enum import StrEnum


class DecisionTimer(StrEnum):
    DECISION = "decision"
    """It is still being spoken, or it is time to ask again."""
