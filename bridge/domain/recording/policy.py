"""The figures of recordings."""

from dataclasses import dataclass
from enum import StrEnum


class Tracks(StrEnum):
    """The recordings of telephones beside a meeting's mix."""

    MIX = "mix"
    """None: the mix alone."""
    PARTICIPANTS = "participants"
    """One track for each participant on a telephone."""


@dataclass(frozen=True, slots=True)
class RecordingPolicy:
    tracks: Tracks = Tracks.PARTICIPANTS
