"""Why a situation report is refused."""

from bridge.domain.kernel.reasons import ReasonCode


class SituationReason(ReasonCode):
    TOO_LONG = "situation_report_too_long", "most"
    EMPTY = "situation_report_empty"
