"""Timers by name."""

from enum import StrEnum


class CalloutTimer(StrEnum):
    CALLOUT_KEY = "callout_key"
    CALLOUT_PUMP = "callout_pump"
    CALLOUT_RING = "callout_ring"
    """A call has rung for far longer than it may, and no end of it was reported."""
