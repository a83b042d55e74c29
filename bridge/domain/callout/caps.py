"""The caps of calls a day, and the second person who lifts them.

- A live call-out is never held by a count. Beyond a cap it goes on, and people are told: audit log and alarm.
- An exercise is held at a cap. Its functions wait with the reason, until a second person approves or the day is over.
- The first call to a new range waits for a second person, also live. A range is another country, or a number that
  costs the caller. The function's other numbers are called meanwhile. In a live call-out it waits `approval_wait_s` at
  most. Then the number is passed over, so that the deputy is called.
"""

from dataclasses import replace
from typing import Final

from bridge.domain.callout.policy import CalloutPolicy
from bridge.domain.callout.reasons import CalloutReason
from bridge.domain.callout.records import (
    ACTIVATIONS,
    TALLY,
    TALLY_ID,
    TARGETS,
    Activation,
    ActivationState,
    CallTally,
    Target,
    TargetState,
)
from bridge.domain.kernel.node import Node
from bridge.domain.kernel.reasons import Reason
from bridge.domain.kernel.step import Step
from bridge.domain.telephony.numbers import range_of

DAY_S: Final = 86_400.0
LOOK_AGAIN_S: Final = 30.0
"""A function that is held is looked at again so often."""
MOST_LISTS: Final = 256
"""So many lists are counted by themselves; the calls of further ones count for the day alone."""
MOST_RANGES: Final = 512
"""The oldest of more is new again."""
HELD: Final = (CalloutReason.NEW_RANGE, CalloutReason.DAY_CAP, CalloutReason.LIST_CAP)


def tally(node: Node, at_s: float) -> CallTally:
    """Of the day that it is."""
    kept = node[TALLY].get(TALLY_ID, CallTally())
    return kept if at_s - kept.since_s < DAY_S else replace(kept, since_s=at_s, calls=0, lists=())


def why_held(step: Step, target: Target, number: str) -> Reason | None:
    """Why this call needs a second person before it is placed; `None`: it does not."""
    activation = step.node[ACTIVATIONS][target.activation]
    if activation.approved_by is not None:
        return None
    policy, counted = step.node.policy[CalloutPolicy], tally(step.node, step.at_s)
    asked = range_of(number)
    if asked != policy.home_range and asked not in counted.ranges:
        return CalloutReason.NEW_RANGE(range=asked)
    if not activation.exercise:
        return None
    if 0 < policy.calls_per_day <= counted.calls:
        return CalloutReason.DAY_CAP(most=policy.calls_per_day)
    if 0 < policy.list_calls_per_day <= dict(counted.lists).get(_key(activation), 0):
        return CalloutReason.LIST_CAP(most=policy.list_calls_per_day)
    return None


def is_home(step: Step, number: str) -> bool:
    """Whether the number is of the home country, and needs no approval. One that costs has a range of its own."""
    return range_of(number) == step.node.policy[CalloutPolicy].home_range


def is_passed_over(step: Step, target: Target) -> bool:
    """A live call-out does not wait for a second person all night."""
    activation = step.node[ACTIVATIONS][target.activation]
    waits_s = step.node.policy[CalloutPolicy].approval_wait_s
    return not activation.exercise and step.at_s - activation.started_at_s >= waits_s


def count(step: Step, activation: Activation, number: str) -> None:
    """A call is placed. Live calls beyond a cap are told once a day."""
    policy, counted = step.node.policy[CalloutPolicy], tally(step.node, step.at_s)
    lists, key, asked = dict(counted.lists), _key(activation), range_of(number)
    if key in lists or len(lists) < MOST_LISTS:
        lists[key] = lists.get(key, 0) + 1
    is_new = asked != policy.home_range and asked not in counted.ranges
    ranges = (*counted.ranges, asked)[-MOST_RANGES:] if is_new else counted.ranges
    counted = replace(counted, calls=counted.calls + 1, lists=tuple(lists.items()), ranges=ranges)
    over = over_cap(step.node, counted)
    if over is not None and step.at_s - counted.told_at_s >= DAY_S:
        counted = replace(counted, told_at_s=step.at_s)
        step.audit("samband", "activation.over_cap", activation.id, reason=over)
    step.put(counted)


def over_cap(node: Node, counted: CallTally) -> Reason | None:
    """Whether more calls were placed than the day has, as live ones are."""
    most = node.policy[CalloutPolicy].calls_per_day
    return CalloutReason.OVER_CAP(calls=counted.calls, most=most) if 0 < most < counted.calls else None


def _key(activation: Activation) -> str:
    return activation.list_id or activation.list_name


def is_held(target: Target) -> bool:
    """It waits for a second person, or was passed over since none came."""
    waits = target.state in (TargetState.WAITING, TargetState.UNREACHABLE)
    return waits and target.reason is not None and target.reason.code in HELD


def alarm(node: Node, at_s: float) -> Reason | None:
    """Why people are alarmed: somebody waits for approval, or the day's calls are used up; `None`: all is well."""
    for activation in node[ACTIVATIONS].values():
        if activation.state is ActivationState.OPEN and activation.approved_by is None:
            held = sum(one.activation == activation.id and is_held(one) for one in node[TARGETS].values())
            if held:
                return CalloutReason.AWAITS_APPROVAL(list=activation.list_name, count=held)
    return over_cap(node, tally(node, at_s))
