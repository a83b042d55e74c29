"""The order in which requests for the floor are met. Pure functions on values.

1. A speaker whose line was lost in the middle of a turn comes first.
2. Then a request that `MOST_PASSED` later ones have been given the floor before. So nobody waits for ever.
3. Then by class: urgent, reply, ordinary.
4. Within a class the organisation that has spoken least lately comes first. A running turn counts, and so does each
   turn that is planned before. So two organisations alternate, however many requests one of them makes.
5. Then the earliest request.

A turn counts for half after `HALF_LIFE_S`. The order is made anew when the floor changes, and never by waiting alone.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Final

from bridge.domain.conference.records import FloorRequest, RequestKind, Spoken

HALF_LIFE_S: Final = 900.0
"""A quarter of an hour: most meetings last an hour, and their beginning should count for little at their end."""
PLANNED_S: Final = 60.0
"""A turn that is running or planned is taken to be so long."""
MOST_PASSED: Final = 5
MOST_SHARES: Final = 200
"""Shares whose time is known. Overflow: the share that has spoken least lately is forgotten."""
_PRECEDENCE: Final = {kind: place for place, kind in enumerate(RequestKind)}


def in_order(
    requests: Iterable[FloorRequest], spoken: Iterable[Spoken], holding: str, at_s: float
) -> tuple[FloorRequest, ...]:
    """The requests, the next first.

    Args:
        requests: As they stood before. Of two that are alike in all, the first stays first.
        spoken: The time that shares have had the floor.
        holding: The share of the turn that is running; empty: none that counts.
        at_s: Now.
    """
    load = {one.share: _faded(one, at_s) for one in spoken}
    if holding:
        load[holding] = load.get(holding, 0.0) + PLANNED_S
    left, ordered = list(requests), []
    while left:
        first = min(left, key=lambda one: _before(one, load))
        left.remove(first)
        ordered.append(first)
        if first.share:
            load[first.share] = load.get(first.share, 0.0) + PLANNED_S
    return tuple(ordered)


def _before(one: FloorRequest, load: Mapping[str, float]) -> tuple[bool, bool, int, float, float]:
    """A request that has been passed enough competes by its age alone."""
    returning, waited = one.kind is RequestKind.RETURNING, one.passed >= MOST_PASSED
    by_age = returning or waited
    place, share = (0, 0.0) if by_age else (_PRECEDENCE[one.kind], load.get(one.share, 0.0))
    return (not returning, not waited, place, share, one.since_s)


def passed_by(requests: Iterable[FloorRequest], taken: FloorRequest) -> tuple[FloorRequest, ...]:
    """The requests that are left when one has been met. Each earlier one that is here has been passed once more."""
    return tuple(
        one._replace(passed=one.passed + 1) if _is_passed(one, taken) else one
        for one in requests
        if one.participant != taken.participant
    )


def _is_passed(one: FloorRequest, taken: FloorRequest) -> bool:
    """To go on with a turn that was cut off passes nobody."""
    return one.since_s < taken.since_s and not one.away and taken.kind is not RequestKind.RETURNING


def counted(spoken: tuple[Spoken, ...], share: str, turn_s: float, at_s: float) -> tuple[Spoken, ...]:
    """The shares after a turn of one of them, in the order in which they first spoke."""
    known = {one.share: one for one in spoken}
    before = known.get(share, Spoken(share, 0.0, 0.0, at_s))
    known[share] = Spoken(share, before.total_s + turn_s, _faded(before, at_s) + turn_s, at_s)
    if len(known) > MOST_SHARES:
        del known[min(known.values(), key=lambda one: _faded(one, at_s)).share]
    return tuple(known.values())


def _faded(one: Spoken, at_s: float) -> float:
    return one.lately_s * math.pow(0.5, max(0.0, at_s - one.at_s) / HALF_LIFE_S)
