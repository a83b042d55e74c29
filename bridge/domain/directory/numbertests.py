"""The rota by which every number that takes an SMS is tried. So a wrong one is known in time. Pure.

A number is tried by a short SMS with a receipt, since no telephone can be called without ringing. One number is tried
at a time, in office hours, and each again after `test_days`. One that failed is tried again the day after. Its second
failure in a row proves it wrong, and so does a refusal for good.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.domain.directory.policy import DirectoryPolicy
from bridge.domain.kernel.reasons import Reason

DAY_S: Final = 86_400.0
PROVED: Final = 2
"""So many failures in a row prove a number wrong: a telephone that is off for a day fails once."""
_SATURDAY: Final = 5


class Outcome(StrEnum):
    UNDER_WAY = "under_way"
    ARRIVED = "arrived"
    FAILED = "failed"
    """The network gave it up."""
    REFUSED = "refused"
    """The bearer will never take it: there is no such number."""
    UNKNOWN = "unknown"
    """Nothing is known of the number: no receipt came, or no bearer was up."""


@dataclass(frozen=True, slots=True)
class NumberTest:
    """One test of one number."""

    number: str
    at_s: float
    outcome: Outcome
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class NumberStanding:
    """One number of the directory, and what its tests have told.

    Attributes:
        entry: The id of the function or person that has it; the first one, where several do.
        latest: `None`: it was never tried.
        arrived_at_s: The latest test that arrived.
        failures: Tests in a row that failed, the latest ones.
        is_wrong: Proved.
        due_at_s: When it is to be tried again; 0: at once.
    """

    number: str
    entry: str
    latest: NumberTest | None
    arrived_at_s: float | None
    failures: int
    is_wrong: bool
    due_at_s: float


def standings(
    numbers: Mapping[str, str], tests: Iterable[NumberTest], policy: DirectoryPolicy
) -> Sequence[NumberStanding]:
    """Of every number, in the given order.

    Args:
        numbers: Number → the entry that has it.
        tests: The newest first.
        policy: The figures.
    """
    of: dict[str, list[NumberTest]] = {}
    for one in tests:
        of.setdefault(one.number, []).append(one)
    return [_standing(number, entry, of.get(number, ()), policy) for number, entry in numbers.items()]


def _standing(number: str, entry: str, tests: Sequence[NumberTest], policy: DirectoryPolicy) -> NumberStanding:
    told = [one for one in tests if one.outcome not in (Outcome.UNDER_WAY, Outcome.UNKNOWN)]
    arrived = next((at for at, one in enumerate(told) if one.outcome is Outcome.ARRIVED), len(told))
    failed = told[:arrived]
    latest = tests[0] if tests else None
    is_wrong = len(failed) >= PROVED or any(one.outcome is Outcome.REFUSED for one in failed)
    again_s = DAY_S if failed and not is_wrong else (policy.test_days or 1) * DAY_S
    return NumberStanding(
        number=number,
        entry=entry,
        latest=latest,
        arrived_at_s=told[arrived].at_s if arrived < len(told) else None,
        failures=len(failed),
        is_wrong=is_wrong,
        due_at_s=latest.at_s + again_s if latest is not None else 0.0,
    )


def next_due(
    standing: Iterable[NumberStanding], at_s: float, local: tuple[int, int], policy: DirectoryPolicy
) -> str | None:
    """The number that is tried now. `None`: none is due, the pause is not over, or it is no time for it.

    Args:
        standing: Of all numbers.
        at_s: Now.
        local: The weekday (0 is Monday) and the hour, by the clock on the wall.
        policy: The figures.
    """
    found = list(standing)
    latest_s = max((one.latest.at_s for one in found if one.latest is not None), default=0.0)
    under_way = any(one.latest is not None and _is_under_way(one.latest, at_s) for one in found)
    if not policy.test_days or under_way or at_s - latest_s < policy.test_gap_s or not is_office_hour(local, policy):
        return None
    due = [one for one in found if one.due_at_s <= at_s]
    return min(due, key=lambda one: (one.due_at_s, one.number)).number if due else None


def _is_under_way(test: NumberTest, at_s: float) -> bool:
    """A receipt that has not come within an hour is waited for beside the others."""
    return test.outcome is Outcome.UNDER_WAY and at_s - test.at_s < 3600


def is_office_hour(local: tuple[int, int], policy: DirectoryPolicy) -> bool:
    weekday, hour = local
    return weekday < _SATURDAY and policy.test_from_hour <= hour < policy.test_to_hour
