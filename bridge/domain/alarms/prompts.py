"""The phrases of this room, by the names of their recordings."""

from typing import Final

from bridge.domain.kernel.phrases import Prompt

ALARMS_COUNT: Final = Prompt("alarms/count")
"""Comes after a number: alarms that nobody has acknowledged."""
