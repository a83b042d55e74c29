"""A look at how all parts are."""

from dataclasses import dataclass

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.reasons import Reason


@dataclass(frozen=True, slots=True)
class PartsLookedAt(Event):
    """Told only when an alarm or a delay changes by it."""

    at_s: float
    parts: tuple[tuple[str, Reason], ...]
    """Every part with its reason; `WELL` for those with which nothing is wrong."""
    unconfirmed: int = 0
    """Functions whose contact data is overdue to be confirmed."""
    wrong_numbers: tuple[str, ...] = ()
    """Functions at which an exercise met a number that is none."""
