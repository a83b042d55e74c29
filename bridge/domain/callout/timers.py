"""Timers by name."""

from enum import StrEnum


class CalloutTimer(StrEnum):
    CALLOUT_DUE = "callout_due"
    """A call-out shall have its quorum."""
    CALLOUT_KEY = "callout_key"
    CALLOUT_PUMP = "callout_pump"
    CALLOUT_RING = "callout_ring"
    """A call has rung for far longer than it may, and no end of it was reported."""
