"""Lines of a conference's timeline."""

from enum import StrEnum


class DecisionNote(StrEnum):
    DECISION_BEGUN = "decision_begun"
    DECISION_ENDED = "decision_ended"
    DECISION_ANSWERED = "decision_answered"
    """An organisation has acknowledged it, or reserved itself."""
    DECISION_SETTLED = "decision_settled"
    DECISION_CANCELLED = "decision_cancelled"
    DECISION_READ_BACK = "decision_read_back"
