"""The pump: every call that the trunks have room for is placed now."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from bridge.domain.callout import caps, coming, pacing, questions, sharing, targets, trunks
from bridge.domain.callout.passing import AWAITED, PUMP, PUMP_AT_S, TRUNKS, TrunkUse
from bridge.domain.callout.policy import TrunkPolicy
from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    TARGET_DONE,
    TARGETS,
    ActivationState,
    Attempt,
    AttemptResult,
    AttemptState,
    Target,
    TargetState,
)
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.callout.urgency import urgency
from bridge.domain.conference.records import CONFERENCES, Conference
from bridge.domain.kernel.ids import AttemptId, ChannelId
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.effects import Dial
from bridge.domain.telephony.state import TELEPHONY

_INVALID: Final = AttemptResult.INVALID
RING_GRACE_S: Final = 30.0
"""Asterisk itself ends a call that nobody answers. A call that has no end so long after that is lost to us."""


def pump(step: Step) -> None:
    """Place every call that the trunks have room for; then sleep until the next. The order is that of the activations,
    in each by deadline, then by list.

    While Asterisk is away nothing is placed; the reconcile of `TelephonyUp` pumps.
    """
    if not step.node[TELEPHONY].up:
        return
    waiting = deque(_waiting(step))
    being_called = {attempt.number for attempt in step.node[ATTEMPTS].values()}
    shared = _shared_numbers(step)
    due_at_s: list[float] = []
    while waiting:
        target = _ready(step, waiting.popleft(), due_at_s)
        if target is None:
            continue
        only_waits = _until_room(step, target, being_called)
        if only_waits is not None:
            due_at_s += only_waits
            continue
        if sharing.is_parallel(step.node, target):
            due_at_s += _place_all(step, target, being_called, shared)
        elif _past_numbers_without_trunk(step, target) is not None:
            due_at_s += _place_next(step, step.node[TARGETS][target.id], being_called, shared)
        if step.node[TARGETS][target.id].state is TargetState.UNREACHABLE:
            waiting = _with_deputies(step, target, waiting)
    after_s = max(targets.SOON_S, min(due_at_s) - step.at_s) if due_at_s else None
    if after_s is not None:
        step.start_timer(CalloutTimer.CALLOUT_PUMP, PUMP, after_s)
    step.know(PUMP_AT_S, None if after_s is None else step.at_s + after_s)


def _ready(step: Step, waiting: Target, due_at_s: list[float]) -> Target | None:
    """The function as it is by now. `None`: it is in one call with another, or its time has not come."""
    target = step.node[TARGETS][waiting.id]
    if not _is_to_be_called(step, target):
        return None
    if not target.is_awaited:
        return target
    if target.comes_at_s is not None and target.comes_at_s > step.at_s:
        due_at_s.append(target.comes_at_s)
        return None
    return coming.due(step, target)


def _until_room(step: Step, target: Target, being_called: set[str]) -> list[float] | None:
    """The instants at which the function may be called, where it only waits for room on a trunk. `None`: it is to be
    looked at in whole. Most of a long list only wait, and each end of a call looks at all."""
    activation = step.node[ACTIVATIONS][target.activation]
    is_plain = target.state is TargetState.WAITING and not target.number_uses and not activation.parallel
    if not is_plain or activation.exercise or trunks.has_room(step):
        return None
    number = target.numbers[target.next_number]
    if not caps.is_home(step, number):
        return None
    ready_at_s = trunks.trunk_for(step, number, step.node[CONFERENCES].get(activation.conference))[1]
    if ready_at_s is None:
        return None
    if target.not_before_s > step.at_s:
        return [target.not_before_s]
    return [ready_at_s] if ready_at_s > step.at_s and number not in being_called else []


def _place_next(step: Step, target: Target, being_called: set[str], shared: frozenset[str]) -> list[float]:
    """Call the next number of the function, if a trunk has room. Gives the instant at which one may have."""
    if target.not_before_s > step.at_s:
        return [target.not_before_s]
    number = target.numbers[target.next_number]
    if number in being_called:
        return []
    held = caps.why_held(step, target, number)
    if held is not None:
        instead = _hold(step, target, held)
        return [step.at_s + caps.LOOK_AGAIN_S] if instead is None else _place_next(step, instead, being_called, shared)
    trunk, ready_at_s = trunks.trunk_for(step, number, _conference_of(step, target))
    if trunk is None:
        return [ready_at_s] if ready_at_s is not None and ready_at_s > step.at_s else []
    _place(step, target, number, trunk, _sharers(step, target, number) if number in shared else [])
    being_called.add(number)
    return []


def _hold(step: Step, target: Target, held: Reason) -> Target | None:
    """It waits for a second person. Gives the function at another number that needs none, where it has one."""
    conference = _conference_of(step, target)
    for place, one in enumerate(target.numbers):
        is_good = one not in target.bad_numbers and caps.why_held(step, target, one) is None
        if is_good and trunks.trunk_for(step, one, conference) != (None, None):
            instead = replace(target, next_number=place, reason=held)
            step.put(instead)
            return instead
    if caps.is_passed_over(step, target):
        targets.spend(step, replace(target, round=step.node[ACTIVATIONS][target.activation].rounds), _INVALID, held)
    elif target.reason != held:
        step.put(replace(target, reason=held))
    return None


def _with_deputies(step: Step, given_up: Target, waiting: Iterable[Target]) -> deque[Target]:
    """Those who wait still, and the deputy of one who was given up, who may be waiting now."""
    left = {one.id for one in waiting}
    return deque(one for one in _waiting(step) if one.id in left or one.deputy_for == given_up.id)


def _place_all(step: Step, target: Target, being_called: set[str], shared: frozenset[str]) -> list[float]:
    """Call every number of the function that a trunk has room for. Gives the instants at which more may be called."""
    if target.not_before_s > step.at_s:
        return [target.not_before_s]
    due_at_s = []
    for number in sharing.next_numbers(step.node, _at_its_number(step, target), step.at_s):
        target = step.node[TARGETS][target.id]
        conference = _conference_of(step, target)
        trunk, ready_at_s = trunks.trunk_for(step, number, conference)
        if trunk is None and ready_at_s is None:
            targets.without_trunk(step, target, number, trunks.why_none(step, number))
        elif number in being_called:
            continue
        elif (held := caps.why_held(step, target, number)) is not None:
            if caps.is_passed_over(step, target):
                targets.without_trunk(step, target, number, held)
            else:
                step.put(replace(target, reason=held))
            due_at_s.append(step.at_s + caps.LOOK_AGAIN_S)
        elif trunk is not None:
            _place(step, target, number, trunk, _sharers(step, target, number) if number in shared else [])
            being_called.add(number)
        elif ready_at_s is not None and ready_at_s > step.at_s:
            due_at_s.append(ready_at_s)
    return due_at_s


def _past_numbers_without_trunk(step: Step, target: Target) -> Target | None:
    """The target at its next number that some trunk may call; `None` when it has none, and is given up."""
    while target.state is TargetState.WAITING:
        target = _at_its_number(step, target)
        number = target.numbers[target.next_number]
        if trunks.trunk_for(step, number, _conference_of(step, target)) != (None, None):
            return target
        targets.spend(step, target, AttemptResult.INVALID, trunks.why_none(step, number))
        target = step.node[TARGETS][target.id]
    return None


def _at_its_number(step: Step, target: Target) -> Target:
    """Numbers outside their hours are passed over."""
    found = sharing.at_its_number(target, step.at_s)
    if found != target:
        step.put(found)
    return found


def _conference_of(step: Step, target: Target) -> Conference | None:
    return step.node[CONFERENCES].get(step.node[ACTIVATIONS][target.activation].conference)


def _is_to_be_called(step: Step, target: Target) -> bool:
    if step.node[ACTIVATIONS][target.activation].state is not ActivationState.OPEN:
        return False
    return (
        target.state is TargetState.WAITING
        or target.is_awaited
        or bool(sharing.next_numbers(step.node, target, step.at_s))
    )


def _waiting(step: Step) -> list[Target]:
    activations = step.node[ACTIVATIONS]
    waiting = [target for target in step.node[TARGETS].values() if _is_to_be_called(step, target)]
    return sorted(waiting, key=lambda one: (activations[one.activation].started_at_s, *urgency(one)))


def _place(step: Step, target: Target, number: str, trunk: TrunkPolicy, sharers: Sequence[Target]) -> None:
    activation = step.node[ACTIVATIONS][target.activation]
    attempt = Attempt(
        id=AttemptId(step.mint("channel")),
        target=target.id,
        activation=activation.id,
        number=number,
        trunk=trunk.name,
        intent_at_s=step.at_s,
        also=tuple(one.id for one in sharers),
    )
    step.put(attempt)
    caps.count(step, activation, number)
    question = questions.question_to(step, (target, *sharers))
    for one in (target, *sharers):
        _is_called(step, one, attempt)
    use = step.node[TRUNKS].get(trunk.name, TrunkUse())
    gap_s = pacing.gap_s(trunk.calls_per_s)
    # A timer that is a little late must not slow the whole call-out down; a long rest gives no burst.
    on_pace = step.at_s - use.next_call_at_s < gap_s
    next_call_at_s = (use.next_call_at_s if on_pace else step.at_s) + gap_s
    step.set_in(TRUNKS, trunk.name, replace(use, next_call_at_s=next_call_at_s, busy=use.busy | {attempt.id}))
    await_end(step, attempt.id, activation.ring_s)
    step.do(Dial(ChannelId(attempt.id), trunk.name, number, trunk.caller_id, activation.ring_s, question))


def _shared_numbers(step: Step) -> frozenset[str]:
    """The numbers of several functions that are not done. Most have one of their own, and are not looked for."""
    once: set[str] = set()
    more: set[str] = set()
    for target in step.node[TARGETS].values():
        if target.state not in TARGET_DONE:
            for number in target.numbers:
                (more if number in once else once).add(number)
    return frozenset(more)


def _sharers(step: Step, target: Target, number: str) -> list[Target]:
    """The others of the list who are to be called now at the same number. Those who are rung back have a seat each,
    and are called one by one."""
    if target.seat is not None:
        return []
    return [
        one
        for one in targets.targets_of(step, target.activation)
        if one.id != target.id
        and one.not_before_s <= step.at_s
        and number in sharing.next_numbers(step.node, one, step.at_s)
    ]


def _is_called(step: Step, target: Target, attempt: Attempt) -> None:
    target = sharing.at_its_number(target, step.at_s)
    rung = target.rung | {attempt.number}
    called = replace(target, attempts_made=target.attempts_made + 1, attempt=target.attempt or attempt.id, rung=rung)
    if sharing.is_parallel(step.node, target):
        called = replace(called, tried=target.tried | {attempt.number})
    is_waiting = target.state is TargetState.WAITING
    step.put(replace(called, state=TargetState.CALLING) if is_waiting else called)


def await_end(step: Step, attempt: AttemptId, ring_s: float) -> None:
    """The call rings so long at most, and its end is looked for a while after that."""
    after_s = ring_s + RING_GRACE_S
    step.start_timer(CalloutTimer.CALLOUT_RING, attempt, after_s)
    step.set_in(AWAITED, attempt, step.at_s + after_s)


def is_unplaced(attempt: Attempt) -> bool:
    """Whether the call is still only an intent, so that the same order may be given again."""
    return attempt.state is AttemptState.INTENT and attempt.result is None
