"""Why something in a waiting room is refused."""

from bridge.domain.kernel.reasons import ReasonCode


class WaitingReason(ReasonCode):
    NOBODY_WAITS = "nobody_waits_to_come_in"
    SPOKEN_TO = "somebody_speaks_to_them"
    NO_HOST_THERE = "participant_is_no_host_in_the_meeting"
    """A telephone of a host in the main room is needed."""
    DOES_NOT_WAIT = "participant_does_not_wait"
    LINE_NOT_ENCRYPTED = "line_may_not_carry_secrecy"
