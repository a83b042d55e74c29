"""The mixing, as it was measured."""

from dataclasses import dataclass

from bridge.domain.kernel.events import Event


@dataclass(frozen=True, slots=True)
class MixingMeasured(Event):
    """The share of the time for mixing that Asterisk has used lately: its busiest thread, or all on all cores."""

    at_s: float
    used_percent: float
