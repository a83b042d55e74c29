"""The passing state of decisions, which a restart may lose."""

from typing import Final

from bridge.domain.kernel.ids import DecisionId
from bridge.domain.kernel.tables import Table

PUT: Final = Table[DecisionId, bool]("decisions_put")
"""Decisions about which the questions of this round have been put. A restart takes the questions away."""
