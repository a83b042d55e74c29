"""The deadlines and the quorums of a call-out: by level, so many functions shall have come by then.

A deputy who has come counts for the function that they stand in for. A deadline that passes without the quorum is kept,
audited, and an alarm while the call-out goes on. It ends nothing: those who are late are still called.

A call-out of several lists has a goal for each level. A function counts in its own level alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from bridge.domain.callout import questions, sharing, targets
from bridge.domain.callout.commands import StartActivation
from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import (
    ACTIVATIONS,
    TARGET_DONE,
    TARGETS,
    Activation,
    ActivationState,
    AnswerLevel,
    Goal,
    Target,
    TargetState,
)
from bridge.domain.callout.timers import CalloutTimer
from bridge.domain.callout.urgency import in_order
from bridge.domain.kernel.ids import ActivationId, TargetId
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.step import Step

_CAME: Final = frozenset({TargetState.JOINED, TargetState.LOST})
"""One whose line was lost has been there, and is rung back by itself."""
_WITHIN_S: Final = {AnswerLevel.HOUR: 3600.0, AnswerLevel.TWO_HOURS: 7200.0}


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a level has come.

    Attributes:
        goal: The deadline and the quorum that are asked of it.
        came: Functions of it that have come, by themselves or by a deputy.
        needed: So many of them are its quorum: never more than it calls.
        total: Functions of it.
    """

    goal: Goal
    came: int
    needed: int
    total: int


def within_s(policy: CalloutPolicy, level: AnswerLevel) -> float:
    """From the start until the deadline of a level."""
    return _WITHIN_S.get(level, policy.direct_s)


def goals_from(policy: CalloutPolicy, command: StartActivation, at_s: float) -> tuple[Goal, ...]:
    """The goals of a call-out that starts now, the most urgent first. Each level has one, and there is at least one."""
    asked = {one.level: one for one in command.goals}
    if asked:
        for one in command.targets:
            asked.setdefault(one.level, Goal(one.level))
    else:
        asked = {command.level: Goal(command.level, None, command.quorum, command.stops_at_quorum)}
    due = (
        one._replace(
            due_at_s=None if one.level is None else at_s + within_s(policy, one.level), quorum_at_s=None, missed=False
        )
        for one in asked.values()
    )
    return tuple(sorted(due, key=lambda one: in_order(one.due_at_s)))


def goals(activation: Activation) -> tuple[Goal, ...]:
    """Of each level, the most urgent first."""
    return activation.goals or (
        Goal(
            activation.level,
            activation.due_at_s,
            activation.quorum,
            activation.stops_at_quorum,
            activation.quorum_at_s,
            activation.missed,
        ),
    )


def goal_of_level(activation: Activation, level: AnswerLevel | None) -> Goal:
    """The goal in which a function of this level counts. In a call-out of one level that is the one it has."""
    known = goals(activation)
    return next((one for one in known if one.level is level), known[-1])


def goal_of(activation: Activation, target: Target) -> Goal:
    """The goal in which a function counts."""
    return goal_of_level(activation, target.level)


def standings(activation: Activation, called: Iterable[Target]) -> tuple[Standing, ...]:
    """How far each level has come, the most urgent first.

    Args:
        activation: The call-out.
        called: Its functions and their deputies.
    """
    known = goals(activation)
    place = {one.level: index for index, one in enumerate(known)}
    came: list[set[TargetId]] = [set() for _ in known]
    total = [0 for _ in known]
    for one in called:
        at = place.get(one.level, len(known) - 1)
        total[at] += one.deputy_for is None
        if one.state in _CAME:
            came[at].add(one.deputy_for or one.id)
    return tuple(
        Standing(goal, len(came[at]), total[at] if goal.quorum is None else min(goal.quorum, total[at]), total[at])
        for at, goal in enumerate(known)
    )


def standings_in(node: Node, activation: Activation) -> tuple[Standing, ...]:
    """The same of a call-out that the node has."""
    return standings(activation, _targets(node, activation))


def came(node: Node, activation: ActivationId) -> frozenset[TargetId]:
    """The functions that have come, by themselves or by a deputy."""
    every = node[TARGETS].values()
    return frozenset(one.deputy_for or one.id for one in every if one.activation == activation and one.state in _CAME)


def needed(node: Node, activation: Activation) -> int:
    """So many functions are its quorum, of all levels together."""
    return sum(one.needed for one in standings_in(node, activation))


def late(node: Node, activation: Activation) -> tuple[Standing, ...]:
    """The levels whose deadline has passed without the quorum, while the call-out still goes on."""
    is_open = activation.state is ActivationState.OPEN and activation.id in node[ACTIVATIONS]
    if not is_open or not any(one.is_late for one in goals(activation)):
        return ()
    return tuple(one for one in standings_in(node, activation) if one.goal.is_late)


def begin(step: Step, activation: Activation) -> None:
    """The next of its deadlines is waited for."""
    due = [one.due_at_s for one in goals(activation) if one.due_at_s is not None and _is_awaited(one)]
    if due:
        step.start_timer(CalloutTimer.CALLOUT_DUE, activation.id, max(0.0, min(due) - step.at_s))


def end(step: Step, activation: Activation) -> None:
    """No deadline is waited for any more."""
    if activation.due_at_s is not None:
        step.stop_timer(CalloutTimer.CALLOUT_DUE, activation.id)


def resume(step: Step) -> None:
    """After a restart: a deadline that has passed meanwhile is noticed at once."""
    for activation in step.node[ACTIVATIONS].values():
        if activation.state is ActivationState.OPEN:
            begin(step, activation)


def due(step: Step, activation: Activation) -> None:
    """Each level whose deadline has passed is late, and the next one is waited for."""
    if activation.state is ActivationState.CANCELLED:
        return
    passed = [
        one
        for one in standings_in(step.node, activation)
        if one.goal.due_at_s is not None and one.goal.due_at_s <= step.at_s and _is_awaited(one.goal)
    ]
    for one in passed:
        activation = _with(activation, one.goal._replace(missed=True))
        step.put(activation)
        step.audit("samband", "activation.late", activation.id, **_told(activation, one))
    begin(step, activation)


def follow(step: Step) -> None:
    """After every event: a level that has its quorum is told so, and ends where it was to."""
    if step.node[TARGETS] is step.before[TARGETS]:
        return
    for activation in list(step.node[ACTIVATIONS].values()):
        awaited = activation.state is not ActivationState.CANCELLED and activation.quorum_at_s is None
        if awaited and any(one.is_asked for one in goals(activation)):
            for standing in standings_in(step.node, activation):
                is_new = standing.goal.is_asked and standing.goal.quorum_at_s is None
                if is_new and standing.came >= standing.needed:
                    _reached(step, step.node[ACTIVATIONS][activation.id], standing)


def _reached(step: Step, activation: Activation, standing: Standing) -> None:
    activation = _with(activation, standing.goal._replace(quorum_at_s=step.at_s))
    step.put(activation)
    step.stop_timer(CalloutTimer.CALLOUT_DUE, activation.id)
    begin(step, activation)
    step.audit("samband", "activation.quorum", activation.id, **_told(activation, standing))
    if not standing.goal.stops_at_quorum or activation.state is not ActivationState.OPEN:
        return
    for target in targets.targets_of(step, activation.id):
        is_of_level = goal_of(activation, target).level is standing.goal.level
        if is_of_level and (target.state not in TARGET_DONE or target.is_awaited):
            step.put(replace(target, state=TargetState.CANCELLED, reason=CalloutReason.ENOUGH_CAME(), comes_at_s=None))
            for attempt in sharing.calls_of(step.node, target):
                questions.call_off(step, attempt)
    targets.close_if_done(step, activation.id)


# --- inside ---


def _is_awaited(goal: Goal) -> bool:
    return not goal.missed and goal.quorum_at_s is None


def _targets(node: Node, activation: Activation) -> Iterator[Target]:
    return (one for one in node[TARGETS].values() if one.activation == activation.id)


def _with(activation: Activation, goal: Goal) -> Activation:
    """With one goal as it is now."""
    if not activation.goals:
        return replace(activation, quorum_at_s=goal.quorum_at_s, missed=goal.missed)
    known = tuple(goal if one.level is goal.level else one for one in activation.goals)
    asked = [one.quorum_at_s for one in known if one.is_asked]
    reached = [at_s for at_s in asked if at_s is not None]
    return replace(
        activation,
        goals=known,
        quorum_at_s=max(reached) if len(reached) == len(asked) else None,
        missed=any(one.missed for one in known),
    )


def _told(activation: Activation, standing: Standing) -> dict[str, str | int]:
    counts: dict[str, str | int] = {"came": standing.came, "needed": standing.needed}
    if len(activation.goals) > 1 and standing.goal.level is not None:
        counts["level"] = standing.goal.level.value
    return counts
