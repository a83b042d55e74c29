"""Passing state, which a restart may lose: since when hosts know that somebody waits, and who was told of lately."""

from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.ids import ConferenceId
from bridge.domain.kernel.tables import Table


@dataclass(frozen=True, slots=True)
class Told:
    """The hosts have heard it lately."""

    again: bool = False
    """Somebody has come since."""


TOLD: Final = Table[ConferenceId, Told]("told_of_waiting")
SOUNDED: Final = Table[ConferenceId, tuple[float, ...]]("sounded_at_s")
"""When a meeting heard of somebody who came or went, lately."""
