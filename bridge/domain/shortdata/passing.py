"""The passing state of short data, which a restart may lose."""

from typing import Final

from bridge.domain.kernel.ids import TerminalName
from bridge.domain.kernel.tables import Table

ON_CALL: Final = Table[TerminalName, bool]("on_call")
"""Terminals on which somebody is talking, patched or not."""
EMERGENCY_TOLD_AT_S: Final = Table[int, float]("emergency_told_at_s")
"""ISSI → when their emergency alarm was last told."""
