"""Why a link is good for nothing, or what was sent by it is refused."""

from bridge.domain.kernel.reasons import ReasonCode


class LinkReason(ReasonCode):
    GONE = "link_gone"
    LOCKED = "link_locked"
    WRONG_CODE = "link_wrong_code", "left"
    NO_CHOICE = "link_no_choice"
    OVER = "link_call_out_over"
