"""Calls and functions, where one call is to several functions, or several calls are to one.

Functions behind one telephone number are asked in one call. A function whose numbers are all called at once has several
calls, and the first key stops the others.
"""

from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    TARGET_DONE,
    TARGETS,
    Attempt,
    AttemptState,
    Target,
    TargetState,
)
from bridge.domain.kernel.node import Node


def functions_of(node: Node, attempt: Attempt) -> list[Target]:
    """The functions that the call is to, in the list's order."""
    return [node[TARGETS][one] for one in (attempt.target, *attempt.also) if one in node[TARGETS]]


def is_to(attempt: Attempt, target: Target) -> bool:
    """Whether the call is to this function too."""
    return target.id == attempt.target or target.id in attempt.also


def calls_of(node: Node, target: Target) -> list[Attempt]:
    """The live calls to a function, in the order in which they were placed."""
    return [one for one in node[ATTEMPTS].values() if is_to(one, target)]


def is_parallel(node: Node, target: Target) -> bool:
    """Whether all numbers of the function are called at once."""
    return node[ACTIVATIONS][target.activation].parallel


def next_numbers(node: Node, target: Target) -> tuple[str, ...]:
    """The numbers that are to be called now, if a trunk has room. One, or all that were not tried this round."""
    if not is_parallel(node, target):
        return (target.numbers[target.next_number],) if target.state is TargetState.WAITING else ()
    if target.state in TARGET_DONE:
        return ()
    return tuple(one for one in target.numbers if one not in target.tried and one not in target.bad_numbers)


def state_by(left: list[Attempt]) -> TargetState:
    """The state of a function with these live calls."""
    if not left:
        return TargetState.WAITING
    is_answered = any(one.state is AttemptState.ANSWERED for one in left)
    return TargetState.ASKED if is_answered else TargetState.CALLING
