"""Timers by name."""

from enum import StrEnum


class OutboxTimer(StrEnum):
    OUTBOX_PUMP = "outbox_pump"
