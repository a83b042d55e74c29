"""The pump: every call that the trunks have room for is placed now."""

from collections import deque
from dataclasses import replace
from typing import Final

from bridge.domain.callout import coming, pacing, questions, targets, trunks
from bridge.domain.callout.passing import AWAITED, PUMP, PUMP_AT_S, TRUNKS, TrunkUse
from bridge.domain.callout.policy import TrunkPolicy
from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    TARGETS,
    ActivationState,
    Attempt,
    AttemptResult,
    AttemptState,
    Target,
    TargetState,
)
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.conference.records import CONFERENCES, Conference
from bridge.domain.kernel.ids import AttemptId, ChannelId
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import Dial
from bridge.domain.telephony.state import TELEPHONY

RING_GRACE_S: Final = 30.0
"""Asterisk itself ends a call that nobody answers. A call that has no end so long after that is lost to us."""


def pump(step: Step) -> None:
    """Place every call that the trunks have room for, in order of activation and list; then sleep until the next.

    While Asterisk is away nothing is placed; the reconcile of `TelephonyUp` pumps.
    """
    if not step.node[TELEPHONY].up:
        return
    waiting = deque(_waiting(step))
    being_called = {attempt.number for attempt in step.node[ATTEMPTS].values()}
    due_at_s: list[float] = []
    while waiting:
        target = waiting.popleft()
        if target.is_awaited:
            comes_at_s = target.comes_at_s or 0.0
            if comes_at_s > step.at_s:
                due_at_s.append(comes_at_s)
                continue
            target = coming.due(step, target)
        callable_target = _past_numbers_without_trunk(step, target)
        if callable_target is None:  # its deputy may be waiting now
            left = {one.id for one in waiting}
            waiting = deque(one for one in _waiting(step) if one.id in left or one.deputy_for == target.id)
            continue
        target = callable_target
        if target.not_before_s > step.at_s:
            due_at_s.append(target.not_before_s)
            continue
        number = target.numbers[target.next_number]
        if number in being_called:
            continue
        trunk, ready_at_s = trunks.trunk_for(step, number, _conference_of(step, target))
        if trunk is None:
            if ready_at_s is not None and ready_at_s > step.at_s:
                due_at_s.append(ready_at_s)
            continue
        _place(step, target, number, trunk)
        being_called.add(number)
    after_s = max(targets.SOON_S, min(due_at_s) - step.at_s) if due_at_s else None
    if after_s is not None:
        step.start_timer(CalloutTimer.CALLOUT_PUMP, PUMP, after_s)
    step.know(PUMP_AT_S, None if after_s is None else step.at_s + after_s)


def _past_numbers_without_trunk(step: Step, target: Target) -> Target | None:
    """The target at its next number that some trunk may call; `None` when it has none, and is given up."""
    while target.state is TargetState.WAITING:
        number = target.numbers[target.next_number]
        if trunks.trunk_for(step, number, _conference_of(step, target)) != (None, None):
            return target
        targets.spend(step, target, AttemptResult.INVALID, trunks.why_none(step, number))
        target = step.node[TARGETS][target.id]
    return None


def _conference_of(step: Step, target: Target) -> Conference | None:
    return step.node[CONFERENCES].get(step.node[ACTIVATIONS][target.activation].conference)


def _waiting(step: Step) -> list[Target]:
    activations = step.node[ACTIVATIONS]
    waiting = [
        target
        for target in step.node[TARGETS].values()
        if (target.state is TargetState.WAITING or target.is_awaited)
        and activations[target.activation].state is ActivationState.OPEN
    ]
    return sorted(waiting, key=lambda one: (activations[one.activation].started_at_s, one.position))


def _place(step: Step, target: Target, number: str, trunk: TrunkPolicy) -> None:
    activation = step.node[ACTIVATIONS][target.activation]
    attempt = Attempt(
        id=AttemptId(step.mint("channel")),
        target=target.id,
        activation=activation.id,
        number=number,
        trunk=trunk.name,
        intent_at_s=step.at_s,
    )
    step.put(attempt)
    step.put(replace(target, state=TargetState.CALLING, attempt=attempt.id, attempts_made=target.attempts_made + 1))
    use = step.node[TRUNKS].get(trunk.name, TrunkUse())
    gap_s = pacing.gap_s(trunk.calls_per_s)
    # A timer that is a little late must not slow the whole call-out down; a long rest gives no burst.
    on_pace = step.at_s - use.next_call_at_s < gap_s
    next_call_at_s = (use.next_call_at_s if on_pace else step.at_s) + gap_s
    step.set_in(TRUNKS, trunk.name, replace(use, next_call_at_s=next_call_at_s, busy=use.busy | {attempt.id}))
    await_end(step, attempt.id, activation.ring_s)
    question = questions.question_to(step, target)
    step.do(Dial(ChannelId(attempt.id), trunk.name, number, trunk.caller_id, activation.ring_s, question))


def await_end(step: Step, attempt: AttemptId, ring_s: float) -> None:
    """The call rings so long at most, and its end is looked for a while after that."""
    after_s = ring_s + RING_GRACE_S
    step.start_timer(CalloutTimer.CALLOUT_RING, attempt, after_s)
    step.set_in(AWAITED, attempt, step.at_s + after_s)


def is_unplaced(attempt: Attempt) -> bool:
    """Whether the call is still only an intent, so that the same order may be given again."""
    return attempt.state is AttemptState.INTENT and attempt.result is None
