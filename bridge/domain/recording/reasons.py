"""Why something about a recording is refused."""

from bridge.domain.kernel.reasons import ReasonCode


class OffRecordReason(ReasonCode):
    NOT_RECORDED = "meeting_not_recorded"
    CLOSING = "recording_being_closed"
    OFF = "meeting_off_record"
