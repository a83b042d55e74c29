"""Why telephony is away."""

from bridge.domain.kernel.reasons import ReasonCode


class TelephonyReason(ReasonCode):
    NOT_CONNECTED = "telephony_not_connected"
