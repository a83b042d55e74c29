"""The answer to the question who is expected."""

from dataclasses import dataclass

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import RollCallId
from bridge.domain.rollcall.commands import Roll


@dataclass(frozen=True, slots=True)
class RollRead(Event):
    at_s: float
    roll_call: RollCallId
    roll: Roll
