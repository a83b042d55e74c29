"""The words about the room in the mixing."""

from bridge.domain.kernel.reasons import ReasonCode


class HeadroomReason(ReasonCode):
    MICROPHONES_CLOSED = "microphones_closed_for_mixing", "count", "used_percent"
