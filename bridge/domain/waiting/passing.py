"""Passing state, which a restart may lose: since when hosts know that somebody waits, and who was told of lately."""

from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.ids import ConferenceId, ParticipantId, PlaybackId
from bridge.domain.kernel.tables import Table


@dataclass(frozen=True, slots=True)
class Told:
    """The hosts have heard it lately."""

    again: bool = False
    """Somebody has come since."""


@dataclass(frozen=True, slots=True)
class Alone:
    """One who is left of those out of the emergency room."""

    playback: PlaybackId | None = None
    """The words that say so; `None`: the others may still come."""


TOGETHER: Final = Table[ConferenceId, frozenset[ParticipantId]]("together")
"""Those out of the emergency room who wait for a meeting, as far as its hosts have been asked."""
ALONE: Final = Table[ParticipantId, Alone]("alone")
TOLD: Final = Table[ConferenceId, Told]("told_of_waiting")
SOUNDED: Final = Table[ConferenceId, tuple[float, ...]]("sounded_at_s")
"""When a meeting heard of somebody who came or went, lately."""
