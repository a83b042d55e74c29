"""The forecast of a running call-out: how many functions will have been called by when, and what holds it up. Pure.

It places the calls that are to come on the trunks as they are, one after the other. A call holds its channel as long as
the calls so far did, and a person who joins keeps it. Nothing here decides whom to call: that is the pump's.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bridge.domain.callout import sharing
from bridge.domain.callout.deadline import goal_of, goals
from bridge.domain.callout.passing import TRUNKS, TrunkUse
from bridge.domain.callout.policy import CalloutPolicy, TrunkPolicy
from bridge.domain.callout.reasons import CalloutReason
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
from bridge.domain.callout.urgency import urgency
from bridge.domain.conference.policy import ConferencePolicy
from bridge.domain.conference.records import CONFERENCES, Secrecy
from bridge.domain.kernel.ids import TargetId, TrunkName
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.reasons import Reason
from bridge.domain.telephony.state import TELEPHONY

ENOUGH: Final = 3
"""So many calls or answers tell more than the defaults."""
ASKED_S: Final = 20.0
"""A person who answers hears the question and presses a key in so long."""
JOINS: Final = 0.5
"""The part of the calls that brings a person who stays on the line, until there are answers."""
AT_S: Final = (60.0, 300.0, 900.0, 3600.0)
"""The forecast tells how many will have been called so long from now."""
_GAIN_S: Final = 1.0
"""A limit without which nothing is quicker than this limits nothing."""


class Limit(StrEnum):
    """The narrowest limit of a call-out."""

    NOTHING = "nothing"
    TELEPHONY = "telephony"
    """Telephony is away."""
    CONGESTION = "congestion"
    """A trunk refuses calls, and rests."""
    PACE = "pace"
    CHANNELS = "channels"
    TRUNK = "trunk"
    """No trunk may call those who are left."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """How a call-out will go on, as of one instant.

    Attributes:
        called: Functions that have been called at least once.
        answered: Functions of which somebody has pressed a key.
        left: Functions that are still to be called for the first time.
        points: Seconds from now, and the number of functions that will have been called by then.
        all_called_at_s: When every function will have been called; `None`: never, as it is now, or nobody is left.
        call_s: How long a call holds its channel, on the average.
        calls_per_s: The pace of the trunks together; 0: one of them has none.
        channels_free: Channels that are free now.
        trunks: How many trunks may be used.
        limit: The narrowest one.
        reason: The same with its remedy.
        levels: The same by level, the most urgent first.
    """

    called: int
    answered: int
    left: int
    points: tuple[tuple[float, int], ...]
    all_called_at_s: float | None
    call_s: float
    calls_per_s: float
    channels_free: int
    trunks: int
    limit: Limit
    reason: Reason
    levels: tuple["LevelForecast", ...] = ()


@dataclass(frozen=True, slots=True)
class LevelForecast:
    """How one level of a call-out will go on.

    Attributes:
        level: `None`: its functions have no deadline.
        due_at_s: By then they shall have come.
        called: Functions of it that have been called at least once.
        left: Functions of it that are still to be called for the first time.
        all_called_at_s: As that of the forecast.
    """

    level: AnswerLevel | None
    due_at_s: float | None
    called: int
    left: int
    all_called_at_s: float | None


@dataclass(frozen=True, slots=True)
class _Line:
    """One trunk as the forecast sees it."""

    policy: TrunkPolicy
    next_at_s: float
    free: tuple[float, ...]
    """When each channel is free that ever will be."""


@dataclass(frozen=True, slots=True)
class _Figures:
    call_s: float
    stays: float


def forecast(
    node: Node, activation: Activation, targets: Sequence[Target], attempts: Sequence[Attempt], at_s: float
) -> Forecast:
    """The forecast.

    Args:
        node: As it is.
        activation: The call-out.
        targets: Its functions.
        attempts: Every call of it so far, the ended ones too.
        at_s: Now.
    """
    figures = _figures(activation, attempts)
    called = [one for one in targets if one.state is not TargetState.STANDBY]
    left = sorted((one for one in called if not one.attempts_made and one.state is TargetState.WAITING), key=urgency)
    if activation.state is not ActivationState.OPEN:
        left = []
    lines = _lines(node, activation, attempts, figures, at_s)
    instants = _instants(node, left, lines, figures, at_s)
    limit, reason = _narrowest(node, left, lines, figures, at_s)
    is_away = limit is Limit.TELEPHONY
    known = [] if is_away else sorted(one for one in instants if one is not None)
    by_target = dict(zip((one.id for one in left), instants, strict=True))
    before = sum(one.attempts_made > 0 for one in called)
    return Forecast(
        called=before,
        answered=sum(one.state in _ANSWERED for one in called),
        left=len(left),
        points=tuple((in_s, before + sum(one <= at_s + in_s for one in known)) for in_s in AT_S),
        all_called_at_s=known[-1] if known and len(known) == len(left) else None,
        call_s=figures.call_s,
        calls_per_s=_pace(lines),
        channels_free=sum(at <= at_s for one in lines for at in one.free),
        trunks=len(lines),
        limit=limit,
        reason=reason,
        levels=tuple(_level(activation, one, called, {} if is_away else by_target) for one in goals(activation)),
    )


def first_calls(
    node: Node, activation: Activation, targets: Sequence[Target], attempts: Sequence[Attempt], at_s: float
) -> tuple[Mapping[TargetId, float], float]:
    """When each function that waits will be called next, and how long a call holds its channel, in seconds. A function
    that no trunk may call is left out, and all are while telephony is away."""
    figures = _figures(activation, attempts)
    waiting = sorted((one for one in targets if one.state is TargetState.WAITING), key=urgency)
    if not node[TELEPHONY].up:
        return {}, figures.call_s
    instants = _instants(node, waiting, _lines(node, activation, attempts, figures, at_s), figures, at_s)
    found = zip(waiting, instants, strict=True)
    return {one.id: instant for one, instant in found if instant is not None}, figures.call_s


# --- inside ---


def _level(
    activation: Activation, goal: Goal, called: Sequence[Target], first: Mapping[TargetId, float | None]
) -> LevelForecast:
    ours = [one for one in called if goal_of(activation, one).level is goal.level]
    left = [one for one in ours if not one.attempts_made and one.state is TargetState.WAITING]
    instants = [at_s for one in left if (at_s := first.get(one.id)) is not None]
    is_open = activation.state is ActivationState.OPEN
    return LevelForecast(
        goal.level,
        goal.due_at_s,
        sum(one.attempts_made > 0 for one in ours),
        len(left) if is_open else 0,
        max(instants) if is_open and instants and len(instants) == len(left) else None,
    )


_ANSWERED: Final = frozenset({TargetState.JOINED, TargetState.LOST, TargetState.LATER, TargetState.CANNOT})
_KEYED: Final = frozenset({AttemptResult.JOINED, AttemptResult.LATER, AttemptResult.CANNOT, AttemptResult.DEPUTY})


def _figures(activation: Activation, attempts: Sequence[Attempt]) -> _Figures:
    ended = [one for one in attempts if one.ended_at_s is not None and one.result is not AttemptResult.JOINED]
    held_s = [(one.ended_at_s or 0.0) - one.intent_at_s for one in ended if one.result is not AttemptResult.CONGESTION]
    settled = [one for one in attempts if one.result is not None and one.result is not AttemptResult.CONGESTION]
    joined = sum(one.result is AttemptResult.JOINED for one in settled)
    is_known = sum(one.result in _KEYED for one in settled) >= ENOUGH
    return _Figures(
        call_s=sum(held_s) / len(held_s) if len(held_s) >= ENOUGH else activation.ring_s + ASKED_S,
        stays=joined / len(settled) if is_known else JOINS,
    )


def _lines(
    node: Node, activation: Activation, attempts: Sequence[Attempt], figures: _Figures, at_s: float
) -> list[_Line]:
    """The trunks that may be used, with their channels. Those of people who have joined stay taken."""
    conference, policy = node[CONFERENCES].get(activation.conference), node.policy[ConferencePolicy]
    is_secret = conference is not None and conference.secrecy is Secrecy.SECRET
    is_bound = is_secret and (bool(policy.encrypted_trunks) or policy.secrecy_needs_encryption)
    by_id = {one.id: one for one in attempts}
    lines = []
    for trunk in node.policy[CalloutPolicy].trunks:
        if is_bound and trunk.name not in policy.encrypted_trunks:
            continue
        use = node[TRUNKS].get(TrunkName(trunk.name), TrunkUse())
        busy = [by_id.get(one) for one in use.busy]
        ending = [one for one in busy if one is not None and one.result is not AttemptResult.JOINED]
        free = [at_s] * max(0, trunk.channels - len(use.busy))
        free += [max(at_s, one.intent_at_s + figures.call_s) for one in ending]
        lines.append(_Line(trunk, max(at_s, use.next_call_at_s), tuple(free)))
    return lines


def _pace(lines: Sequence[_Line]) -> float:
    """Of all trunks together; 0: one of them has no limit."""
    paces = [one.policy.calls_per_s for one in lines]
    return sum(paces) if all(one > 0 for one in paces) else 0.0


def _instants(
    node: Node, left: Iterable[Target], lines: Sequence[_Line], figures: _Figures, at_s: float
) -> list[float | None]:
    """When each function is called for the first time; `None`: never, as it is now."""
    free = [list(one.free) for one in lines]
    for one in free:
        heapq.heapify(one)
    next_at_s = [one.next_at_s for one in lines]
    stays, instants = 0.0, []
    for target in left:
        first: float | None = None
        for number in sharing.next_numbers(node, target, at_s):
            usable = [index for index, one in enumerate(lines) if free[index] and one.policy.may_call(number)]
            if not usable:
                continue
            chosen = min(usable, key=lambda index: max(next_at_s[index], free[index][0]))
            called_at_s = max(next_at_s[chosen], heapq.heappop(free[chosen]), target.not_before_s, at_s)
            gap = lines[chosen].policy.calls_per_s
            next_at_s[chosen] = called_at_s + (1.0 / gap if gap > 0 else 0.0)
            first = called_at_s if first is None else min(first, called_at_s)
            stays += figures.stays
            if stays >= 1.0:
                stays -= 1.0
            else:
                heapq.heappush(free[chosen], called_at_s + figures.call_s)
        instants.append(first)
    return instants


def _narrowest(
    node: Node, left: Sequence[Target], lines: Sequence[_Line], figures: _Figures, at_s: float
) -> tuple[Limit, Reason]:
    """The limit without which most functions would be called, and the last of them soonest."""
    if not left:
        return Limit.NOTHING, CalloutReason.ALL_ARE_CALLED()
    if not node[TELEPHONY].up:
        return Limit.TELEPHONY, CalloutReason.HELD_BY_TELEPHONY()
    numbers = {number for one in left for number in sharing.next_numbers(node, one, at_s)}
    if not any(line.policy.may_call(number) for line in lines for number in numbers):
        return Limit.TRUNK, CalloutReason.HELD_BY_NO_TRUNK()
    resting = [one for one in lines if node[TRUNKS].get(one.policy.name, TrunkUse()).congested]
    if resting and len(resting) == len(lines):
        return Limit.CONGESTION, CalloutReason.HELD_BY_CONGESTION(trunk=resting[0].policy.name)

    def cost(changed: Sequence[_Line]) -> tuple[int, float]:
        """Those who are never called, and when the last of the others is."""
        instants = _instants(node, left, changed, figures, at_s)
        return sum(one is None for one in instants), max((one for one in instants if one is not None), default=at_s)

    now = cost(lines)
    without_pace = cost([replace(one, policy=replace(one.policy, calls_per_s=0.0), next_at_s=at_s) for one in lines])
    without_channels = cost([replace(one, free=(at_s,) * (2 * len(numbers) + 1)) for one in lines])
    best = min(without_pace, without_channels)
    if best[0] == now[0] and now[1] - best[1] < _GAIN_S:
        return Limit.NOTHING, CalloutReason.HELD_BY_NOTHING()
    if without_pace <= without_channels:
        pace = sum(one.policy.calls_per_s for one in lines)
        return Limit.PACE, CalloutReason.HELD_BY_PACE(calls_per_s=round(pace, 2))
    return Limit.CHANNELS, CalloutReason.HELD_BY_CHANNELS(channels=sum(one.policy.channels for one in lines))
