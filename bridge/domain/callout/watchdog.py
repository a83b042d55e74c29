"""The watchdog: every open function of a running call-out has a next action, or is given one.

A next action is a call whose end is waited for, or a place in the pump's queue. The pump has an instant then, or a call
that is in the way will end. Nothing here is needed while all other rules are right. It is for the day when one is not.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.callout import callback, calls, pump, sharing, trunks
from bridge.domain.callout.events import TargetsIdle
from bridge.domain.callout.passing import AWAITED, PUMP_AT_S, QUESTIONS, TRUNKS, TrunkUse
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    TARGET_DONE,
    TARGETS,
    ActivationState,
    AttemptState,
    Target,
    TargetState,
)
from bridge.domain.kernel.ids import AttemptId, ChannelId, TargetId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import HangUpLeg
from bridge.domain.telephony.state import TELEPHONY

HANG_UP_S: Final = 30.0
"""So long may it take until a person who was hung up is off the line. A hang-up that fails is tried again meanwhile."""


def idle(node: Node, at_s: float) -> tuple[TargetId, ...]:
    """The open functions that nothing will be done about any more. While telephony is away there are none: what is to
    be done is decided when it is back.

    Args:
        node: As it is.
        at_s: Now, by the clock that gives events their instants.
    """
    if not node[TELEPHONY].up:
        return ()
    open_ones = {one.id for one in node[ACTIVATIONS].values() if one.state is ActivationState.OPEN}
    if not open_ones:
        return ()
    numbers = {one.number for one in node[ATTEMPTS].values()}
    return tuple(
        one.id
        for one in node[TARGETS].values()
        if one.activation in open_ones
        and (one.state not in TARGET_DONE or one.is_awaited)
        and not _has_next(node, one, numbers, at_s)
    )


def found_idle(step: Step, event: TargetsIdle) -> None:
    """Those that are idle still are put back into the pump. It stands in the audit log. A call that nobody waits for
    is ended, and is in doubt."""
    told = set(event.targets)
    still = [step.node[TARGETS][one] for one in idle(step.node, step.at_s) if one in told]
    if not still:
        return
    trunks.forget_ended(step)
    for one in still:
        step.audit("samband", "activation.idle_target", one.id, activation=one.activation, state=one.state.value)
        # The end of another's call runs the pump, which may have called this one already.
        if step.node[TARGETS][one.id] is one:
            _take_up(step, one)
    pump.pump(step)


# --- inside ---


def _has_next(node: Node, target: Target, numbers: set[str], at_s: float) -> bool:
    if target.state is TargetState.CALLS_BACK:
        return callback.is_on_the_line(node, target.id)
    if target.is_awaited:
        pump_at_s = node[PUMP_AT_S]
        return target.attempt is not None or (pump_at_s is not None and at_s <= pump_at_s)
    if target.state is TargetState.WAITING:
        return _is_in_queue(node, target, numbers, at_s)
    attempt = node[ATTEMPTS].get(target.attempt) if target.attempt is not None else None
    if attempt is None:
        return False
    until_s = node[AWAITED].get(attempt.id, float("-inf"))
    if attempt.state is AttemptState.ANSWERED:
        return ChannelId(attempt.id) in node[QUESTIONS] and at_s <= until_s + HANG_UP_S
    return at_s <= until_s


def _is_in_queue(node: Node, target: Target, numbers: set[str], at_s: float) -> bool:
    pump_at_s = node[PUMP_AT_S]
    if pump_at_s is not None and at_s <= pump_at_s:
        return True
    return any(
        number in numbers
        or any(
            _is_full(node, node[TRUNKS].get(trunk.name, TrunkUse()), trunk.channels)
            for trunk in node.policy[CalloutPolicy].trunks
            if trunk.may_call(number)
        )
        for number in sharing.next_numbers(node, target, at_s)
    )


def _is_full(node: Node, use: TrunkUse, channels: int) -> bool:
    """All its channels are thought to be in use, and one of them is. The pump runs when that call ends."""
    return len(use.busy) >= channels and any(one in node[ATTEMPTS] for one in use.busy)


def _take_up(step: Step, target: Target) -> None:
    attempt = step.node[ATTEMPTS].get(target.attempt or AttemptId(""))
    if attempt is not None:
        step.do(HangUpLeg(ChannelId(attempt.id)))
        calls.lost(step, attempt)
    elif target.state is not TargetState.WAITING and not target.is_awaited:
        step.put(replace(target, state=TargetState.WAITING, attempt=None))
