"""The end of a telephone leg, whichever of the three things the channel was to us."""

from typing import Final

from bridge.domain.callout import calls, pump, ringback
from bridge.domain.callout.records import ATTEMPTS
from bridge.domain.conference import entry, people, seats
from bridge.domain.conference.passing import ENTRIES
from bridge.domain.kernel.ids import AttemptId, ChannelId
from bridge.domain.kernel.step import Step

LINE_LOST: Final = frozenset({18, 27, 34, 38, 41, 42, 44, 102})
"""Q.850 causes of a call in progress that fails. Nobody hung up.

Asterisk gives 44 where no sound has come for too long. 18 and 102 are a session that nobody answers for.
"""
Q850_UNKNOWN = 0
"""Asterisk's cause where it knows none."""


def ended(step: Step, channel: ChannelId, cause: int) -> None:
    """A caller on the way in, a seat and a call of ours are left in turn. Safe to repeat.

    Args:
        channel: The leg that exists no more.
        cause: Its Q.850 cause, 0 where none is known.
    """
    caller = step.node[ENTRIES].get(channel)
    if caller is not None:
        entry.gone(step, caller)
    participant = people.seat(step, channel)
    is_lost = participant is not None and participant.joined_at_s is not None and cause in LINE_LOST
    if participant is not None and is_lost:
        ringback.lost(step, participant, cause)
    elif participant is not None:
        seats.leave(step, participant, cause=cause)
    attempt = step.node[ATTEMPTS].get(AttemptId(channel))
    if attempt is not None:
        calls.ended(step, attempt, cause)
    if is_lost:
        ringback.ring_back(step)
        pump.pump(step)
