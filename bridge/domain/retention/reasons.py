"""Why something about keeping and disposing is refused."""

from bridge.domain.kernel.reasons import ReasonCode


class RetentionReason(ReasonCode):
    UNKNOWN_DISPOSAL = "unknown_disposal", "key"
    UNKNOWN_HOLD = "unknown_hold", "key"
    NOT_KEPT = "recording_not_kept", "recording"
    """It is not in the archive, or disposed of already."""
    HELD = "recording_held", "recording", "hold"
    """A legal hold is on its conference."""
    SAME_PERSON = "disposal_same_person"
    """Another person has to decide than the one who proposed."""
    SETTLED = "disposal_settled", "state"
    IN_ANOTHER = "recording_in_another_disposal", "recording", "disposal"
    NOTHING = "disposal_of_nothing"
