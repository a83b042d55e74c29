"""Why an evaluation is refused."""

from bridge.domain.kernel.reasons import ReasonCode


class EvaluationReason(ReasonCode):
    TOO_LONG = "evaluation_too_long", "most"
    EMPTY = "evaluation_empty"
    NO_RATING = "evaluation_no_rating", "most"
