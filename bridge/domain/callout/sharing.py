"""Calls and functions, where one call is to several functions, or several calls are to one.

Functions behind one telephone number are asked in one call. A function whose numbers are all called at once has several
calls, and the first key stops the others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from bridge.domain.callout.records import (
    ACTIVATIONS,
    ATTEMPTS,
    NOT_RUNG,
    TARGETS,
    Attempt,
    AttemptState,
    Target,
    TargetState,
)
from bridge.domain.kernel.node import Node
from bridge.domain.telephony.hours import in_hours

MOST_CHOICES: Final = 8
"""Of so many functions at most one key tells who answers. One key more is for all of them."""

T = TypeVar("T")


def functions_of(node: Node, attempt: Attempt) -> list[Target]:
    """The functions that the call is to, in the list's order."""
    called = (one for one in (attempt.target, *attempt.also) if one not in attempt.released)
    return [node[TARGETS][one] for one in called if one in node[TARGETS]]


def is_to(attempt: Attempt, target: Target) -> bool:
    """Whether the call is to this function too."""
    return target.id in (attempt.target, *attempt.also) and target.id not in attempt.released


def calls_of(node: Node, target: Target) -> list[Attempt]:
    """The live calls to a function, in the order in which they were placed."""
    return [one for one in node[ATTEMPTS].values() if is_to(one, target)]


def is_asked_who(count: int) -> bool:
    """Whether a 1 on a call to so many functions is followed by the question who answers."""
    return 1 < count <= MOST_CHOICES


def chosen(called: Sequence[T], key: str) -> tuple[T, ...]:
    """Those for whom the person answers who chose by this key. `1` is the first, and the key after the last is all.
    Any other key, or none, tells nothing, so that it counts for all."""
    place = int(key) if key.isascii() and key.isdigit() else 0
    return (called[place - 1],) if is_asked_who(len(called)) and 1 <= place <= len(called) else tuple(called)


def tells_who(called: Sequence[T], key: str) -> bool:
    """Whether the key is one of the choices."""
    return key.isascii() and key.isdigit() and is_asked_who(len(called)) and 1 <= int(key) <= len(called) + 1


def is_parallel(node: Node, target: Target) -> bool:
    """Whether all numbers of the function are called at once."""
    return node[ACTIVATIONS][target.activation].parallel


def next_numbers(node: Node, target: Target, at_s: float) -> tuple[str, ...]:
    """The numbers that are to be called at an instant, if a trunk has room. One, or all that were not tried this
    round."""
    if not is_parallel(node, target):
        return (target.numbers[upcoming(target, at_s)],) if target.state is TargetState.WAITING else ()
    if target.state in NOT_RUNG:
        return ()
    return tuple(one for one in usable(target, at_s) if one not in target.tried)


def usable(target: Target, at_s: float) -> tuple[str, ...]:
    """The numbers that exist and are in their hours, in their order. Where none of those that exist is in its hours:
    all that exist."""
    good = tuple(one for one in target.numbers if one not in target.bad_numbers)
    return in_hours(good, target.number_uses, at_s) if target.number_uses else good


def upcoming(target: Target, at_s: float) -> int:
    """The place of the number whose turn it is, where numbers are called in order. One that is outside its hours is
    passed over. It costs the function no try."""
    if not target.number_uses:
        return target.next_number
    now = usable(target, at_s)
    places = [place for place, one in enumerate(target.numbers) if one in now]
    later = (place for place in places if place >= target.next_number)
    return next(later, places[0] if places else target.next_number)


def at_its_number(target: Target, at_s: float) -> Target:
    """The function at the number whose turn it is, with the numbers that are left out."""
    if not target.number_uses:
        return target
    left_out = frozenset(target.numbers) - target.bad_numbers - frozenset(usable(target, at_s))
    return replace(target, next_number=upcoming(target, at_s), left_out=left_out)


def left_out(target: Target, attempts: Iterable[Attempt]) -> tuple[str, ...]:
    """The numbers that were passed over since they are outside their hours, and were never called in this call-out."""
    called = {one.number for one in attempts}
    return tuple(one for one in target.numbers if one in target.left_out and one not in called)


def state_by(left: list[Attempt]) -> TargetState:
    """The state of a function with these live calls."""
    if not left:
        return TargetState.WAITING
    is_answered = any(one.state is AttemptState.ANSWERED for one in left)
    return TargetState.ASKED if is_answered else TargetState.CALLING
