"""The passing state of the schedule."""

from typing import Final

from bridge.domain.kernel.tables import Fact

AHEAD_S: Final = Fact[float]("clock_ahead_s", 0.0)
"""The wall clock is so far ahead of the time of events. A restart takes the wall clock as it is."""
