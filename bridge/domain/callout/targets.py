"""The functions of a call-out: which number is next, and when nobody can be reached."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bridge.domain.callout import sharing
from bridge.domain.callout.passing import PUMP, PUMP_AT_S
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import (
    ACTIVATIONS,
    NOT_COMING,
    TARGET_DONE,
    TARGETS,
    ActivationState,
    AttemptResult,
    Target,
    TargetState,
)
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.kernel.ids import ActivationId, TargetId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step

REASON_OF: Final = {
    AttemptResult.NO_KEY: CalloutReason.NO_KEY,
    AttemptResult.BUSY: CalloutReason.BUSY,
    AttemptResult.NO_ANSWER: CalloutReason.NO_ANSWER,
    AttemptResult.REJECTED: CalloutReason.REJECTED,
    AttemptResult.FORWARDED: CalloutReason.FORWARDED,
    AttemptResult.INVALID: CalloutReason.NO_SUCH_NUMBER,
    AttemptResult.FAILED: CalloutReason.CALL_FAILED,
    AttemptResult.CONGESTION: CalloutReason.TRUNK_CONGESTED,
    AttemptResult.IN_DOUBT: CalloutReason.LOST_IN_RESTART,
    AttemptResult.JOINED: CalloutReason.JOINED,
    AttemptResult.LATER: CalloutReason.COMES_LATER,
    AttemptResult.CANNOT: CalloutReason.CANNOT_COME,
    AttemptResult.DEPUTY: CalloutReason.DEPUTY_ASKED_FOR,
    AttemptResult.CANCELLED: CalloutReason.CANCELLED,
}
"""Result of a call → the reason that says it in words."""


SOON_S: Final = 0.005


def targets_of(step: Step, activation: ActivationId) -> list[Target]:
    return [target for target in step.node[TARGETS].values() if target.activation == activation]


def after(step: Step, target: Target, result: AttemptResult, number: str) -> None:
    """A call to this number has ended. A first doubt costs the number nothing; a second one does.

    So nobody is rung for ever.
    """
    match result:
        case _ if sharing.is_parallel(step.node, target):
            _after_one_of_several(step, target, result, number)
        case AttemptResult.CONGESTION:
            again = replace(target, state=TargetState.WAITING, attempts_made=target.attempts_made - 1)
            step.put(replace(again, reason=REASON_OF[result]()))
        case AttemptResult.IN_DOUBT if not target.called_before:
            not_before_s = step.at_s + step.node.policy[CalloutPolicy].doubt_s
            again = replace(target, state=TargetState.WAITING, called_before=True, not_before_s=not_before_s)
            step.put(replace(again, reason=REASON_OF[result]()))
        case _:
            spend(step, target, result, REASON_OF[result]())


def _after_one_of_several(step: Step, target: Target, result: AttemptResult, number: str) -> None:
    """The function's other calls go on. When all have ended in vain, the next round calls all numbers anew."""
    target = replace(target, reason=REASON_OF[result]())
    if result is AttemptResult.CONGESTION:
        target = replace(target, tried=target.tried - {number}, attempts_made=target.attempts_made - 1)
    elif result is AttemptResult.IN_DOUBT and not target.called_before:
        not_before_s = step.at_s + step.node.policy[CalloutPolicy].doubt_s
        target = replace(target, tried=target.tried - {number}, called_before=True, not_before_s=not_before_s)
    elif result is AttemptResult.INVALID:
        target = replace(target, bad_numbers=target.bad_numbers | {number})
    go_on(step, target)


def without_trunk(step: Step, target: Target, number: str, reason: Reason) -> None:
    """No trunk may ever call this one of several numbers."""
    go_on(step, replace(target, bad_numbers=target.bad_numbers | {number}, reason=reason))


def go_on(step: Step, target: Target) -> None:
    """The rest of a function whose numbers are called at once: calls, numbers, a round, or nothing."""
    left = sharing.calls_of(step.node, target)
    target = replace(target, state=sharing.state_by(left), attempt=left[0].id if left else None)
    good = [one for one in target.numbers if one not in target.bad_numbers]
    is_round_over = not left and not sharing.next_numbers(step.node, target, step.at_s)
    activation = step.node[ACTIVATIONS][target.activation]
    if is_round_over and good and target.round + 1 < activation.rounds:
        not_before_s = step.at_s + activation.round_pause_s
        target = replace(target, round=target.round + 1, tried=frozenset(), not_before_s=not_before_s)
    elif is_round_over:
        target = replace(target, state=TargetState.UNREACHABLE)
    step.put(target)
    if target.state is TargetState.UNREACHABLE:
        close_if_done(step, activation.id)


def spend(step: Step, target: Target, result: AttemptResult, reason: Reason) -> None:
    """This number is done for now: the next one, the next round, or nobody could be reached."""
    activation = step.node[ACTIVATIONS][target.activation]
    bad = target.bad_numbers
    before = sharing.usable(target, step.at_s)
    if result is AttemptResult.INVALID:
        bad = bad | {target.numbers[target.next_number]}
    target = replace(target, state=TargetState.WAITING, bad_numbers=bad, reason=reason)
    usable = sharing.usable(target, step.at_s)
    again = [index for index, number in enumerate(target.numbers) if number in usable]
    later = [index for index in again if index > target.next_number or target.numbers[index] not in before]
    if later:
        target = replace(target, next_number=later[0])
    elif again and target.round + 1 < activation.rounds:
        not_before_s = step.at_s + activation.round_pause_s
        target = replace(target, next_number=again[0], round=target.round + 1, not_before_s=not_before_s)
    else:
        target = replace(target, state=TargetState.UNREACHABLE)
    step.put(target)
    if target.state is TargetState.UNREACHABLE:
        close_if_done(step, activation.id)


def answered_by_other(step: Step, target: Target, number: str) -> None:
    """Another function has answered at a number of both, and is on that line. This one is called at its other numbers,
    else its deputy."""
    target = replace(target, attempt=None, bad_numbers=target.bad_numbers | {number}, was=None)
    reason = CalloutReason.ANSWERED_BY_OTHER()
    if sharing.is_parallel(step.node, target):
        go_on(step, replace(target, reason=reason))
    else:
        spend(step, target, AttemptResult.NO_KEY, reason)
    wake_pump(step)


def wake_pump(step: Step) -> None:
    """The pump is above these rules, and runs by its timer."""
    step.start_timer(CalloutTimer.CALLOUT_PUMP, PUMP, SOON_S)
    step.know(PUMP_AT_S, step.at_s + SOON_S)


def close_if_done(step: Step, activation: ActivationId) -> None:
    """Deputies of those who do not come are called first."""
    record = step.node[ACTIVATIONS].get(activation)
    if record is None or record.state is not ActivationState.OPEN:
        return
    _call_deputies(step, activation)
    if all(one.state in TARGET_DONE and not one.is_awaited for one in targets_of(step, activation)):
        step.put(replace(record, state=ActivationState.DONE, ended_at_s=step.at_s))


def has_deputy(node: Node, target: Target) -> bool:
    """Whether somebody with a number stands by for the function, or for the one that it stands in for itself."""
    function = target.deputy_for or target.id
    deputies = [
        one
        for one in node[TARGETS].values()
        if one.deputy_for == function and one.state is TargetState.STANDBY and one.numbers
    ]
    if not deputies:
        return False
    taken = _taken([one for one in node[TARGETS].values() if one.activation == target.activation])
    return any(one.function_id not in taken for one in deputies)


def _taken(called: Sequence[Target]) -> set[str]:
    """The functions that are called already."""
    return {one.function_id for one in called if one.state is not TargetState.STANDBY and one.function_id is not None}


def _call_deputies(step: Step, activation: ActivationId) -> None:
    """Each function that does not come has its next deputy called, unless one is on the way.

    A deputy of two functions is called once: it stands in for the first that needs it.
    """
    called = targets_of(step, activation)
    missing = [one for one in called if one.state in NOT_COMING and one.deputy_for is None]
    taken = _taken(called)
    woken = False
    standing_in: dict[TargetId, list[Target]] = {}
    for one in called:
        if one.deputy_for is not None:
            standing_in.setdefault(one.deputy_for, []).append(one)
    for function in missing:
        deputies = standing_in.get(function.id, [])
        if any(one.state is not TargetState.STANDBY and one.state not in NOT_COMING for one in deputies):
            continue
        free = (one for one in deputies if one.state is TargetState.STANDBY and one.function_id not in taken)
        for deputy in free:
            if deputy.function_id is not None:
                taken.add(deputy.function_id)
            state = TargetState.WAITING if deputy.numbers else TargetState.UNREACHABLE
            step.put(replace(deputy, state=state, reason=None if deputy.numbers else CalloutReason.NO_NUMBER()))
            woken = woken or bool(deputy.numbers)
            if deputy.numbers:
                break
    if woken:
        wake_pump(step)
