"""The end of a telephone leg, whichever of the three things the channel was to us."""

from bridge.domain import callout, entry, meeting
from bridge.domain.ids import AttemptId, ChannelId
from bridge.domain.turn import Turn

Q850_UNKNOWN = 0
"""Asterisk's cause where it knows none."""


def ended(turn: Turn, channel: ChannelId, cause: int) -> None:
    """A caller on the way in, a seat and a call of ours are left in turn. Safe to repeat.

    Args:
        channel: The leg that exists no more.
        cause: Its Q.850 cause, 0 where none is known.
    """
    caller = turn.node.entries.get(channel)
    if caller is not None:
        entry.gone(turn, caller)
    participant = turn.seat(channel)
    if participant is not None:
        meeting.leave(turn, participant)
    attempt = turn.node.attempts.get(AttemptId(channel))
    if attempt is not None:
        callout.ended(turn, attempt, cause)
