"""Why a function is not reached, or a call-out is refused."""

from bridge.domain.kernel.reasons import ReasonCode


class CalloutReason(ReasonCode):
    """Why a function is not reached, or a call-out is refused."""

    NO_KEY = "no_key"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    FORWARDED = "call_forwarded"
    NO_SUCH_NUMBER = "no_such_number"
    CALL_FAILED = "call_failed"
    TRUNK_CONGESTED = "trunk_congested"
    LOST_IN_RESTART = "lost_in_restart"
    NO_NUMBER = "no_number"
    NO_TRUNK = "no_trunk_may_call"
    NO_ENCRYPTED_TRUNK = "no_encrypted_trunk_may_call"
    PREMIUM = "premium_number"
    CANCELLED = "callout_cancelled"
    CANNOT_COME = "cannot_come"
    COMES_LATER = "comes_later"
    DEPUTY_ASKED_FOR = "deputy_asked_for"
    NO_DEPUTY = "no_deputy_to_call"
    CAME_UNCALLED = "came_uncalled"
    JOINED = "joined"
    LINE_LOST = "line_lost"
    CAME_BACK = "came_back_unrung"
    EMPTY_LIST = "empty_list"
    TARGETS_IDLE = "targets_without_next_action", "count"
    NO_SUCH_CALLOUT = "no_such_callout"
