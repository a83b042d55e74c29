"""Why a message is refused, waits, or did not arrive; and the texts of a call-out."""

from bridge.domain.kernel.reasons import ReasonCode


class OutboxReason(ReasonCode):
    """Why a message is refused, waits, or did not arrive."""

    BEARER_OFF = "bearer_off", "bearer"
    TOO_MANY_WAIT = "too_many_wait_in_outbox", "most"
    EMPTY = "outbox_text_empty"
    TOO_LONG = "sms_too_long", "parts", "most"
    NOT_SENT_IN_TIME = "message_not_sent_in_time", "cause"
    PACE = "message_waits_for_its_turn"
    SENDING_INTERRUPTED = "sending_interrupted"
    NO_RECEIPT = "no_receipt"
    NOT_DELIVERED = "message_not_delivered"
    ANSWERED = "answered_before_message"
    CALLOUT_CANCELLED = "callout_cancelled_before_message"
    NOT_CALLED = "deputy_was_not_called"
    NOBODY_REACHED = "nobody_to_correct"
    WITHDRAWN = "message_withdrawn"
    NO_SUCH_MESSAGE = "no_such_message_in_outbox"
    THROTTLED = "bearer_throttled"
    """A bearer asks for a slower pace. It spends no try."""
    NOT_WAITING = "message_does_not_wait", "state"
