"""The deadline and the quorum of a call-out: so many functions shall have come by then.

A deputy who has come counts for the function that they stand in for. A deadline that passes without the quorum is kept,
audited, and an alarm while the call-out goes on. It ends nothing: those who are late are still called.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.callout import questions, sharing, targets
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import (
    ACTIVATIONS,
    TARGET_DONE,
    TARGETS,
    Activation,
    ActivationState,
    AnswerLevel,
    TargetState,
)
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.kernel.ids import ActivationId, TargetId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.step import Step

_CAME: Final = frozenset({TargetState.JOINED, TargetState.LOST})
"""One whose line was lost has been there, and is rung back by itself."""
_WITHIN_S: Final = {AnswerLevel.HOUR: 3600.0, AnswerLevel.TWO_HOURS: 7200.0}


def within_s(policy: CalloutPolicy, level: AnswerLevel) -> float:
    """From the start until the deadline of a level."""
    return _WITHIN_S.get(level, policy.direct_s)


def came(node: Node, activation: ActivationId) -> frozenset[TargetId]:
    """The functions that have come, by themselves or by a deputy."""
    every = node[TARGETS].values()
    return frozenset(one.deputy_for or one.id for one in every if one.activation == activation and one.state in _CAME)


def needed(node: Node, activation: Activation) -> int:
    """So many functions are its quorum: never more than it calls."""
    called = sum(one.activation == activation.id and one.deputy_for is None for one in node[TARGETS].values())
    return called if activation.quorum is None else min(activation.quorum, called)


def is_late(node: Node, activation: Activation) -> bool:
    """Whether its deadline has passed without the quorum, and it still goes on."""
    is_open = activation.state is ActivationState.OPEN and activation.id in node[ACTIVATIONS]
    return is_open and activation.missed and activation.quorum_at_s is None


def begin(step: Step, activation: Activation) -> None:
    """Its deadline is waited for."""
    if activation.due_at_s is not None:
        step.start_timer(CalloutTimer.CALLOUT_DUE, activation.id, max(0.0, activation.due_at_s - step.at_s))


def resume(step: Step) -> None:
    """After a restart: a deadline that has passed meanwhile is noticed at once."""
    for activation in step.node[ACTIVATIONS].values():
        if activation.state is ActivationState.OPEN and not activation.missed and activation.quorum_at_s is None:
            begin(step, activation)


def due(step: Step, activation: Activation) -> None:
    if activation.due_at_s is None or activation.missed or activation.quorum_at_s is not None:
        return
    if step.at_s < activation.due_at_s:
        begin(step, activation)
    elif activation.state is not ActivationState.CANCELLED:
        step.put(replace(activation, missed=True))
        step.audit("samband", "activation.late", activation.id, **_counts(step.node, activation))


def follow(step: Step) -> None:
    """After every event: a call-out that has its quorum is told so, and ends where it was to."""
    if step.node[TARGETS] is step.before[TARGETS]:
        return
    for activation in list(step.node[ACTIVATIONS].values()):
        asked = activation.due_at_s is not None or activation.quorum is not None
        is_new = activation.quorum_at_s is None and activation.state is not ActivationState.CANCELLED
        if asked and is_new and len(came(step.node, activation.id)) >= needed(step.node, activation):
            _reached(step, activation)


def _reached(step: Step, activation: Activation) -> None:
    step.put(replace(activation, quorum_at_s=step.at_s))
    step.stop_timer(CalloutTimer.CALLOUT_DUE, activation.id)
    step.audit("samband", "activation.quorum", activation.id, **_counts(step.node, activation))
    if not activation.stops_at_quorum or activation.state is not ActivationState.OPEN:
        return
    for target in targets.targets_of(step, activation.id):
        if target.state not in TARGET_DONE or target.is_awaited:
            step.put(replace(target, state=TargetState.CANCELLED, reason=CalloutReason.ENOUGH_CAME(), comes_at_s=None))
            for attempt in sharing.calls_of(step.node, target):
                questions.call_off(step, attempt)
    targets.close_if_done(step, activation.id)


def _counts(node: Node, activation: Activation) -> dict[str, int]:
    return {"came": len(came(node, activation.id)), "needed": needed(node, activation)}
