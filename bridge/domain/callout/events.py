"""The watchdog's report to the call-out."""

from dataclasses import dataclass

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import TargetId


@dataclass(frozen=True, slots=True)
class TargetsIdle(Event):
    """Functions of a running call-out that had no next action for a while (`bridge.domain.callout.watchdog`)."""

    at_s: float
    targets: tuple[TargetId, ...]
