"""Why a roll call is refused, or did not come about."""

from bridge.domain.kernel.reasons import ReasonCode


class RollCallReason(ReasonCode):
    NOBODY_EXPECTED = "roll_call_expects_nobody"
    NO_ROLL_CALL = "no_roll_call"
    NO_SUCH_ENTRY = "no_such_roll_entry"
    NOT_MISSING = "not_missing_any_more"
    ROLL_UNREAD = "roll_not_read"
