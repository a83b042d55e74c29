"""The passing state of recordings, which a restart may lose."""

from dataclasses import dataclass
from typing import Final

from bridge.domain.kernel.ids import ChannelId, ConferenceId, RecordingId
from bridge.domain.kernel.tables import Table

NAMING: Final = Table[ChannelId, RecordingId]("naming")
"""Callers who say their name now, and its recording."""


@dataclass(frozen=True, slots=True)
class Taped:
    """A telephone whose voice goes into a track now, as far as it was ordered."""

    recording: RecordingId
    conference: ConferenceId
    since_s: float
    stopping: bool = False
    """The end is ordered, and not confirmed yet."""
    failed: bool = False
    """It could not be begun, and is tried again."""


TAPED: Final = Table[ChannelId, Taped]("taped")
