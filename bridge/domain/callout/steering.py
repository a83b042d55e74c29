"""The acts of people about one function of a call-out. It is rung now, at its next number, or its deputy is. Or it was
reached in another way, and need not be rung.

A call that is live is not cut off behind the back of whoever has answered. Others who are asked in the same call are
asked still.
"""

from dataclasses import replace
from typing import Final, assert_never

from bridge.domain.callout import pump, questions, sharing, targets
from bridge.domain.callout.commands import SteerTarget, TargetAct
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import ACTIVATIONS, TARGETS, Activation, ActivationState, Target, TargetState
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.replies import Done, Refused
from bridge.domain.kernel.step import Step

_IN: Final = frozenset({TargetState.JOINED, TargetState.LOST})
"""One whose line was lost is rung back by itself."""
_ANSWERING: Final = frozenset({TargetState.ASKED, TargetState.CALLS_BACK})


def steer(step: Step, actor: str, command: SteerTarget) -> None:
    """Refused where it would cut somebody off, or would do nothing."""
    activation = step.node[ACTIVATIONS].get(command.activation)
    target = step.node[TARGETS].get(command.target)
    if activation is None:
        step.reply = Refused("not_found", CalloutReason.NO_SUCH_CALLOUT())
        return
    if target is None or target.activation != activation.id or target.state is TargetState.STANDBY:
        step.reply = Refused("not_found", CalloutReason.NO_SUCH_TARGET())
        return
    refused = _why_not(step, activation, target, command.act)
    if refused is not None:
        step.reply = Refused("conflict", refused)
        return
    if not _is_under_way(target, command.act):
        _carry_out(step, actor, target, command)
        step.audit(
            actor, f"activation.{command.act.value}", target.id, activation=activation.id, note=command.note or None
        )
        targets.close_if_done(step, activation.id)
        pump.pump(step)
    step.reply = Done(target.id)


# --- inside ---


def _is_under_way(target: Target, act: TargetAct) -> bool:
    """Asked for twice is as once."""
    return act is TargetAct.RING and target.state is TargetState.CALLING


def _why_not(step: Step, activation: Activation, target: Target, act: TargetAct) -> Reason | None:
    if activation.state is ActivationState.CANCELLED:
        return CalloutReason.CANCELLED()
    if target.state in _IN:
        return CalloutReason.ALREADY_IN()
    if target.state in _ANSWERING:
        return CalloutReason.IS_ANSWERING()
    match act:
        case TargetAct.RING:
            return None if target.numbers else CalloutReason.NO_NUMBER()
        case TargetAct.NEXT_NUMBER:
            return None if _next_number(step, target) is not None else CalloutReason.NO_OTHER_NUMBER()
        case TargetAct.DEPUTY:
            return None if targets.has_deputy(step.node, target) else CalloutReason.NO_DEPUTY_LEFT()
        case TargetAct.REACHED:
            return None
        case _:
            assert_never(act)


def _next_number(step: Step, target: Target) -> int | None:
    """The place of the number after the one whose turn it is, from the start again after the last. `None`: it has no
    other, or all are called at once."""
    if sharing.is_parallel(step.node, target):
        return None
    usable = sharing.usable(target, step.at_s)
    here = target.next_number
    places = [place for place, one in enumerate(target.numbers) if one in usable and place != here]
    return next((place for place in places if place > here), places[0] if places else None)


def _carry_out(step: Step, actor: str, target: Target, command: SteerTarget) -> None:
    activation = step.node[ACTIVATIONS][target.activation]
    place = _next_number(step, target)
    if activation.state is ActivationState.DONE and command.act is not TargetAct.REACHED:
        step.put(replace(activation, state=ActivationState.OPEN, ended_at_s=None))
    target = _let_go(step, target)
    match command.act:
        case TargetAct.RING:
            again = _rung_again(target, CalloutReason.RUNG_BY_ORDER(by=actor))
            first = next(iter(sharing.usable(again, step.at_s)), again.numbers[0])
            step.put(replace(again, next_number=again.numbers.index(first)))
        case TargetAct.NEXT_NUMBER:
            again = _rung_again(target, CalloutReason.NEXT_BY_ORDER(by=actor))
            step.put(replace(again, next_number=place or 0, bad_numbers=target.bad_numbers))
        case TargetAct.DEPUTY:
            reason = CalloutReason.DEPUTY_BY_ORDER(by=actor)
            step.put(replace(target, state=TargetState.CANNOT, reason=reason, comes_at_s=None))
        case TargetAct.REACHED:
            reason = CalloutReason.MARKED_REACHED(by=actor, note=command.note)
            step.put(replace(target, state=TargetState.REACHED, reason=reason, comes_at_s=None))
        case _:
            assert_never(command.act)


def _rung_again(target: Target, reason: Reason) -> Target:
    """With all its numbers and a whole order of rounds before it."""
    again = replace(target, state=TargetState.WAITING, reason=reason, not_before_s=0.0, comes_at_s=None)
    return replace(again, round=0, bad_numbers=frozenset(), tried=frozenset())


def _let_go(step: Step, target: Target) -> Target:
    """Its live calls are not its own any more. One that nobody else is asked in is ended."""
    for attempt in sharing.calls_of(step.node, target):
        left = replace(attempt, released=(*attempt.released, target.id))
        step.put(left)
        if not sharing.functions_of(step.node, left):
            questions.call_off(step, left)
    return replace(target, attempt=None)
