"""Why something about a decision is refused."""

from bridge.domain.kernel.reasons import ReasonCode


class DecisionReason(ReasonCode):
    NO_SUCH_DECISION = "no_such_decision"
    BEING_SPOKEN = "decision_being_spoken", "number"
    """The meeting has one that has not ended."""
    NOT_SPOKEN_YET = "decision_not_spoken_yet", "number"
    CANCELLED = "decision_cancelled", "number"
    WITHOUT_SOUND = "decision_without_sound", "number"
    """Nothing was recorded at its beginning."""
    NONE_ASKED = "no_decision_asked_about"
