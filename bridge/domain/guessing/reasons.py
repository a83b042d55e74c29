"""The words about guessing. No reason names a line: health is shown without a token."""

from bridge.domain.kernel.reasons import ReasonCode


class GuessingReason(ReasonCode):
    CODES_ARE_GUESSED = "codes_are_guessed", "count", "since_min", "last_min"
