"""The outlook of a running call-out: how many will have answered by when, and whether its quorum comes. Pure.

It knows nothing of the people but what this call-out has seen, and assumes:

- Each further call brings an answer by the same chance, whomever it is to. That is the share of the calls so far.
  One answered and one unanswered call are added (Laplace's rule of succession). Calls do not depend on each other.
- An answer means that they come by the share of the answers so far, reckoned likewise.
- Those who said that they come later keep their word. Those who were lost count as the board counts them.
- A function has its numbers of this round left, and all that exist in each round to come. The first call is placed as
  in the forecast. Each further one follows a call's length later, and a new round after its pause.
- A deputy has a chance only once they are called. With deputies standing by the outlook is cautious. It then never says
  that the quorum cannot come.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.callout import deadline, sharing
from bridge.domain.callout.forecast import AT_S, ENOUGH, first_calls
from bridge.domain.callout.records import (
    Activation,
    ActivationState,
    AnswerLevel,
    Attempt,
    AttemptResult,
    Goal,
    Target,
    TargetState,
)
from bridge.domain.callout.targets import has_deputy
from bridge.domain.kernel.ids import TargetId
from bridge.domain.kernel.node import Node

_UNDER_WAY: Final = frozenset({TargetState.WAITING, TargetState.CALLING, TargetState.ASKED, TargetState.CALLS_BACK})
_ANSWERED: Final = frozenset({TargetState.JOINED, TargetState.LOST, TargetState.LATER, TargetState.CANNOT})
_KEYED: Final = frozenset({AttemptResult.JOINED, AttemptResult.LATER, AttemptResult.CANNOT, AttemptResult.DEPUTY})
_COMES: Final = frozenset({AttemptResult.JOINED, AttemptResult.LATER})
_NO_CALL: Final = frozenset({AttemptResult.CONGESTION, AttemptResult.CANCELLED, AttemptResult.IN_DOUBT})
"""Ends that tell nothing of the person."""


class Quorum(StrEnum):
    """Whether so many functions come as are needed."""

    NONE = "none"
    """None is asked for."""
    REACHED = "reached"
    IMPOSSIBLE = "impossible"
    """Not by the numbers that are left to call."""
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Outlook:
    """How the answers of a call-out will come, as of one instant.

    Attributes:
        answered: Functions of which somebody has pressed a key.
        points: Seconds from now, and the number of functions that will have answered by then, on the average.
        chance: Of one call to bring an answer, 0 to 1.
        calls: Calls so far that it rests on.
        came: Functions that have come.
        needed: Functions that are to come; 0: no quorum is asked for.
        quorum: Whether it is reached, or can be.
        quorum_chance: That it is reached by the calls that are left, 0 to 1. `None`: it is not asked for, or fewer
            than `ENOUGH` calls have ended. Or too few can be called as it is now.
        levels: By level, the most urgent first. The quorum above is that of all of them.
    """

    answered: int
    points: tuple[tuple[float, float], ...]
    chance: float
    calls: int
    came: int
    needed: int
    quorum: Quorum
    quorum_chance: float | None
    levels: tuple["LevelOutlook", ...] = ()


@dataclass(frozen=True, slots=True)
class LevelOutlook:
    """Whether one level will have its quorum. Its members mean what those of `Outlook` do.

    Attributes:
        level: `None`: its functions have no deadline.
    """

    level: AnswerLevel | None
    came: int
    needed: int
    quorum: Quorum
    quorum_chance: float | None


def outlook(
    node: Node, activation: Activation, targets: Sequence[Target], attempts: Sequence[Attempt], at_s: float
) -> Outlook:
    """The outlook.

    Args:
        node: As it is.
        activation: The call-out.
        targets: Its functions.
        attempts: Every call of it so far, the ended ones too.
        at_s: Now.
    """
    settled = [one for one in attempts if one.result is not None and one.result not in _NO_CALL]
    keyed = sum(one.result in _KEYED for one in settled)
    chance = _succession(keyed, len(settled))
    comes = _succession(sum(one.result in _COMES for one in settled), keyed)
    called = [one for one in targets if one.state is not TargetState.STANDBY]
    is_open = activation.state is ActivationState.OPEN
    ends = _ends(node, activation, called, attempts, at_s) if is_open else {}
    answered = sum(one.state in _ANSWERED for one in called)
    levels = tuple(
        _level(node, activation, one, called, ends, chance * comes, len(settled), at_s)
        for one in deadline.standings_in(node, activation)
    )
    return Outlook(
        answered=answered,
        points=tuple((in_s, answered + _expected(ends.values(), chance, at_s + in_s)) for in_s in AT_S),
        chance=chance,
        calls=len(settled),
        came=len(deadline.came(node, activation.id)),
        needed=sum(one.needed for one in levels),
        quorum=_of_all([one.quorum for one in levels]),
        quorum_chance=_chance_of_all([one.quorum_chance for one in levels if one.quorum is not Quorum.NONE]),
        levels=levels,
    )


def at_least(count: int, chances: Sequence[float]) -> float:
    """The chance that so many of independent events happen (Poisson-binomial, exact). One row, `len(chances)` steps."""
    if count <= 0:
        return 1.0
    row = [1.0]
    for chance in chances:
        row = [
            (row[at] * (1.0 - chance) if at < len(row) else 0.0) + (row[at - 1] * chance if at else 0.0)
            for at in range(len(row) + 1)
        ]
    return min(1.0, max(0.0, sum(row[count:])))


# --- inside ---


def _level(
    node: Node,
    activation: Activation,
    standing: deadline.Standing,
    called: Sequence[Target],
    ends: Mapping[TargetId, Sequence[float]],
    comes: float,
    calls: int,
    at_s: float,
) -> LevelOutlook:
    """`comes`: the chance of one call to bring somebody who comes. `calls`: so many calls that rests on."""
    goal = standing.goal
    ours = [one for one in called if deadline.goal_of(activation, one).level is goal.level]
    needed = standing.needed if goal.quorum is not None else 0
    quorum = _quorum(node, activation, goal, ours, standing.came, needed, at_s)
    chance = _chance(quorum, needed - standing.came, _hopes(ours, ends, comes), calls)
    return LevelOutlook(goal.level, standing.came, needed, quorum, chance)


def _of_all(each: Sequence[Quorum]) -> Quorum:
    """Of the levels together: one that cannot have its quorum is enough."""
    asked = [one for one in each if one is not Quorum.NONE]
    if not asked:
        return Quorum.NONE
    if all(one is Quorum.REACHED for one in asked):
        return Quorum.REACHED
    return Quorum.IMPOSSIBLE if Quorum.IMPOSSIBLE in asked else Quorum.OPEN


def _chance_of_all(each: Sequence[float | None]) -> float | None:
    """The functions of one level are none of another, so that the chances multiply."""
    known = [one for one in each if one is not None]
    return math.prod(known) if known and len(known) == len(each) else None


def _succession(happened: int, of: int) -> float:
    return (happened + 1) / (of + 2)


def _ends(
    node: Node, activation: Activation, called: Sequence[Target], attempts: Sequence[Attempt], at_s: float
) -> Mapping[TargetId, Sequence[float]]:
    """Of each function that may still answer: when each call to it will be over, the one under way too."""
    first, call_s = first_calls(node, activation, called, attempts, at_s)
    live = {one.id: one for one in attempts if one.ended_at_s is None}
    found: dict[TargetId, Sequence[float]] = {}
    for target in called:
        if target.state not in _UNDER_WAY:
            continue
        under_way = live.get(target.attempt) if target.attempt is not None else None
        ends = [max(at_s, under_way.intent_at_s + call_s)] if under_way is not None else []
        begins = first.get(target.id) if target.state is TargetState.WAITING else ends[-1] if ends else None
        if begins is not None:
            ends.extend(_further(activation, target, begins, call_s, at_s))
        found[target.id] = ends
    return found


def _further(activation: Activation, target: Target, begins_s: float, call_s: float, at_s: float) -> Iterable[float]:
    """When the calls that are left will be over: the rest of this round, then the rounds to come."""
    good = sharing.usable(target, at_s)
    if activation.parallel:
        this_round, whole = (1 if set(good) - target.tried else 0), (1 if good else 0)
    else:
        start = target.next_number + (target.state is not TargetState.WAITING)
        this_round, whole = sum(one in good for one in target.numbers[start:]), len(good)
    now_s = begins_s
    for _ in range(this_round):
        now_s += call_s
        yield now_s
    for _ in range(max(0, activation.rounds - 1 - target.round)):
        now_s += activation.round_pause_s
        for _ in range(whole):
            now_s += call_s
            yield now_s


def _expected(ends: Iterable[Sequence[float]], chance: float, by_s: float) -> float:
    return sum(1.0 - (1.0 - chance) ** sum(one <= by_s for one in each) for each in ends)


def _hopes(called: Sequence[Target], ends: Mapping[TargetId, Sequence[float]], comes: float) -> list[float]:
    """The chance of each function that has not come to do so, by its own calls or its deputies'."""
    misses: dict[TargetId, float] = {}
    for target in called:
        function = target.deputy_for or target.id
        if target.is_awaited:
            miss = 0.0
        elif target.id in ends:
            miss = (1.0 - comes) ** len(ends[target.id])
        else:
            continue
        misses[function] = misses.get(function, 1.0) * miss
    return [1.0 - miss for miss in misses.values() if miss < 1.0]


def _chance(quorum: Quorum, missing: int, hopes: Sequence[float], calls: int) -> float | None:
    match quorum:
        case Quorum.NONE:
            return None
        case Quorum.REACHED:
            return 1.0
        case Quorum.IMPOSSIBLE:
            return 0.0
        case Quorum.OPEN:
            return at_least(missing, hopes) if calls >= ENOUGH and len(hopes) >= missing else None


def _may_come(activation: Activation, called: Sequence[Target], at_s: float) -> int:
    """So many functions have somebody who can come still, whatever holds the calls up now."""

    def may(target: Target) -> bool:
        if target.is_awaited or target.state in _UNDER_WAY - {TargetState.WAITING}:
            return True
        return (
            target.state is TargetState.WAITING
            and next(iter(_further(activation, target, at_s, 0.0, at_s)), None) is not None
        )

    return len({one.deputy_for or one.id for one in called if may(one)})


def _quorum(
    node: Node, activation: Activation, goal: Goal, called: Sequence[Target], came: int, needed: int, at_s: float
) -> Quorum:
    if not needed:
        return Quorum.NONE
    if goal.quorum_at_s is not None or came >= needed:
        return Quorum.REACHED
    if any(has_deputy(node, one) for one in called):
        return Quorum.OPEN
    is_open = activation.state is ActivationState.OPEN
    possible = came + (_may_come(activation, called, at_s) if is_open else 0)
    return Quorum.OPEN if possible >= needed else Quorum.IMPOSSIBLE
