"""The order in which the functions of a call-out are called: by deadline, then by list."""

import math

from bridge.domain.callout.records import Target


def in_order(due_at_s: float | None) -> float:
    """A deadline as a place in the order. Those without one come after all who have one."""
    return math.inf if due_at_s is None else due_at_s


def urgency(target: Target) -> tuple[float, int]:
    """The place of a function among those of its call-out."""
    return in_order(target.due_at_s), target.position
