"""Timers by name. `StartTimer` and `StopTimer` name one, `TimerDue` says that it is due."""

from dataclasses import dataclass
from enum import StrEnum

TimerKind = StrEnum
"""Each room has an enumeration of its own timers. Their values differ over all rooms."""


@dataclass(frozen=True, slots=True)
class TimerKey:
    """A timer is named by its kind and what it is about; starting it again moves it."""

    kind: TimerKind
    subject: str
