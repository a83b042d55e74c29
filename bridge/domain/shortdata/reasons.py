"""Why a text or a status is refused, waits, or did not arrive."""

from bridge.domain.kernel.reasons import ReasonCode


class ShortDataReason(ReasonCode):
    """Why a text or a status is refused, waits, or did not arrive."""

    NO_SUCH_RECEIVER = "no_such_receiver_identity", "receiver"
    TOO_MANY_WAIT = "too_many_messages_wait", "most"
    EMPTY_TEXT = "empty_text"
    TEXT_TOO_LONG = "text_too_long", "parts", "most", "characters", "coding"
    NO_EMERGENCY_FROM_HERE = "no_emergency_from_here"
    NO_SUCH_STATUS = "no_such_status", "first", "last"
    NOT_SENT_IN_TIME = "not_sent_in_time", "cause"
    NO_TERMINAL_FREE = "no_terminal_free"
    NO_REPORT = "no_delivery_report"
    UNREADABLE = "message_unreadable", "cause"
    HANDOVER_INTERRUPTED = "handover_interrupted"
