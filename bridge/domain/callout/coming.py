"""Those who come later: called when they said that they would come, unless they have come by themselves."""

from dataclasses import replace
from typing import Final

from bridge.domain.callout import targets
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import ACTIVATIONS, TARGETS, ActivationState, Target, TargetState
from bridge.domain.conference.records import PARTICIPANTS, SeatState
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.step import Step

_HERE: Final = frozenset({SeatState.JOINING, SeatState.PRESENT, SeatState.WAITING})


def follow(step: Step) -> None:
    """After every event: one who has called in is not called any more."""
    if step.node[PARTICIPANTS] is step.before[PARTICIPANTS]:
        return
    for target in list(step.node[TARGETS].values()):
        is_open = step.node[ACTIVATIONS][target.activation].state is ActivationState.OPEN
        if target.is_awaited and is_open and has_come(step.node, target):
            came = replace(target, state=TargetState.JOINED, comes_at_s=None, reason=CalloutReason.CAME_UNCALLED())
            step.put(came)
            targets.close_if_done(step, target.activation)


def due(step: Step, target: Target) -> Target:
    """Their time has come, and they have not: they wait to be called. They hear that they had said so."""
    called = replace(target, state=TargetState.WAITING, reason=CalloutReason.COMES_LATER())
    step.put(called)
    return called


def has_come(node: Node, target: Target) -> bool:
    """Whether a seat in the conference is theirs, by the name of the function or by its number. A number is a hint. It
    lets nobody in, and here it only spares a call to a telephone that is in the meeting."""
    conference = node[ACTIVATIONS][target.activation].conference
    for seat in node[PARTICIPANTS].values():
        if seat.conference != conference or seat.state not in _HERE:
            continue
        if seat.target == target.id or seat.number in target.numbers:
            return True
        if target.function and seat.is_of(target.function, target.organisation):
            return True
    return False
