"""Somebody calls us. Their order may be under way, they may ring back after a call-out, or be a caller as any other."""

from bridge.domain.callout import callback, ringback
from bridge.domain.conference import entry
from bridge.domain.conference.records import Seat
from bridge.domain.kernel.step import Step
from bridge.domain.phoneorders import ordering
from bridge.domain.telephony.events import CallArrived


def arrive(step: Step, event: CallArrived) -> None:
    """Greet them. A caller who is not known yet is not asked for anything before."""
    if not ordering.comes_again(step, event) and not callback.arrive(step, event):
        came_in(step, entry.arrive(step, event))


def came_in(step: Step, participant: Seat | None) -> None:
    """Somebody has come in by themselves, or nobody has."""
    if participant is not None:
        ringback.came_by_themselves(step, participant)
