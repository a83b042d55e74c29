"""Whether contact data is confirmed, and when its keeper is reminded. Pure: instants come along."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from bridge.domain.directory.policy import DirectoryPolicy
from bridge.domain.directory.records import Function, Person, RotaEntry


class Confirmation(StrEnum):
    NEVER = "never"
    OVERDUE = "overdue"
    CONFIRMED = "confirmed"


def confirmation(confirmed_at_s: float | None, at_s: float, policy: DirectoryPolicy) -> Confirmation:
    """Of one function at an instant."""
    if confirmed_at_s is None:
        return Confirmation.NEVER
    return Confirmation.CONFIRMED if at_s < confirmed_at_s + policy.confirm_s else Confirmation.OVERDUE


def due_at_s(
    functions: Iterable[Function], confirmed_at_s: Mapping[str, float], policy: DirectoryPolicy
) -> float | None:
    """When the keeper of these functions is to be reminded. 0: one was never confirmed. `None`: there are none."""
    instants = [confirmed_at_s[one.id] + policy.confirm_s if one.id in confirmed_at_s else 0.0 for one in functions]
    return min(instants, default=None)


def late_s(due: float, at_s: float, policy: DirectoryPolicy) -> float:
    """So long after it was due, where that is too long. Data that was never confirmed was due at no instant."""
    return at_s - due if due and at_s - due > policy.late_s else 0.0


def digest_of(functions: Sequence[Function], persons: Sequence[Person], rota: Sequence[RotaEntry]) -> str:
    """Of the contact data as somebody sees it. A confirmation is of what was seen, and of nothing else."""
    seen = repr((functions, persons, rota)).encode("utf-8", "backslashreplace")
    return hashlib.sha256(seen).hexdigest()[:20]
